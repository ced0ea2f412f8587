"""No DAG: a model's recipe that cannot be used shows as this file's import error in Airflow, and hides no other."""

from pathlib import Path

from winnow_airflow.model_folder import model_files, refuse_broken_models

refuse_broken_models(model_files(Path(__file__).parent))
