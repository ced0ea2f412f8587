"""`make run`, `make run-synthetic`: bring the stack up, fetch the demo inputs, build a demo corpus, show the funnel."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from infra.local import demo_inputs, environment, local_model, stack
from infra.local.credentials import UI_USER, Credentials
from infra.local.demo_fetch import default_cache
from infra.local.errors import StackError
from infra.local.rest import Airflow
from infra.local.settings import Settings, load

CHECKOUT = Path(__file__).resolve().parents[2]
SYNTHETIC = "demo-synthetic"
CORPORA = ("demo", SYNTHETIC)
ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")


@click.command()
@click.option("--corpus", type=click.Choice(CORPORA), default="demo", show_default=True)
def main(corpus: str) -> None:
    """Build a demo corpus; the one with synthetic documents needs the local model, so that the stack runs it, too."""
    dag_id = f"corpus_build__{corpus}"
    os.environ.update({name: environment.no_proxy(os.environ) for name in ("NO_PROXY", "no_proxy")})
    begun = time.monotonic()
    try:
        wanted = load(os.environ, CHECKOUT)
        if corpus == SYNTHETIC and not wanted.model_port:
            wanted = wanted.model_copy(update={"model_port": local_model.PORT})
        settings, secrets, _ = stack.up(wanted, os.environ, click.echo)
        inputs, wrote = demo_inputs.write_inputs(settings.home / "demo-inputs", default_cache())
        Console().print(demo_inputs.table(inputs) if wrote else "inputs ready")
        airflow = Airflow(settings.airflow_url, UI_USER, secrets.ui_password)
        airflow.wait_for_dag(dag_id)
        run_id = airflow.trigger(dag_id)
        click.echo(f"{dag_id}: run {run_id} ({settings.airflow_url}/dags/{dag_id}/runs/{run_id})")
        state = follow(airflow, dag_id, run_id)
        os.environ.update(environment.variables(settings, secrets, os.environ))
        _finish(airflow, corpus, run_id, state, settings, secrets)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{time.monotonic() - begun:.0f} s in all")


def follow(airflow: Airflow, dag_id: str, run_id: str, every: float = 1.0) -> str:
    """Show each task as it starts and ends, until the run has ended; its state."""
    shown: dict[str, str] = {}
    while True:
        run = airflow.run(dag_id, run_id)
        for task in sorted(airflow.tasks(dag_id, run_id), key=lambda t: str(t["start_date"])):
            name, state = task["task_id"], task["state"]
            if state not in (None, "scheduled", "queued", shown.get(name)):
                shown[name] = state
                click.echo(_line(airflow, dag_id, run_id, task))
        if run["state"] in ("success", "failed"):
            return str(run["state"])
        time.sleep(every)


def _line(airflow: Airflow, dag_id: str, run_id: str, task: Mapping[str, Any]) -> str:
    took = f"{task['duration']:7.1f} s" if task["duration"] and task["state"] in ENDED else " " * 9
    told = ""
    if task["state"] == "success":
        result = airflow.result(dag_id, run_id, task["task_id"])
        told = _told(result) if isinstance(result, dict) else ""
    return f"  {task['task_id']:<40} {task['state']:<16}{took}  {told}".rstrip()


def _told(result: Mapping[str, Any]) -> str:
    parts = [str(result["state"])] if "state" in result else []
    if {"rows_in", "kept"} <= result.keys():
        parts.append(f"{result['rows_in']:,} in, {result['kept']:,} kept")
    return ", ".join(parts)


def _finish(airflow: Airflow, corpus: str, run_id: str, state: str, settings: Settings, secrets: Credentials) -> None:
    dag_id = f"corpus_build__{corpus}"
    if state != "success":
        for task in airflow.tasks(dag_id, run_id):
            if task["state"] == "failed":
                tail = airflow.log(dag_id, run_id, task["task_id"], task["try_number"])[-25:]
                click.echo(f"--- log of {task['task_id']}\n" + "\n".join(tail), err=True)
        raise StackError(f"the build failed; see {settings.airflow_url}/dags/{dag_id}/runs/{run_id}")
    store = os.environ["WINNOW_STORE"]
    build_id = str(airflow.result(dag_id, run_id, "build.record")["build_id"])
    show_funnel(store, build_id)
    rows = {
        "exports": f"{store}/exports/{corpus}/{build_id}/<phase>",
        **({"report": report(store, corpus, build_id, settings)} if corpus == SYNTHETIC else {}),
        "Airflow UI": f"{settings.airflow_url}  user {UI_USER}, password {secrets.ui_password}",
        **pages(settings),
        "this shell": f'eval "$({Path(sys.executable).relative_to(CHECKOUT)} -m infra.local env)"',
    }
    click.echo("\n".join(f"{name:<16}{value}" for name, value in rows.items()))


def report(store: str, corpus: str, build_id: str, settings: Settings) -> str:
    """Show what was generated, accepted and rejected; address of the page with texts beside their sources."""
    from curation_lib.audit.synthetic import synthetic
    from curation_lib.runner.store import Store
    from curation_lib.terminal_synthetic import reported

    reported(synthetic(Store(store), build_id, examples=1), [])
    return f"{settings.airflow_url}/winnow/synthetic/{corpus}/{build_id}"


def pages(settings: Settings) -> dict[str, str]:
    """Pages for the operator to open."""
    return {"Data Docs": f"{settings.airflow_url}/winnow/", "Dask dashboard": settings.dashboard_url}


def show_funnel(url: str, build_id: str) -> None:
    """Print the funnel of a build of the store at `url`."""
    from curation_lib.audit.builds import find_build
    from curation_lib.runner.store import Store
    from curation_lib.terminal import print_funnel

    print_funnel({s["step"]: s["counts"] or {} for s in find_build(Store(url), build_id).data["steps"]})


if __name__ == "__main__":
    main()
