"""Commands about density: `winnow density train`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import SCHEDULER, WORKERS, command


@click.group()
def density() -> None:
    """Train models that filters.density scores with."""


@density.command()
@click.option("--dense", required=True, multiple=True, metavar="FILE", help="Texts dense with facts; repeatable.")
@click.option("--polished", required=True, multiple=True, metavar="FILE", help="Stories, talk, promotion; repeatable.")
@click.option("--output", metavar="DIR", help="New folder for the model.")
@click.option("--store", envvar="WINNOW_STORE", help="Store for the model, instead of --output.")
@click.option("--name", default="density", show_default=True, help="What the model is called.")
@click.option("--license", "license_", help="Licence of the model [those of its documents].")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the training; repeatable.")
@click.option("--use", is_flag=True, help="Make this version the store's current one.")
@SCHEDULER
@WORKERS
@command
def train(
    dense: tuple[str, ...],
    polished: tuple[str, ...],
    output: str | None,
    store: str | None,
    name: str,
    license_: str | None,
    settings: tuple[str, ...],
    use: bool,
    scheduler: str,
    workers: int | None,
) -> Any:
    """Train on files of English texts: JSONL, Parquet, WARC, or datasets. Each file is a source of its own.

    Sources are left out by turns to choose the model and to measure it; card.md says how well each was told.
    """
    from curation_lib import terminal, terminal_models
    from curation_lib.core.recipe import validated
    from curation_lib.runner import density_training as training
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.models import made_model
    from curation_lib.runner.settings import parse_settings
    from curation_lib.training.density import DensityTraining

    given = validated(DensityTraining, parse_settings(settings), "--set")
    wanted = training.Training({"dense": list(dense), "polished": list(polished)}, name, license_, given)
    progress = terminal.progress()
    made = made_model(
        lambda to: training.train_from_files(wanted, to, connect(scheduler, workers), progress),
        name, output, store, use,
    )  # fmt: skip
    return terminal_models.density(made)
