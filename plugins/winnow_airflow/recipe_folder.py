"""Every recipe of a folder as a DAG, and the recipes that cannot be one.

Airflow takes all DAGs of a file away when the file has an import error. So the DAGs and the errors come from
two files below dags/: a broken recipe shows as an import error and the other corpora stay.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from airflow.sdk import DAG, get_parsing_context

from curation_lib.core.errors import ConfigError, WinnowError
from curation_lib.core.recipe import load_recipe
from curation_lib.runner.plan import plan
from winnow_airflow.dag_builder import build_dag
from winnow_airflow.naming import dag_id_of

VARIABLE = "WINNOW_RECIPES"


def recipe_files(dags_folder: str | Path, environment: Mapping[str, str] = os.environ) -> list[Path]:
    """The recipes: `*.yaml` in $WINNOW_RECIPES, or else in `<dags_folder>/recipes`."""
    folder = Path(environment.get(VARIABLE) or Path(dags_folder) / "recipes")
    return sorted(folder.glob("*.yaml"))


def corpus_dags(files: list[Path]) -> dict[str, DAG]:
    """A DAG by its id for every recipe that is sound; a running task's process makes only its own."""
    wanted = get_parsing_context().dag_id
    found: dict[str, DAG] = {}
    for path in files:
        try:
            if wanted is None or wanted == dag_id_of(load_recipe(path).corpus):
                dag = build_dag(path)
                found.setdefault(dag.dag_id, dag)
        except WinnowError:
            continue  # refuse_broken_recipes says why
    return found


def refuse_broken_recipes(files: list[Path]) -> None:
    """Raise ConfigError with one line per recipe that cannot be built, or that names another's corpus."""
    problems = list(_problems(files))
    if problems:
        raise ConfigError("\n".join(problems))


def _problems(files: list[Path]) -> Iterator[str]:
    taken: dict[str, Path] = {}
    for path in files:
        try:
            recipe = load_recipe(path)
            plan(recipe)
        except WinnowError as e:
            yield str(e) if str(path) in str(e) else f"{path}: {e}"
            continue
        first = taken.setdefault(recipe.corpus, path)
        if first is not path:
            yield f"{path}: corpus {recipe.corpus!r} is already described by {first}; give it another name"
