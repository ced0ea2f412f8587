"""One Airflow DAG per recipe in dags/recipes."""

from pathlib import Path

from winnow_airflow.recipe_folder import corpus_dags, recipe_files

globals().update(corpus_dags(recipe_files(Path(__file__).parent)))
