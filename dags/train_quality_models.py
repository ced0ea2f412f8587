"""The Airflow DAG train_quality_models: trains each model of dags/models and asks before one is used."""

from pathlib import Path

from winnow_airflow.model_folder import model_files, training_dags

globals().update(training_dags(model_files(Path(__file__).parent)))
