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
    use: bool,
    scheduler: str,
    workers: int | None,
) -> Any:
    """Train on files of English texts: JSONL, Parquet, WARC, or datasets. Each file is a source of its own.

    Sources are left out by turns to choose the model and to measure it; card.md says how well each was told.
    """
    from pathlib import Path

    from curation_lib import terminal
    from curation_lib.core.artefact import METRICS
    from curation_lib.core.errors import ConfigError
    from curation_lib.runner import density_training as training
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.store import Store

    if output is None and store is None:
        raise ConfigError("--output or --store: say where the model goes")
    inputs = {"dense": list(dense), "polished": list(polished)}
    is_current = None
    with terminal.progress() as progress:
        if output is not None:
            manifest = training.train_from_files(
                inputs, name, license_, Path(output), connect(scheduler, workers), progress
            )
            place = Store(output)
        else:
            to = Store(str(store))
            manifest, directory, is_current = training.train_into_store(
                inputs, name, license_, to, use, connect(scheduler, workers), progress
            )
            place = Store(to.address(directory))
    return _shown(manifest.fingerprint, place.read_json(METRICS), place.url, is_current)


def _shown(fingerprint: str, metrics: Any, place: str, is_current: bool | None) -> Any:
    from rich.table import Table

    from curation_lib.terminal import OUT
    from curation_lib.text.density_signals import SIGNALS

    table = Table("signal", "weight", box=None)
    for name in SIGNALS:
        table.add_row(name, f"{metrics['weights'][name]:.3f}")
    OUT.print(table)
    mean = metrics["auc_by_penalty"][str(metrics["penalty"])]
    unreadable = sum(metrics["unreadable"].values())
    OUT.print(f"trained on {metrics['trained']:,} documents; left out: {unreadable or 'none'}", highlight=False)
    OUT.print(f"AUC of sources left out: {mean:.3f}", highlight=False)
    note = {None: "", True: ", current", False: ", not current: `winnow models --use` makes it so"}[is_current]
    OUT.print(f"{place}{note}", highlight=False, markup=False)
    return {"model": place, "fingerprint": fingerprint, "current": is_current, "metrics": metrics}
