"""The stack with the demo's inputs, and what happens on it: a DAG is triggered, its tasks are shown as they end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console

from infra.local import demo_inputs, environment, local_model, stack
from infra.local.credentials import UI_USER, Credentials
from infra.local.demo_fetch import default_cache
from infra.local.errors import StackError
from infra.local.follow import Follower
from infra.local.rest import Airflow
from infra.local.settings import Settings, load

CHECKOUT = Path(__file__).resolve().parents[2]
SYNTHETIC = "demo-synthetic"


class Demo(NamedTuple):
    """The stack, up, with the demo's inputs and a logged-in client of its Airflow. environ: what reaches its store."""

    settings: Settings
    secrets: Credentials
    airflow: Airflow
    environ: Mapping[str, str]

    def run(self, dag_id: str, params: Mapping[str, Any] | None = None) -> tuple[str, str]:
        """Trigger the DAG and show its tasks; the run's id, and how it ended (see `follow`)."""
        self.airflow.wait_for_dag(dag_id)
        run_id = self.airflow.trigger(dag_id, params)
        click.echo(f"{dag_id}: run {run_id} ({self.address(dag_id, run_id)})")
        return run_id, Follower(self.airflow, dag_id, run_id).follow()

    def address(self, dag_id: str, run_id: str) -> str:
        """Of a run in the Airflow UI."""
        return f"{self.settings.airflow_url}/dags/{dag_id}/runs/{run_id}"


def started(corpus: str = "demo") -> Demo:
    """Bring the stack up and fetch the inputs; the environment is the stack's from then on."""
    os.environ.update({name: environment.no_proxy(os.environ) for name in ("NO_PROXY", "no_proxy")})
    wanted = load(os.environ, CHECKOUT)
    if corpus == SYNTHETIC and not wanted.model_port:
        wanted = wanted.model_copy(update={"model_port": local_model.PORT})
    settings, secrets, _ = stack.up(wanted, os.environ, click.echo)
    inputs, wrote = demo_inputs.write_inputs(settings.home / "demo-inputs", default_cache())
    Console().print(demo_inputs.table(inputs) if wrote else "inputs ready")
    environ = environment.variables(settings, secrets, os.environ)
    os.environ.update(environ)
    return Demo(settings, secrets, Airflow(settings.airflow_url, UI_USER, secrets.ui_password), environ)


def build(demo: Demo, corpus: str) -> str:
    """Build the corpus and show it; the build's id. Raises StackError where the build fails."""
    dag_id = f"corpus_build__{corpus}"
    run_id, state = demo.run(dag_id)
    if state != "success":
        raise StackError(f"the build failed; see {failed(demo, dag_id, run_id)}")
    return str(demo.airflow.result(dag_id, run_id, "build.record")["build_id"])


def failed(demo: Demo, dag_id: str, run_id: str) -> str:
    """Show the ends of the logs of the tasks that failed; the run's address."""
    for task in demo.airflow.tasks(dag_id, run_id):
        if task["state"] == "failed":
            tail = demo.airflow.log(dag_id, run_id, task["task_id"], task["try_number"])[-25:]
            click.echo(f"--- log of {task['task_id']}\n" + "\n".join(tail), err=True)
    return demo.address(dag_id, run_id)
