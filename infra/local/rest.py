"""The little of Airflow's REST API that a run of the demo needs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import requests

from infra.local.errors import StackError


class Airflow:
    """A logged-in client. `url` is the UI's address."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        answer = self._session.post(f"{self.url}/auth/token", json={"username": user, "password": password}, timeout=30)
        if answer.status_code not in (200, 201):
            raise StackError(f"Airflow at {self.url} refuses user {user!r}: {answer.status_code}")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON answer of one call below /api/v2; StackError names path and reason."""
        try:
            answer = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=60, **options)
        except requests.RequestException as e:
            raise StackError(f"Airflow at {self.url} does not answer: {type(e).__name__}") from e
        if answer.status_code >= 400:
            raise StackError(f"Airflow answers {answer.status_code} to {method} {path}: {answer.text[:300]}")
        return answer.json() if answer.content else None

    def wait_for_dag(self, dag_id: str, seconds: float = 180) -> None:
        """Until the DAG processor has read the DAG; StackError with the import error where there is one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._session.get(f"{self.url}/api/v2/dags/{dag_id}", timeout=30).status_code == 200:
                return
            time.sleep(1)
        errors = self.ask("GET", "importErrors")["import_errors"]
        reason = errors[0]["stack_trace"].strip().splitlines()[-1] if errors else "no import error is shown"
        raise StackError(f"DAG {dag_id} does not appear: {reason}")

    def trigger(self, dag_id: str, params: Mapping[str, Any] | None = None) -> str:
        """Unpause the DAG and start a run with these parameters, the others as the DAG has them; its id."""
        self.ask("PATCH", f"dags/{dag_id}", json={"is_paused": False})
        run = self.ask("POST", f"dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": dict(params or {})})
        return str(run["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask("GET", f"dags/{dag_id}/dagRuns/{run_id}")
        return answer

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The run's task instances."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        found: list[dict[str, Any]] = []
        while True:
            page = self.ask("GET", path, params={"limit": 100, "offset": len(found)})
            found += page["task_instances"]
            if len(found) >= page["total_entries"] or not page["task_instances"]:
                return found

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task returned, or None."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        answer = self._session.get(f"{self.url}/api/v2/{path}", params={"deserialize": "false"}, timeout=30)
        return answer.json()["value"] if answer.status_code == 200 else None

    def log(self, dag_id: str, run_id: str, task_id: str, number: int) -> list[str]:
        """The lines of one try's log."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{number}"
        content = self.ask("GET", path, params={"full_content": "true"})["content"]
        return [str(line.get("event", line)) if isinstance(line, dict) else str(line) for line in content]
