"""What is left to train, and the most that a run may take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.cost import Cost, in_money, tokens_of
from curation_lib.valuation.runs import Run


class Todo(NamedTuple):
    """What an experiment has still to train."""

    runs: int
    tokens: int
    flops: float
    hours: float
    money: float
    currency: str


class Budget(NamedTuple):
    """tokens: to train on, at most. money: in the experiment's currency. None is no limit."""

    tokens: int | None = None
    money: float | None = None


def todo(runs: Sequence[Run], cost: Cost) -> Todo:
    """The runs with what they cost."""
    return Todo(len(runs), tokens_of(runs), cost.flops, cost.hours, cost.money, cost.currency)


def require_within(budget: Budget, left: Todo) -> None:
    """ConfigError, naming the limit, where what is left to train is above it."""
    if budget.tokens is not None and left.tokens > budget.tokens:
        raise _above("budget_tokens", f"{budget.tokens:,}", f"{left.tokens:,}")
    if budget.money is not None and left.money > budget.money:
        told = (in_money(amount, left.currency) for amount in (budget.money, left.money))
        raise _above("budget_money", *told)


def _above(name: str, most: str, takes: str) -> ConfigError:
    return ConfigError(
        f"{name} is {most}, what is left to train takes {takes}; nothing was trained; start a new run with a higher "
        "budget, or lower tokens or seeds in the file"
    )
