"""Commands about what datasets are worth: `winnow valuation plan`, `run`, `leaderboard`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curation_lib.command import STORE, command, experiment, experiment_session, require_budget

if TYPE_CHECKING:
    from curation_lib.runner.session import Session
    from curation_lib.runner.valuation import Plan
    from curation_lib.valuation.experiment import Valuation


@click.group()
def valuation() -> None:
    """Whether a dataset is worth its tokens: anneals of a small model with it and without it, judged with intervals.

    Training is an extra: `make setup-train`."""


CANDIDATE = click.option(
    "--candidate", metavar="URL", help="Value the documents there, read as the file's candidates, in place of these."
)
BASE = click.option("--base", metavar="URL|BUILD", help="In place of the file's base; or the id of a finished build.")


@valuation.command()
@experiment
@CANDIDATE
@BASE
@command
def plan(file: str, **options: Any) -> Any:
    """Say what the valuation in FILE would train and what that costs, beside a full ablation and a 7B model.

    Reads and tokenizes documents, measures this machine for some seconds, trains nothing. The exit status is 1 where
    what is left to train is above a budget."""
    from curation_lib.runner.valuation_cost import costs_of, todo_of
    from curation_lib.terminal_valuation import priced

    asked, made, session = _planned(file, **options)
    left = todo_of(asked, made, session)
    answer = priced(asked, made, left, costs_of(asked, made, session))
    require_budget(left, **options)
    return answer


@valuation.command()
@experiment
@CANDIDATE
@BASE
@command
def run(file: str, **options: Any) -> Any:
    """Carry the valuation in FILE out and say its verdict. What the store holds is not trained again.

    Its page is valuations/<name>/<fingerprint>/index.html in the store."""
    from curation_lib.audit.valuations import reported
    from curation_lib.runner.valuation import anneal, place_of, train_trunk
    from curation_lib.runner.valuation_cost import todo_of
    from curation_lib.terminal_valuation import judged

    asked, made, session = _planned(file, **options)
    require_budget(
        todo_of(asked, made, session), **options
    )  # measures the machine, which cannot be done while it trains
    train_trunk(made, session)
    anneal(made, session)
    report = reported(asked, made, session)
    return judged(report, session.store.address(place_of(asked, made)))


def _planned(file: str, candidate: str | None, base: str | None, **options: Any) -> tuple[Valuation, Plan, Session]:
    """The valuation with what options change of it, its runs, and the session that they are in."""
    from curation_lib.audit.valuations import varied
    from curation_lib.runner.valuation import plan
    from curation_lib.valuation.experiment import load_valuation

    asked, session = load_valuation(file), experiment_session(**options)
    asked = varied(asked, session.store, candidate, base)
    return asked, plan(asked, session), session


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
