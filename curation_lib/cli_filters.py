"""Commands about filters: `winnow filters sweep`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import BUDGET_MONEY, BUDGET_TOKENS, SCHEDULER, STORE, WORKERS, command, experiment_session


@click.group()
def filters() -> None:
    """How much a filter should keep."""


@filters.command()
@click.argument("file")
@STORE
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be trained; train nothing.")
@click.option("--output", metavar="DIR", help="A folder or URL for the answer, beside the store.")
@BUDGET_TOKENS
@BUDGET_MONEY
@SCHEDULER
@WORKERS
@command
def sweep(
    file: str,
    store: str,
    only_plan: bool,
    output: str | None,
    budget_tokens: int | None,
    budget_money: float | None,
    scheduler: str,
    workers: int | None,
) -> Any:
    """Train small models of several sizes on what a filter keeps at several rates, as FILE describes; say which rate is
    best at each size, with intervals, and whether smaller models want a smaller one.

    An extra (`make setup-train`). Measures this machine for half a minute a size, once. What the store holds is not
    trained again."""
    from curation_lib import terminal
    from curation_lib.audit.sweeps import reported
    from curation_lib.runner.filter_sweep import plan
    from curation_lib.runner.sweep_cost import costs_of, todo_of
    from curation_lib.terminal_sweep import planned, swept
    from curation_lib.valuation.budget import Budget, require_within
    from curation_lib.valuation.filter_sweep import load_sweep

    asked = load_sweep(file)
    with terminal.progress() as progress:
        session = experiment_session(store, scheduler, workers, progress)
        made = plan(asked, session)
        left = todo_of(asked, made, session)
        answer = planned(made, left, costs_of(asked, made, session)) if only_plan else {}
        require_within(Budget(budget_tokens, budget_money), left)
        if only_plan:
            return answer
        report = reported(asked, made, session, output)
    return swept(report, report["written"])
