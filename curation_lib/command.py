"""What every command of `winnow` shares: options, the JSON line, errors as one line."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from curation_lib.core.errors import WinnowError

if TYPE_CHECKING:
    from curation_lib.runner.session import Session
    from curation_lib.valuation.budget import Todo

STORE = click.option("--store", required=True, envvar="WINNOW_STORE", help="Folder or URL of the store.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
SCHEDULER = click.option("--scheduler", default="local", show_default=True, help="local, or tcp://host:port.")
BUDGET_TOKENS = click.option(
    "--budget-tokens", type=click.IntRange(1), help="Refuse where more tokens than these are left to train on."
)
BUDGET_MONEY = click.option(
    "--budget-money", type=click.FloatRange(0), help="Refuse where what is left costs more, in the file's currency."
)
WORKERS = click.option("--workers", type=int, default=None, help="Processes of the local scheduler [cores].")
PLAN = click.option("--plan", "only_plan", is_flag=True, help="Say what would be trained; train nothing.")
ANSWER = click.option("--output", metavar="DIR", help="A folder or URL for the answer, beside the store.")


def command(function: Callable[..., Any]) -> Callable[..., None]:
    """A command whose returned object is printed as JSON where asked, and whose errors are one line."""

    @wraps(function)
    def run(*args: Any, as_json: bool, **options: Any) -> None:
        from curation_lib.terminal import fail, finish

        try:
            answer = function(*args, **options)
        except WinnowError as e:
            fail(str(e), as_json)
        else:
            finish(answer, as_json)

    return JSON(run)


def experiment(function: Callable[..., Any]) -> Callable[..., Any]:
    """What commands on experiments take: the file, the store, budgets, where the work is done."""
    for option in (WORKERS, SCHEDULER, BUDGET_MONEY, BUDGET_TOKENS, STORE, click.argument("file")):
        function = option(function)
    return function


def experiment_session(store: str, scheduler: str, workers: int | None, **_: Any) -> Session:
    """The session of an experiment, told on the terminal. Raises StoreError for a store that cannot be written."""
    from curation_lib import terminal
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.session import Session
    from curation_lib.runner.store import Store

    place = Store(store)
    place.check()
    return Session(place, connect(scheduler, workers), terminal.progress(), tell=terminal.tell)


def require_budget(left: Todo, budget_tokens: int | None, budget_money: float | None, **_: Any) -> None:
    """Raises ConfigError where what is left to train is above a budget."""
    from curation_lib.valuation.budget import Budget, require_within

    require_within(Budget(budget_tokens, budget_money), left)
