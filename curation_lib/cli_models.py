"""Commands about trained models: `winnow classifier train`, `winnow models`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import JSON, SCHEDULER, STORE, WORKERS, command


@click.group()
def classifier() -> None:
    """Train classifiers that filters score with."""


@classifier.command()
@click.option("--positive", multiple=True, metavar="FILE", help="Documents of label `positive`; repeatable.")
@click.option("--negative", multiple=True, metavar="FILE", help="Documents of label `negative`; repeatable.")
@click.option("--label", "labelled", multiple=True, metavar="NAME=FILE", help="Documents of any label; repeatable.")
@click.option("--output", metavar="DIR", help="Folder for the model.")
@click.option("--store", envvar="WINNOW_STORE", help="Store for the model, instead of --output.")
@click.option("--name", default="classifier", show_default=True, help="What the model is called.")
@click.option("--preset", default="dclm", show_default=True, help="dclm, dclm_unigrams or folded.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the training; repeatable.")
@click.option("--license", "license_", help="Licence of the model [those of its documents].")
@click.option("--use", is_flag=True, help="Make this version the store's current one.")
@SCHEDULER
@WORKERS
@command
def train(
    positive: tuple[str, ...],
    negative: tuple[str, ...],
    labelled: tuple[str, ...],
    output: str | None,
    store: str | None,
    name: str,
    preset: str,
    settings: tuple[str, ...],
    license_: str | None,
    use: bool,
    scheduler: str,
    workers: int | None,
) -> Any:
    """Train a fastText classifier on labelled files: JSONL, Parquet, WARC, or datasets.

    The first label, `positive` where there is one, is what filters score by. A share of the documents is held out and
    measured with; card.md says how well the model does.
    """
    from curation_lib import terminal, terminal_models
    from curation_lib.runner import classifier_training as training
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.models import made_model
    from curation_lib.runner.settings import parse_settings
    from curation_lib.training.recipes import classifier_settings

    wanted = training.Training(
        _inputs(positive, negative, labelled), name, license_, classifier_settings(preset, parse_settings(settings))
    )
    progress = terminal.progress()
    made = made_model(
        lambda to: training.train_from_files(wanted, to, connect(scheduler, workers), progress),
        name, output, store, use,
    )  # fmt: skip
    return terminal_models.classifier(made)


def _inputs(positive: tuple[str, ...], negative: tuple[str, ...], labelled: tuple[str, ...]) -> dict[str, list[str]]:
    """Files by label, in the order given, `positive` and `negative` first."""
    from curation_lib.core.errors import ConfigError

    found = {label: list(files) for label, files in (("positive", positive), ("negative", negative)) if files}
    for pair in labelled:
        label, equals, path = pair.partition("=")
        if not equals:
            raise ConfigError(f"--label {pair!r}: write NAME=FILE")
        found.setdefault(label, []).append(path)
    return found


@click.group(invoke_without_command=True)
@click.option("--store", default="", envvar="WINNOW_STORE", help="Folder or URL of the store.")
@click.option("--use", metavar="NAME/FINGERPRINT", help="Make this version current.")
@JSON
@click.pass_context
def models(context: click.Context, store: str, use: str | None, as_json: bool) -> None:
    """List the models of a store; of each name one version is current. Or train one: `winnow models train`."""
    if context.invoked_subcommand is None:
        command(_list)(store=store, use=use, as_json=as_json)


def _list(store: str, use: str | None) -> Any:
    from rich.table import Table

    from curation_lib.core.errors import ConfigError
    from curation_lib.runner.models import make_current, versions
    from curation_lib.runner.store import Store
    from curation_lib.terminal import OUT

    if not store:
        raise ConfigError("--store: say which store, or set WINNOW_STORE")
    place = Store(store)
    if use:
        name, slash, fingerprint = use.partition("/")
        if not slash:
            raise ConfigError(f"--use {use!r}: write NAME/FINGERPRINT")
        make_current(place, name, fingerprint)
    found = list(versions(place))
    table = Table("name", "kind", "version", "licence", "", box=None)
    for one in found:
        table.add_row(one["name"], one["kind"], one["fingerprint"], one["license"], "current" if one["current"] else "")
    OUT.print(table)
    return {"models": found}


@models.command("train")
@click.argument("recipe")
@STORE
@SCHEDULER
@WORKERS
@command
def train_model(recipe: str, store: str, scheduler: str, workers: int | None) -> Any:
    """Train the model that RECIPE describes, as the DAG train_quality_models does, and compare it with the current one.

    No version becomes current by that: `winnow models --use` does it.
    """
    from curation_lib import terminal, terminal_models
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.model_recipes import load_model_recipe
    from curation_lib.runner.model_review import review
    from curation_lib.runner.model_training import train_recipe
    from curation_lib.runner.store import Store

    wanted, place = load_model_recipe(recipe), Store(store)
    progress = terminal.progress()
    made = train_recipe(wanted, place, connect(scheduler, workers), progress)
    return terminal_models.reviewed(made, review(place, wanted.name, made.manifest.fingerprint))
