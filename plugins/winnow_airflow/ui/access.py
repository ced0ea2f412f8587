"""Who may read the pages: users that Airflow knows and that may read DAGs. Airflow itself guards no mounted app."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.sdk import conf
from fastapi import HTTPException, Request, status
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import RedirectResponse, Response

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser


def require_reader(request: Request, user: GetUserDep) -> None:
    """Refuse whoever is not logged in (401) or may not read the DAG of the path, or DAGs at large (403).

    The user comes from the session cookie or a bearer token, checked by Airflow's auth manager. Data Docs show
    excerpts of documents as task logs do, so reading them takes the same right.
    """
    if not may_read(user, request.path_params.get("dag_id") or request.query_params.get("dag_id")):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Forbidden")


def may_read(user: BaseUser, dag_id: str | None) -> bool:
    """Whether Airflow lets the user read the task logs of a DAG (None: of all DAGs)."""
    return get_auth_manager().is_authorized_dag(
        method="GET",
        access_entity=DagAccessEntity.TASK_LOGS,
        details=DagDetails(id=dag_id) if dag_id else None,
        user=user,
    )


async def or_login(request: Request, error: Exception) -> Response:
    """A browser that is not logged in is sent to the login page and comes back; a program gets its 401."""
    assert isinstance(error, HTTPException)
    wants_page = "text/html" in request.headers.get("accept", "")
    if error.status_code != status.HTTP_401_UNAUTHORIZED or not wants_page:
        return await http_exception_handler(request, error)
    base = conf.get("api", "base_url", fallback="").rstrip("/")
    target = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return RedirectResponse(f"{base}/api/v2/auth/login?{urlencode({'next': target})}", status.HTTP_302_FOUND)
