"""Parameters that the DAGs of experiments share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from curation_lib.valuation.budget import Budget

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


def budget_of(params: Mapping[str, Any]) -> Budget:
    """What the run may take at most."""
    return Budget(params["budget_tokens"], params["budget_money"])
