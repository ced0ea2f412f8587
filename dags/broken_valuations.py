"""No DAG: a valuation that cannot be carried out shows as this file's import error in Airflow, and hides no other."""

from pathlib import Path

from winnow_airflow.valuation_dag import VALUATIONS

VALUATIONS.refuse_broken(VALUATIONS.files(Path(__file__).parent))
