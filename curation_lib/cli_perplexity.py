"""Commands about perplexity: `winnow perplexity train`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import SCHEDULER, WORKERS, command


@click.group()
def perplexity() -> None:
    """Make n-gram models for filters.perplexity."""


@perplexity.command()
@click.option("--input", "inputs", required=True, multiple=True, help="File, folder, glob or dataset; repeatable.")
@click.argument("more_inputs", nargs=-1)
@click.option("--output", help="New folder for the model.")
@click.option("--store", envvar="WINNOW_STORE", help="Store for the model, as models/NAME; the first is current.")
@click.option("--name", default="perplexity", show_default=True, help="Name of the model.")
@click.option("--license", "license_", help="Licence of the model [those of its documents].")
@click.option("--use", is_flag=True, help="Make it current in the store, even if another version is.")
@click.option("--order", type=int, default=5, show_default=True, help="Words of the longest n-grams.")
@click.option("--arpa", is_flag=True, help="Write the model as ARPA, too.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Another setting of the training; repeatable."
)
@SCHEDULER
@WORKERS
@command
def train(
    inputs: tuple[str, ...],
    more_inputs: tuple[str, ...],
    output: str | None,
    store: str | None,
    name: str,
    license_: str | None,
    use: bool,
    order: int,
    arpa: bool,
    settings: tuple[str, ...],
    scheduler: str,
    workers: int | None,
) -> Any:
    """Train a model on documents that read as the corpus should: modified Kneser-Ney, as KenLM's lmplz."""
    from curation_lib import terminal, terminal_models
    from curation_lib.core.recipe import validated
    from curation_lib.runner import perplexity as training
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.models import made_model
    from curation_lib.runner.settings import parse_settings
    from curation_lib.training.perplexity import PerplexityTraining

    given = validated(PerplexityTraining, {"order": order, "arpa": arpa, **parse_settings(settings)}, "--set")
    wanted = training.Training([*inputs, *more_inputs], name, license_, given)
    progress = terminal.progress()
    made = made_model(
        lambda to: training.train_from_files(wanted, to, connect(scheduler, workers), progress),
        name, output, store, use,
    )  # fmt: skip
    return terminal_models.perplexity(made)
