"""`make run`: bring the stack up, fetch the demo inputs, build `corpus_build__demo` under Airflow, show the funnel."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from infra.local import demo_inputs, environment, stack
from infra.local.credentials import UI_USER, Credentials
from infra.local.demo_fetch import default_cache
from infra.local.errors import StackError
from infra.local.rest import Airflow
from infra.local.settings import Settings, load

CHECKOUT = Path(__file__).resolve().parents[2]
CORPUS = "demo"
DAG_ID = f"corpus_build__{CORPUS}"
ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")


@click.command()
def main() -> None:
    """Build the demo corpus."""
    os.environ.update({name: environment.no_proxy(os.environ) for name in ("NO_PROXY", "no_proxy")})
    begun = time.monotonic()
    try:
        settings, secrets, _ = stack.up(load(os.environ, CHECKOUT), os.environ, click.echo)
        inputs, wrote = demo_inputs.write_inputs(settings.home / "demo-inputs", default_cache())
        Console().print(demo_inputs.table(inputs) if wrote else "inputs ready")
        airflow = Airflow(settings.airflow_url, UI_USER, secrets.ui_password)
        airflow.wait_for_dag(DAG_ID)
        run_id = airflow.trigger(DAG_ID)
        click.echo(f"{DAG_ID}: run {run_id} ({settings.airflow_url}/dags/{DAG_ID}/runs/{run_id})")
        state = follow(airflow, run_id)
        os.environ.update(environment.variables(settings, secrets, os.environ))
        _finish(airflow, run_id, state, settings, secrets)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{time.monotonic() - begun:.0f} s in all")


def follow(airflow: Airflow, run_id: str, every: float = 1.0) -> str:
    """Show each task as it starts and ends, until the run has ended; its state."""
    shown: dict[str, str] = {}
    while True:
        run = airflow.run(DAG_ID, run_id)
        for task in sorted(airflow.tasks(DAG_ID, run_id), key=lambda t: str(t["start_date"])):
            name, state = task["task_id"], task["state"]
            if state not in (None, "scheduled", "queued", shown.get(name)):
                shown[name] = state
                click.echo(_line(airflow, run_id, task))
        if run["state"] in ("success", "failed"):
            return str(run["state"])
        time.sleep(every)


def _line(airflow: Airflow, run_id: str, task: Mapping[str, Any]) -> str:
    took = f"{task['duration']:7.1f} s" if task["duration"] and task["state"] in ENDED else " " * 9
    told = ""
    if task["state"] == "success":
        result = airflow.result(DAG_ID, run_id, task["task_id"])
        told = _told(result) if isinstance(result, dict) else ""
    return f"  {task['task_id']:<40} {task['state']:<16}{took}  {told}".rstrip()


def _told(result: Mapping[str, Any]) -> str:
    parts = [str(result["state"])] if "state" in result else []
    if {"rows_in", "kept"} <= result.keys():
        parts.append(f"{result['rows_in']:,} in, {result['kept']:,} kept")
    return ", ".join(parts)


def _finish(airflow: Airflow, run_id: str, state: str, settings: Settings, secrets: Credentials) -> None:
    if state != "success":
        for task in airflow.tasks(DAG_ID, run_id):
            if task["state"] == "failed":
                tail = airflow.log(DAG_ID, run_id, task["task_id"], task["try_number"])[-25:]
                click.echo(f"--- log of {task['task_id']}\n" + "\n".join(tail), err=True)
        raise StackError(f"the build failed; see {settings.airflow_url}/dags/{DAG_ID}/runs/{run_id}")
    build_id = show_funnel(os.environ["WINNOW_STORE"])
    store = os.environ["WINNOW_STORE"]
    rows = {
        "exports": f"{store}/exports/{CORPUS}/{build_id}/{{pretrain,midtrain,posttrain}}",
        "Airflow UI": f"{settings.airflow_url}  user {UI_USER}, password {secrets.ui_password}",
        **pages(settings),
        "this shell": f'eval "$({Path(sys.executable).relative_to(CHECKOUT)} -m infra.local env)"',
    }
    click.echo("\n".join(f"{name:<16}{value}" for name, value in rows.items()))


def pages(settings: Settings) -> dict[str, str]:
    """Pages for the operator to open."""
    return {"Data Docs": f"{settings.airflow_url}/winnow/", "Dask dashboard": settings.dashboard_url}


def show_funnel(url: str) -> str:
    """Print the funnel of the corpus's newest build in the store at `url`; its id."""
    from curation_lib.audit.builds import list_builds
    from curation_lib.runner.store import Store
    from curation_lib.terminal import print_funnel

    store = Store(url)
    builds = [b for b in list_builds(store) if b.corpus == CORPUS]
    newest = max(builds, key=lambda b: store.fs.modified(store.path(f"builds/{CORPUS}/{b.build_id}.json")))
    print_funnel({s["step"]: s["counts"] or {} for s in newest.data["steps"]})
    return newest.build_id


if __name__ == "__main__":
    main()
