"""Trains the model that a recipe describes, and puts it into a store: `winnow models train` and Airflow's task."""

from __future__ import annotations

from pathlib import Path

from curation_lib.core.artefact import ModelManifest
from curation_lib.runner.dask import LocalScheduler, Scheduler
from curation_lib.runner.model_recipes import DOCUMENTS, ModelRecipe
from curation_lib.runner.models import Made, stored_model
from curation_lib.runner.session import Progress, silent
from curation_lib.runner.store import Store


def train_recipe(recipe: ModelRecipe, store: Store, scheduler: Scheduler, progress: Progress = silent) -> Made:
    """The model as a version in `store`. Which version is current stays as it is, even where none is.

    The scheduler reads the inputs; the training itself runs here. A version that is there already is trained again and
    must come out the same. Raises ConfigError for inputs that are not there or do not do, StoreError for a store that
    cannot be reached or that holds another model under the version's fingerprint.
    """
    return stored_model(lambda folder: _train(recipe, folder, scheduler, progress), recipe.name, store)


def train_on_worker(recipe: ModelRecipe, store: Store, scheduler: Scheduler) -> Made:
    """`train_recipe` as one task of the scheduler: a worker reads, trains and publishes, in its own memory."""
    (made,) = scheduler.run(_train_here, [(recipe, store)], lambda _: None)  # type: ignore[list-item, arg-type]
    return made  # type: ignore[no-any-return]


def _train_here(order: tuple[ModelRecipe, Store]) -> Made:
    return train_recipe(*order, LocalScheduler(1))


def _train(recipe: ModelRecipe, folder: Path, scheduler: Scheduler, progress: Progress) -> ModelManifest:
    from curation_lib.runner import classifier_training, density_training, perplexity

    name, license, inputs, settings = recipe.name, recipe.license, recipe.inputs, recipe.settled()
    if recipe.trains == "density":
        wanted = density_training.Training(inputs, name, license, settings)
        return density_training.train_from_files(wanted, folder, scheduler, progress)
    if recipe.trains == "perplexity":
        read = perplexity.Training(inputs[DOCUMENTS], name, license, settings)
        return perplexity.train_from_files(read, folder, scheduler, progress)
    told = classifier_training.Training(inputs, name, license, settings)
    return classifier_training.train_from_files(told, folder, scheduler, progress)
