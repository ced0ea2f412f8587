"""Every model recipe of a folder as one DAG, and the recipes that cannot be part of it.

The DAG and the errors come from two files below dags/, as with corpora (`recipe_folder.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from airflow.sdk import DAG

from curation_lib.core.errors import ConfigError
from curation_lib.runner.model_recipes import ModelRecipe, load_model_recipe
from winnow_airflow.model_schedule import check_schedule
from winnow_airflow.training_dag import build_training_dag

VARIABLE = "WINNOW_MODEL_RECIPES"


def model_files(dags_folder: str | Path, environment: Mapping[str, str] = os.environ) -> list[Path]:
    """The recipes: `*.yaml` in $WINNOW_MODEL_RECIPES, or else in `<dags_folder>/models`. Folders there are models."""
    folder = Path(environment.get(VARIABLE) or Path(dags_folder) / "models")
    return sorted(path for path in folder.glob("*.yaml") if path.is_file())


def training_dags(files: list[Path]) -> dict[str, DAG]:
    """The DAG by its id, over the recipes that are sound; {} where there is none."""
    sound = {path: found for path, found in _read(files) if isinstance(found, ModelRecipe)}
    dag = build_training_dag(sound) if sound else None
    return {dag.dag_id: dag} if dag else {}


def refuse_broken_models(files: list[Path]) -> None:
    """Raise ConfigError with one line per recipe that no model can be trained from, or that names another's model."""
    problems = [found for _, found in _read(files) if isinstance(found, str)]
    if problems:
        raise ConfigError("\n".join(problems))


def _read(files: list[Path]) -> Iterator[tuple[Path, ModelRecipe | str]]:
    """Each file with its recipe, or with what is wrong."""
    taken: dict[str, Path] = {}
    for path in files:
        try:
            recipe = load_model_recipe(path)
            check_schedule(recipe)
        except ConfigError as e:
            yield path, str(e) if str(path) in str(e) else f"{path}: {e}"
            continue
        first = taken.setdefault(recipe.name, path)
        if first is path:
            yield path, recipe
        else:
            yield path, f"{path}: model {recipe.name!r} is already described by {first}; give it another name"
