"""Commands that ask a store: trace, explain, sample, duplicates, contamination, retune, builds, gc."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import STORE, command


@click.command()
@click.argument("document")
@STORE
@click.option("--build", help="Only this build (the start of its id).")
@command
def trace(document: str, store: str, build: str | None) -> Any:
    """Say what happened to DOCUMENT (a doc_id, URL or source_id) and why."""
    from curation_lib import terminal
    from curation_lib.audit.trace import trace as find
    from curation_lib.runner.store import Store

    return terminal.histories(find(Store(store), document, build))


@click.command()
@click.argument("document")
@click.option("--store", default="", envvar="WINNOW_STORE", help="Folder or URL of the store.")
@click.option("--build", default="", help="Not the newest build but this one (the start of its id).")
@click.option("--recipe", help="Recipe whose filters judge a file, or that says where a build's lists lie.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Documents of a file shown.")
@command
def explain(document: str, store: str, build: str, recipe: str | None, limit: int) -> Any:
    """Say how a document scores, where that stands among all, and why: DOCUMENT is a doc_id, URL or source_id of a
    build, or a file of text or rows to measure now."""
    import os

    from curation_lib import terminal_explain
    from curation_lib.audit.explain import explain as of_build
    from curation_lib.audit.explain_file import explain_file
    from curation_lib.core.errors import ConfigError
    from curation_lib.core.recipe import load_recipe
    from curation_lib.runner.store import Store

    parsed, place = load_recipe(recipe) if recipe else None, Store(store) if store else None
    if build and not store:
        raise ConfigError("--build: give the --store that holds it")
    if os.path.isfile(document):
        return terminal_explain.explained_file(explain_file(document, parsed, place, build, limit))
    if place is None:
        raise ConfigError(f"{document}: no such file; of a build's document give --store")
    return terminal_explain.explained(of_build(place, document, build, parsed))


@click.command()
@click.argument("build")
@STORE
@click.option("--dropped", "rule", required=True, help="The rule, e.g. filters.gopher_quality.min_words.")
@click.option("--limit", type=int, default=5, show_default=True)
@command
def sample(build: str, store: str, rule: str, limit: int) -> Any:
    """Read documents that a rule removed from BUILD."""
    from curation_lib import terminal
    from curation_lib.audit.samples import dropped_sample
    from curation_lib.runner.store import Store

    return terminal.sample(dropped_sample(Store(store), build, rule, limit))


@click.command()
@click.argument("build")
@STORE
@click.option("--output", metavar="DIR", help="Folder or URL for duplicates.json and duplicates.html.")
@command
def duplicates(build: str, store: str, output: str | None) -> Any:
    """Say what BUILD held twice: rates, clusters, how their documents differ."""
    from curation_lib import terminal
    from curation_lib.audit.duplicates import duplicates as find
    from curation_lib.audit.duplicates_page import write
    from curation_lib.runner.store import Store

    report = find(Store(store), build)
    return terminal.duplicates(report, write(report, Store(output)) if output else [])


@click.command()
@click.argument("build")
@click.option("--store", default="", envvar="WINNOW_STORE", help="Folder or URL of the build's store.")
@click.option("--examples", type=int, default=3, show_default=True, help="Documents shown per benchmark and kind.")
@command
def contamination(build: str, store: str, examples: int) -> Any:
    """Say which items of which benchmarks BUILD held, what was done about it, and the near-misses.

    BUILD is a build of the store, or a folder that `winnow stage filters.decontaminate` wrote."""
    from curation_lib import terminal
    from curation_lib.audit.builds import stage_folder
    from curation_lib.audit.contamination import contamination as find
    from curation_lib.audit.contamination import contamination_of_folder
    from curation_lib.core.errors import ConfigError
    from curation_lib.runner.store import Store

    if written := stage_folder(build):
        return terminal.contamination(contamination_of_folder(*written, examples))
    if not store:
        raise ConfigError(f"{build} is no folder that `winnow stage` wrote; of a build give --store, too")
    return terminal.contamination(find(Store(store), build, examples))


@click.command()
@click.argument("recipe")
@STORE
@click.option("--set", "pairs", required=True, multiple=True, metavar="STAGE.FIELD=VALUE", help="Repeatable.")
@click.option("--build", default="", help="Not the recipe's last build but this one (the start of its id).")
@click.option("--samples", type=click.IntRange(0), default=3, show_default=True, help="Documents shown per side.")
@command
def retune(recipe: str, store: str, pairs: tuple[str, ...], build: str, samples: int) -> Any:
    """Say what other thresholds would keep, from the scores of RECIPE's last build."""
    from curation_lib.audit.retune import retune as predicted
    from curation_lib.core.recipe import load_recipe
    from curation_lib.runner.store import Store
    from curation_lib.terminal_retune import retuned

    return retuned(predicted(load_recipe(recipe), Store(store), pairs, build, samples))


@click.command()
@STORE
@command
def builds(store: str) -> Any:
    """List the finished builds of a store."""
    from curation_lib import terminal
    from curation_lib.audit.builds import list_builds
    from curation_lib.runner.store import Store

    return terminal.builds([record.data for record in list_builds(Store(store))])


@click.command()
@STORE
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would go.")
@click.option("--answers", is_flag=True, help="The remembered answers of generators, too, which were paid for.")
@command
def gc(store: str, dry: bool, answers: bool) -> Any:
    """Remove what no finished build needs."""
    from curation_lib import terminal
    from curation_lib.audit.garbage import collect, find_garbage
    from curation_lib.runner.store import Store

    return terminal.garbage((find_garbage if dry else collect)(Store(store), answers), dry)
