"""Settings of synthetic.generate."""

from __future__ import annotations

from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from curation_lib.core.config import StageConfig, locate
from curation_lib.core.secret import secret_error

_NOT_EXTRA = {
    **dict.fromkeys(("model", "max_tokens", "temperature", "top_p", "seed"), "has a setting of its own"),
    **dict.fromkeys(("prompt", "messages", "stop", "response_format"), "is the form's"),
    **dict.fromkeys(("n", "best_of", "n_predict", "max_completion_tokens"), "asks for more than budgets count"),
    **dict.fromkeys(("stream", "stream_options"), "answers are read whole"),
}
"""Fields of a request that `extra` may not set, and why."""


class GenerateConfig(StageConfig):
    """Which model is asked, how, and how much it may cost. README.md says what each is.

    Settings of place and pace (endpoint, key, concurrency, rates) shape no output and enter no fingerprint.
    """

    endpoint: str = locate(min_length=1)
    api: Literal["completion", "chat"] = "chat"
    model: str = Field(min_length=1)
    model_license: str = Field(min_length=1)
    models: dict[str, str] = Field(default_factory=dict)
    model_licenses: dict[str, str] = Field(default_factory=dict)
    api_key_env: str | None = locate(None)
    temperature: float = Field(0.7, ge=0, le=2)
    top_p: float = Field(0.95, gt=0, le=1)
    seed: int | None = 0
    max_tokens: int = Field(1024, ge=1)
    extra: dict[str, Any] = Field(default_factory=dict)
    structured: bool = False
    max_prompt_bytes: int = Field(12_000, ge=1)
    concurrency: int = locate(16, ge=1)
    requests_per_minute: float | None = locate(None, gt=0)
    tokens_per_minute: float | None = locate(None, gt=0)
    timeout_seconds: float = Field(120, gt=0)
    retries: int = Field(6, ge=0)
    retry_unanswered: int = Field(1, ge=0)
    max_wait_seconds: float = Field(120, gt=0)
    budget_tokens: int | None = Field(None, ge=1)
    budget_money: float | None = Field(None, gt=0)
    budget_seconds: float | None = Field(None, gt=0)
    price_in: float = Field(0, ge=0)
    price_out: float = Field(0, ge=0)
    prompt_bytes_per_token: float = Field(1, ge=1)

    @field_validator("endpoint")
    @classmethod
    def _address(cls, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        if "@" in parts.netloc or parts.query:
            raise secret_error("an address is shown in logs; name what holds the key in `api_key_env`")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write the address that the server's /completions follows, e.g. http://127.0.0.1:8080/v1")
        return endpoint.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        if name is not None and not (name.isascii() and name.isidentifier()):
            raise secret_error("write the name of the environment variable that holds the key, no key")
        return name

    @field_validator("extra")
    @classmethod
    def _adds(cls, extra: dict[str, Any]) -> dict[str, Any]:
        if taken := [name for name in extra if name in _NOT_EXTRA]:
            raise ValueError(f"{taken[0]!r} {_NOT_EXTRA[taken[0]]}; leave it out of extra")
        return extra

    @field_validator("models")
    @classmethod
    def _known(cls, models: dict[str, str]) -> dict[str, str]:
        from curation_lib.synthetic.forms import forms

        if unknown := sorted(set(models) - set(forms())):
            raise ValueError(f"no form {unknown[0]!r}; forms are {', '.join(sorted(forms()))}")
        return models

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.structured and self.api != "chat":
            raise ValueError("structured needs api: chat; servers hold plain completions to no schema")
        if self.budget_money is not None and not (self.price_in and self.price_out):
            raise ValueError("budget_money needs price_in and price_out, money per million tokens")
        if nameless := sorted(set(self.models.values()) - {self.model, *self.model_licenses}):
            raise ValueError(f"model_licenses does not say the licence of {nameless[0]!r}, which models names")
        return self

    def model_for(self, form: str) -> str:
        """The model that is asked for this form."""
        return self.models.get(form, self.model)

    def license_of(self, model: str) -> str:
        """The licence of that model's weights or outputs, as the recipe says."""
        return self.model_licenses.get(model, self.model_license)
