"""Typed settings of a stage. Each field says what it shapes, so that a rerun redoes no more than it must."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["output", "measure", "keep", "locate"]


class StageConfig(BaseModel):
    """Base of every stage's settings: frozen, unknown keys refused, defaults validated, no NaN (a threshold that no
    score can fail) and no infinity (null turns a rule off)."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)

    @classmethod
    def role(cls, name: str) -> Role:
        """What the field shapes: the output (default), a filter's scores, its decision, or only where to look."""
        extra = cls.model_fields[name].json_schema_extra
        return extra.get("role", "output") if isinstance(extra, dict) else "output"  # type: ignore[return-value]

    def only(self, *roles: Role) -> dict[str, Any]:
        """The settings with one of `roles`, JSON-ready, in declared order; settings within them without places."""
        dumped = self.model_dump(mode="json")
        names = [name for name in type(self).model_fields if self.role(name) in roles]
        if "locate" not in roles:
            dumped = {name: _placeless(getattr(self, name), dumped[name]) for name in names}
        return {name: dumped[name] for name in names}


def _placeless(value: Any, dumped: Any) -> Any:
    if isinstance(value, StageConfig):
        return value.only("output", "measure", "keep")
    if isinstance(value, tuple | list):
        return [_placeless(one, other) for one, other in zip(value, dumped, strict=True)]
    if isinstance(value, dict) and isinstance(dumped, dict):
        return {name: _placeless(one, dumped.get(str(name))) for name, one in value.items()}
    return dumped


def measure(default: Any = ..., **constraints: Any) -> Any:
    """A field that shapes a filter's scores: changing it measures again."""
    return Field(default, json_schema_extra={"role": "measure"}, **constraints)


def keep(default: Any = ..., **constraints: Any) -> Any:
    """A field that shapes a decision only, a filter's or a Group's: changing it never measures or keys again."""
    return Field(default, json_schema_extra={"role": "keep"}, **constraints)


def locate(default: Any = ..., **constraints: Any) -> Any:
    """A field that says where inputs lie; the inputs' own hashes shape the output, not their place."""
    return Field(default, json_schema_extra={"role": "locate"}, **constraints)
