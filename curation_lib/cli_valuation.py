"""Commands about what datasets are worth: `winnow valuation plan`, `run`, `leaderboard`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import SCHEDULER, STORE, WORKERS, command, experiment_session


@click.group()
def valuation() -> None:
    """Whether a dataset is worth its tokens: anneals of a small model with it and without it, judged with intervals.

    Training is an extra: `make setup-train`."""


@valuation.command()
@click.argument("file")
@STORE
@SCHEDULER
@WORKERS
@command
def plan(file: str, store: str, scheduler: str, workers: int | None) -> Any:
    """Say what the valuation in FILE would train and what that costs, beside a full ablation and a 7B model.

    Reads and tokenizes documents, measures this machine for some seconds, trains nothing."""
    from curation_lib import terminal
    from curation_lib.runner.valuation import left
    from curation_lib.runner.valuation import plan as planned
    from curation_lib.runner.valuation_cost import costs_of
    from curation_lib.terminal_valuation import priced
    from curation_lib.valuation.experiment import load_valuation

    asked = load_valuation(file)
    with terminal.progress() as progress:
        session = experiment_session(store, scheduler, workers, progress)
        made = planned(asked, session)
        costs = costs_of(asked, made, session)
    return priced(asked, made, left(made, session.store), costs)


@valuation.command()
@click.argument("file")
@STORE
@SCHEDULER
@WORKERS
@command
def run(file: str, store: str, scheduler: str, workers: int | None) -> Any:
    """Carry the valuation in FILE out and say its verdict. What the store holds is not trained again.

    Its page is valuations/<name>/<fingerprint>/index.html in the store."""
    from curation_lib import terminal
    from curation_lib.audit.valuations import reported
    from curation_lib.runner.store import Store
    from curation_lib.runner.valuation import anneal, place_of, train_trunk
    from curation_lib.runner.valuation import plan as planned
    from curation_lib.runner.valuation_cost import costs_of
    from curation_lib.terminal_valuation import judged
    from curation_lib.valuation.experiment import load_valuation

    asked = load_valuation(file)
    with terminal.progress() as progress:
        session = experiment_session(store, scheduler, workers, progress)
        made = planned(asked, session)
        costs_of(asked, made, session)  # measures the machine, which cannot be done while it trains
        train_trunk(made, session)
        anneal(made, session)
        report = reported(asked, made, session)
    return judged(report, Store(store).address(place_of(asked, made)))


@valuation.command()
@STORE
@command
def leaderboard(store: str) -> Any:
    """Rank the candidates of all valuations in a store, as many together as share trunk, anneals and targets."""
    from curation_lib.audit.leaderboards import write_leaderboards
    from curation_lib.runner.store import Store
    from curation_lib.terminal_valuation import ranked

    place = Store(store)
    return ranked(place, write_leaderboards(place))
