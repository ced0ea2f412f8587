"""Parameters that the DAGs of experiments share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from curation_lib.core.errors import ConfigError

STORE = Param(
    None, type=["null", "string"], title="Store",
    description="Work in this store (s3://bucket/prefix or a folder) instead of the configured one.",
)  # fmt: skip
BUDGET = Param(
    None, type=["null", "integer"], minimum=1, title="Budget, tokens",
    description="Refuse before any training where more tokens than these would be trained on.",
)  # fmt: skip
PRICE = Param(
    None, type=["null", "number"], minimum=0, title="Budget, money",
    description="Refuse before any training where it would cost more than this, in the file's currency.",
)  # fmt: skip


def chosen(names: Sequence[str], title: str, description: str) -> Param:
    """One of these, the first unless a run says otherwise."""
    return Param(names[0], type="string", enum=list(names), title=title, description=description)


def optional(title: str, description: str, **limits: Any) -> Param:
    """A text, or none."""
    return Param(None, type=["null", "string"], minLength=1, title=title, description=description, **limits)


def retries() -> dict[str, Any]:
    """Of every task: what is trained already is not trained again, so that trying again is cheap."""
    return {"retries": 2, "retry_delay": timedelta(seconds=10)}


def within(price: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """ConfigError, naming the parameter, where what is left to train is above the run's budget."""
    for name, key in (("budget_tokens", "tokens"), ("budget_money", "money")):
        most = params.get(name)
        if most is not None and price[key] > most:
            raise ConfigError(
                f"{name} is {most:,}, what is left to train takes {price[key]:,}; nothing was trained; raise it, or "
                "lower tokens or seeds in the file"
            )
