"""Commands about mixes: `winnow mix plan` and `diff`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import SCHEDULER, STORE, WORKERS, command


@click.group()
def mix() -> None:
    """What the mixes of a recipe would hold, and how two builds or phases differ."""


@mix.command()
@click.argument("recipe")
@STORE
@click.option("--build", default="", help="Not the corpus's last build but this one (the start of its id).")
@click.option("--phase", default="", help="Only this one.")
@click.option("--output", metavar="DIR", help="Folder or URL for mix_plan.json and mix_plan.html.")
@SCHEDULER
@WORKERS
@command
def plan(
    recipe: str, store: str, build: str, phase: str, output: str | None, scheduler: str, workers: int | None
) -> Any:
    """Say what the mixes of RECIPE would hold over the documents of a build: per source tokens, epochs, what repeats
    are worth, licences, languages, and what keeps a mix from being larger.

    Writes no mix. The exit status is 1 where one cannot be made as asked."""
    from curation_lib import terminal
    from curation_lib.audit.mix_plan import mix_plan
    from curation_lib.audit.mix_plan_page import write
    from curation_lib.core.recipe import load_recipe
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.session import Session
    from curation_lib.runner.store import Store
    from curation_lib.terminal_mix import planned

    parsed = load_recipe(recipe)
    with terminal.progress() as progress:
        session = Session(Store(store), connect(scheduler, workers), progress, recipe=parsed)
        report = mix_plan(parsed, session, build, phase)
    return planned(report, write(report, Store(output)) if output else [])


@mix.command()
@click.argument("before")
@click.argument("after")
@STORE
@click.option("--phase", default="", help="Only this one.")
@click.option("--samples", type=click.IntRange(0), default=20, show_default=True, help="Documents shown per side.")
@click.option("--output", metavar="DIR", help="Folder or URL for mix_diff.json, mix_diff.html and tables of documents.")
@command
def diff(before: str, after: str, store: str, phase: str, samples: int, output: str | None) -> Any:
    """Say how the mix AFTER differs from BEFORE: what entered, what left and by which rule, how shares moved.

    Each is BUILD:PHASE, or BUILD for all phases that both have."""
    from curation_lib.audit.mix_diff import mix_diff
    from curation_lib.audit.mix_diff_page import write
    from curation_lib.runner.store import Store
    from curation_lib.terminal_mix import compared

    found = mix_diff(Store(store), before, after, phase, samples)
    return compared(found, write(found, Store(output)) if output else [])
