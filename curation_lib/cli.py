"""`winnow`: builds, single stages, and questions to a store. Errors are one line; exit status 1."""

from __future__ import annotations

import sys
from typing import Any

import click

from curation_lib import (
    __version__,
    cli_density,
    cli_dialects,
    cli_export,
    cli_filters,
    cli_mix,
    cli_mixtures,
    cli_models,
    cli_perplexity,
    cli_store,
    cli_synthetic,
    cli_valuation,
)
from curation_lib.command import SCHEDULER, STORE, WORKERS, command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Winnow turns raw crawls and datasets into audited training mixes."""


@cli.command()
@click.argument("recipe")
@STORE
@SCHEDULER
@WORKERS
@click.option("--batch-rows", type=int, default=1024, hidden=True)
@click.option("--until", help="Stop behind this step and its gate.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would run and why; change nothing.")
@command
def build(
    recipe: str,
    store: str,
    scheduler: str,
    workers: int | None,
    batch_rows: int,
    until: str | None,
    dry: bool,
) -> Any:
    """Build the corpus that RECIPE describes, with every gate, without Airflow."""
    from curation_lib import terminal
    from curation_lib.core.recipe import load_recipe
    from curation_lib.runner import build as builds
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.store import Store

    parsed, place = load_recipe(recipe), Store(store)
    if dry:
        return terminal.forecast(builds.dry_run(parsed, place))
    progress = terminal.progress()
    done = builds.run_build(
        parsed,
        place,
        connect(scheduler, workers),
        progress,
        terminal.said,
        until,
        batch_rows=batch_rows,
        tell=terminal.tell,
    )
    return terminal.funnel(done)


@cli.command()
@click.argument("recipe")
@command
def validate(recipe: str) -> Any:
    """Check RECIPE whole: keys, stages, settings, gates, the releases it compares with."""
    from curation_lib import terminal
    from curation_lib.core.recipe import load_recipe, recipe_fingerprint
    from curation_lib.runner.plan import plan
    from curation_lib.runner.required import require

    parsed = load_recipe(recipe)
    steps = plan(parsed)
    require(steps)
    return terminal.valid(parsed.corpus, recipe_fingerprint(parsed), [s.id for s in steps])


@cli.command()
@click.argument("name")
@click.option("--input", "inputs", required=True, multiple=True, help="File, folder, glob or dataset; repeatable.")
@click.argument("more_inputs", nargs=-1)
@click.option("--output", required=True, help="Folder for the dataset.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the stage; repeatable.")
@SCHEDULER
@WORKERS
@command
def stage(
    name: str,
    inputs: tuple[str, ...],
    more_inputs: tuple[str, ...],
    output: str,
    settings: tuple[str, ...],
    scheduler: str,
    workers: int | None,
) -> Any:
    """Run one stage on files: `winnow stage dedup.exact --input docs.jsonl.gz --output out`.

    Several run in a row when joined by commas; their settings are then STAGE.KEY=VALUE.
    """
    from curation_lib import terminal
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.settings import parse_settings
    from curation_lib.runner.single import run_stage

    progress = terminal.progress()
    results, read = run_stage(
        name,
        [*inputs, *more_inputs],
        output,
        parse_settings(settings),
        connect(scheduler, workers),
        progress,
        terminal.tell,
    )
    return terminal.stage_result(results, read, output)


@cli.command()
@command
def stages() -> Any:
    """List every stage with its version and settings."""
    from curation_lib import terminal
    from curation_lib.core.registry import find, names

    return terminal.stages([find(name) for name in names()])


_STORE = ("trace", "explain", "sample", "duplicates", "contamination", "retune", "builds", "gc")
for _command in (
    *(getattr(cli_store, name) for name in _STORE),
    cli_dialects.dialects,
    cli_models.classifier,
    cli_models.models,
    cli_perplexity.perplexity,
    cli_density.density,
    cli_export.export,
    cli_synthetic.synthetic,
    cli_mix.mix,
    cli_valuation.valuation,
    cli_filters.filters,
):
    cli.add_command(_command)
cli_mix.mix.add_command(cli_mixtures.current)


def main() -> None:
    """Entry point."""
    sys.exit(cli())


if __name__ == "__main__":
    main()
