"""Airflow connections to the store and to Dask."""
