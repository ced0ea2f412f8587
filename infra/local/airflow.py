"""Airflow as four processes on SQLite with the LocalExecutor, and the settings they share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from infra.local.credentials import UI_USER, Credentials, password_file
from infra.local.errors import StackError
from infra.local.settings import HOST, Settings
from infra.local.web import fetch

PROGRAMS = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
#: component in the health report -> its heartbeat's field
HEARTBEATS = {
    "scheduler": "latest_scheduler_heartbeat",
    "dag_processor": "latest_dag_processor_heartbeat",
    "triggerer": "latest_triggerer_heartbeat",
}


def commands() -> dict[str, list[str]]:
    """Program name -> command line. No log servers: logs are files here, and those would bind to all."""
    lines = {
        "airflow-api-server": ["api-server"],
        "airflow-scheduler": ["scheduler", "--skip-serve-logs"],
        "airflow-dag-processor": ["dag-processor"],
        "airflow-triggerer": ["triggerer", "--skip-serve-logs"],
    }
    return {name: [sys.executable, "-m", "airflow", *line] for name, line in lines.items()}


def environment(settings: Settings, credentials: Credentials) -> dict[str, str]:
    """Every ``AIRFLOW*`` variable of the stack; the CLI and tests use the same."""
    values = {
        **_core(settings, credentials),
        **_scheduling(),
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{settings.airflow_home}/airflow.db",
        "LOGGING__BASE_LOG_FOLDER": f"{settings.airflow_home}/logs",
        "API__HOST": HOST,
        "API__PORT": str(settings.airflow_port),
        "API__BASE_URL": settings.airflow_url,
        "API__SECRET_KEY": credentials.api_secret_key,
        "API__EXPOSE_CONFIG": "False",
        "API_AUTH__JWT_SECRET": credentials.jwt_secret,
    }
    named = {f"AIRFLOW__{name}": value for name, value in values.items()}
    return {
        "AIRFLOW_HOME": str(settings.airflow_home),
        "AIRFLOW_CONN_DASK_DEFAULT": connection(settings),
    } | named


def _core(settings: Settings, credentials: Credentials) -> dict[str, str]:
    return {
        "CORE__EXECUTOR": "LocalExecutor",
        # Tasks report here; wrong by one port, every task fails with an empty log.
        "CORE__EXECUTION_API_SERVER_URL": f"{settings.airflow_url}/execution/",
        "CORE__DAGS_FOLDER": str(settings.checkout / "dags"),
        "CORE__PLUGINS_FOLDER": str(settings.checkout / "plugins"),
        "CORE__FERNET_KEY": credentials.fernet_key,
        "CORE__LOAD_EXAMPLES": "False",
        # A loaded machine answers late; the default of 5 s then costs a task its try.
        "WORKERS__EXECUTION_API_TIMEOUT": "30",
        "CORE__PARALLELISM": "4",
        # Executor processes inherit the scheduler's preloaded libraries (airflow_config) only by fork.
        "CORE__MP_START_METHOD": "fork",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{UI_USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(settings)),
    }


def _scheduling() -> dict[str, str]:
    """Timings: a task starts in a second, and work lost to a killed process is found in half a minute."""
    return {
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "15",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "15",
    }


def connection(settings: Settings) -> str:
    """The Airflow connection ``dask_default`` as JSON."""
    extra = {"dashboard": settings.dashboard_url}
    return json.dumps({"conn_type": "dask", "host": HOST, "port": settings.dask_port, "extra": extra})


def migrate(settings: Settings, variables: Mapping[str, str]) -> None:
    """Create or upgrade the metadata database, once per Airflow version. Raises StackError naming the log."""
    marker = settings.airflow_home / "migrated"
    release = version("apache-airflow-core")
    if marker.exists() and marker.read_text() == release:
        return
    log = settings.log_dir / "airflow-migrate.log"
    with log.open("w") as stream:
        line = [sys.executable, "-m", "airflow", "db", "migrate"]
        result = subprocess.run(line, env=dict(variables), stdout=stream, stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        raise StackError(f"airflow db migrate failed: see {log}")
    # The database holds connections and variables (encrypted) and run parameters (not).
    os.chmod(settings.airflow_home / "airflow.db", 0o600)
    marker.write_text(release)


def unhealthy(settings: Settings, since: datetime) -> list[str]:
    """Components that do not report healthy, or whose last heartbeat is older than ``since`` (aware UTC).

    Heartbeats outlive their process by 30 s in the report; after a start only a newer one counts.
    """
    answer = fetch(f"{settings.airflow_url}/api/v2/monitor/health")
    if answer is None:
        return ["api_server"]
    report = json.loads(answer)
    late = [] if report["metadatabase"]["status"] == "healthy" else ["metadatabase"]
    for component, field in HEARTBEATS.items():
        found = report.get(component) or {}
        beat = found.get(field)
        fresh = beat is not None and datetime.fromisoformat(beat) >= since
        if found.get("status") != "healthy" or not fresh:
            late.append(component)
    return late


def preload_folder() -> Path:
    """Folder with ``airflow_local_settings.py``, put on Airflow's PYTHONPATH."""
    return Path(__file__).with_name("airflow_config")
