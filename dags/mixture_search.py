"""The Airflow DAG mixture_search: looks for the best mixture of sources, for the searches of dags/searches."""

from pathlib import Path

from winnow_airflow.search_dag import SEARCHES, search_dags

globals().update(search_dags(SEARCHES.files(Path(__file__).parent)))
