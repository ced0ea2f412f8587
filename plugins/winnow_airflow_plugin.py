"""Registers Winnow with Airflow: pages below /winnow, their places in the navigation, the run listener."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from winnow_airflow import listener


class WinnowPlugin(AirflowPlugin):
    """Every Airflow process loads this; only the API server asks for the app, which is made then."""

    name = "winnow"
    listeners: list[Any] = [listener]  # noqa: RUF012 - as the base class has it
    # {RUN_ID} stands in the path: Airflow does not escape it, and in a query its `+` would be a space.
    # One place in the navigation: with two, Airflow hides both in its menu of plugins.
    external_views: list[Any] = [  # noqa: RUF012
        {"name": "Data Docs", "href": "/winnow/", "destination": "nav", "url_route": "winnow-data-docs"},
        {
            "name": "Funnel",
            "href": "/winnow/funnel/{DAG_ID}/{RUN_ID}",
            "destination": "dag_run",
            "url_route": "winnow-run-funnel",
        },
        {
            "name": "Funnel",
            "href": "/winnow/funnel/{DAG_ID}",
            "destination": "dag",
            "url_route": "winnow-funnel",
        },
        {
            "name": "Data Docs",
            "href": "/winnow/gate/{DAG_ID}/{RUN_ID}/{TASK_ID}",
            "destination": "task_instance",
            "url_route": "winnow-gate",
        },
    ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The pages, made when first asked for."""
        from winnow_airflow.naming import PAGES
        from winnow_airflow.ui.app import make_app

        return [{"app": make_app(), "url_prefix": PAGES, "name": "Winnow"}]
