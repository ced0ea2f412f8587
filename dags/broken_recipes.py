"""No DAG: a recipe that cannot be built shows as this file's import error in Airflow, and hides no other."""

from pathlib import Path

from winnow_airflow.recipe_folder import recipe_files, refuse_broken_recipes

refuse_broken_recipes(recipe_files(Path(__file__).parent))
