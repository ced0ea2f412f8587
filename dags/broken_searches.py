"""No DAG: a search that cannot be carried out shows as this file's import error in Airflow, and hides no other."""

from pathlib import Path

from winnow_airflow.search_dag import SEARCHES

SEARCHES.refuse_broken(SEARCHES.files(Path(__file__).parent))
