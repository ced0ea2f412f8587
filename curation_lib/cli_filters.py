"""Commands about filters: `winnow filters sweep`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import ANSWER, PLAN, command, experiment, experiment_session, require_budget


@click.group()
def filters() -> None:
    """How much a filter should keep."""


@filters.command()
@experiment
@PLAN
@ANSWER
@command
def sweep(file: str, only_plan: bool, output: str | None, **options: Any) -> Any:
    """Train small models of several sizes on what a filter keeps at several rates, as FILE describes; say which rate is
    best at each size, with intervals, and whether smaller models want a smaller one.

    An extra (`make setup-train`). Measures this machine for half a minute a size, once. What the store holds is not
    trained again."""
    from curation_lib.audit.sweeps import reported
    from curation_lib.runner.filter_sweep import plan
    from curation_lib.runner.sweep_cost import costs_of, todo_of
    from curation_lib.terminal_sweep import planned, swept
    from curation_lib.valuation.filter_sweep import load_sweep

    asked, session = load_sweep(file), experiment_session(**options)
    made = plan(asked, session)
    left = todo_of(asked, made, session)
    answer = planned(made, left, costs_of(asked, made, session)) if only_plan else {}
    require_budget(left, **options)
    if only_plan:
        return answer
    report = reported(asked, made, session, output)
    return swept(report, report["written"])
