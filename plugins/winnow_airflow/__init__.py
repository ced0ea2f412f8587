"""Corpus builds in Airflow: a recipe as a DAG, its steps and gates as tasks, its results as pages.

The only package, with `dags/`, that imports Airflow.
"""
