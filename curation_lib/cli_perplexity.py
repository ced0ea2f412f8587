"""Commands about perplexity: `winnow perplexity train`."""

from __future__ import annotations

from collections.abc import Mapping
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
@click.option("--license", default="unknown", show_default=True, help="SPDX licence of the model.")
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
    license: str,
    use: bool,
    order: int,
    arpa: bool,
    settings: tuple[str, ...],
    scheduler: str,
    workers: int | None,
) -> Any:
    """Train a model on documents that read as the corpus should: modified Kneser-Ney, as KenLM's lmplz."""
    from curation_lib import terminal
    from curation_lib.core.recipe import validated
    from curation_lib.runner import perplexity as training
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.settings import parse_settings
    from curation_lib.training.perplexity import PerplexityTraining

    given = validated(PerplexityTraining, {"order": order, "arpa": arpa, **parse_settings(settings)}, "--set")
    where = None if output else store
    with terminal.progress() as progress:
        answer = training.train(
            [*inputs, *more_inputs], output, where, name, license, given, use, connect(scheduler, workers), progress
        )
    show(answer)
    return answer


def show(answer: Mapping[str, Any]) -> None:
    """What was made, and how it reads what it has not seen."""
    from curation_lib.terminal import OUT

    metrics = answer["metrics"]
    ngrams = ", ".join(f"{n:,}" for n in metrics["ngrams"])
    OUT.print(f"{metrics['tokens']:,} tokens; n-grams by order: {ngrams}", highlight=False)
    held = metrics["held_out"]
    if held["documents"]:
        OUT.print(
            f"perplexity of {held['documents']:,} documents held out: {held['perplexity']:.1f}; "
            f"{held['unknown']:.1%} of their tokens are unknown",
            highlight=False,
        )
    OUT.print(f"model: {answer['model']}", highlight=False, markup=False)
