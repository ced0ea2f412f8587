"""What Airflow shows about models: the DAG's page, and the question that a review asks. Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from curation_lib.runner.model_recipes import ModelRecipe
from curation_lib.runner.model_review import Review, number
from winnow_airflow.assets import LABELS
from winnow_airflow.naming import TRAINING_DAG

CHANGES_SHOWN = 12


def training_doc(recipes: Mapping[str, ModelRecipe]) -> str:
    """The DAG's page; recipes by file name."""
    return "\n".join(
        [
            "# Models that filters score with",
            "",
            "Each model is trained from its recipe and put into the store; a person decides whether it is used.",
            "",
            "| model | trains | labels | schedule (UTC) | recipe |",
            "|---|---|---|---|---|",
            *(_row(file, one) for file, one in recipes.items()),
            "",
            "`train` skips the rest where the same data and settings made the version that is current. `review` waits",
            "for *Approve* or *Reject* (*Required Actions*). `use` makes the version current; after *Reject* the old",
            "one stays current and the new one stays in the store.",
            "",
            "## Triggering",
            "",
            f"Models run by their own schedules, and all of them when labels are added: an event of `{LABELS.uri}`.",
            f"Emit it in *Assets* > `{LABELS.name}` > *Create Asset Event* > *Manual*, by `POST /api/v2/assets/events`",
            "with the asset's id, or from a task with that outlet. By hand: *Trigger*, or",
            f"`airflow dags trigger {TRAINING_DAG}`; the parameter `models` says which.",
        ]
    )


def train_doc(recipe: ModelRecipe) -> str:
    """What a model's training reads, and how."""
    inputs = "\n".join(f"- {label}: {', '.join(f'`{p}`' for p in places)}" for label, places in recipe.inputs.items())
    settings = ", ".join(f"`{name} = {value!r}`" for name, value in recipe.settings.items()) or "as the preset has them"
    preset = f"preset `{recipe.preset}`, " if recipe.preset else ""
    return f"{recipe.description or recipe.name}\n\n{inputs}\n\n{recipe.trains}: {preset}settings {settings}."


def review_doc(review: Review, page: str) -> str:
    """The body of the question."""
    new = review.candidate.manifest
    said = (
        f"Version `{review.current.manifest.fingerprint}` is current and would be replaced. Each was measured on what "
        "was held out of its own data, so the numbers compare only as far as these are alike."
        if review.current
        else "No version is current: nothing that names this model runs until one is."
    )
    return "\n".join(
        [
            f"Version `{new.fingerprint}`, {new.kind}: [card and metrics]({page}).",
            "",
            said,
            "",
            "| | new version | current |",
            "|---|--:|--:|",
            *(f"| {_cell(name)} | {number(value)} | {number(old)} |" for name, value, old in review.numbers()),
            *(_counted(review)),
            f"| licence | {_cell(new.license)} | {_cell(review.current.manifest.license) if review.current else '–'} |",
            "",
            *_changes(review),
        ]
    )


def _counted(review: Review) -> Iterator[str]:
    """Documents by label and by licence, both versions'."""
    new, old = review.candidate, review.current
    for what, ours, theirs in (
        ("documents of", new.documents(), old.documents() if old else {}),
        ("documents licensed", new.licenses(), old.licenses() if old else {}),
    ):
        for name in [*ours, *(one for one in theirs if one not in ours)]:
            yield f"| {what} {_cell(name)} | {number(ours.get(name))} | {number(theirs.get(name))} |"


def _changes(review: Review) -> Iterator[str]:
    changes = review.changes()
    if changes:
        yield from ("What is different:", "")
        yield from (f"- {plain(line)}" for line in changes[:CHANGES_SHOWN])
        if len(changes) > CHANGES_SHOWN:
            yield f"- and {len(changes) - CHANGES_SHOWN} more: see the page"


def _row(file: str, recipe: ModelRecipe) -> str:
    labels: Sequence[str] = list(recipe.inputs)
    schedule = f"`{recipe.airflow.schedule}`" if recipe.airflow.schedule else "none"
    return f"| {recipe.name} | {recipe.trains} | {', '.join(labels)} | {schedule} | `{file}` |"


def _cell(text: str) -> str:
    return plain(text).replace("|", "\\|")


def plain(text: str) -> str:
    """Names come from files and documents: no Markdown, no line of their own."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#!" else c for c in " ".join(text.split()))
