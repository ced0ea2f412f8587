"""Commands about filters: `winnow filters sweep`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import SCHEDULER, STORE, WORKERS, command, experiment_session


@click.group()
def filters() -> None:
    """How much a filter should keep."""


@filters.command()
@click.argument("file")
@STORE
@click.option("--output", metavar="DIR", help="A folder or URL for the answer, beside the store.")
@SCHEDULER
@WORKERS
@command
def sweep(file: str, store: str, output: str | None, scheduler: str, workers: int | None) -> Any:
    """Train small models of several sizes on what a filter keeps at several rates, as FILE describes; say which rate is
    best at each size, with intervals, and whether smaller models want a smaller one.

    An extra (`make setup-train`). What the store holds is not trained again."""
    from curation_lib import terminal
    from curation_lib.audit.sweep_page import write
    from curation_lib.runner.filter_sweep import judge
    from curation_lib.runner.store import Store
    from curation_lib.terminal_sweep import swept
    from curation_lib.valuation.filter_sweep import load_sweep

    asked = load_sweep(file)
    with terminal.progress() as progress:
        report = judge(asked, experiment_session(store, scheduler, workers, progress))
    places = [Store(Store(store).address(report["place"])), *([Store(output)] if output else [])]
    return swept(report, [address for place in places for address in write(report, place)])
