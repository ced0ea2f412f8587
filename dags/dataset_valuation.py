"""The Airflow DAG dataset_valuation: tells whether a dataset is worth it, for the valuations of dags/valuations."""

from pathlib import Path

from winnow_airflow.valuation_dag import VALUATIONS, valuation_dags

globals().update(valuation_dags(VALUATIONS.files(Path(__file__).parent)))
