"""An experiment's DAG run on the demo's stack, to its report and the question that a person answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from infra.local.demo import access
from infra.local.demo_stack import Demo, failed
from infra.local.errors import StackError
from infra.local.follow import WAITS


def carried_out(demo: Demo, dag_id: str, params: Mapping[str, Any], reports: str) -> None:
    """Run the DAG; show what its task `reports` found, its page, and where to approve. StackError where it fails."""
    run_id, state = demo.run(dag_id, params)
    if state == "failed":
        raise StackError(f"{dag_id} failed; see {failed(demo, dag_id, run_id)}")
    found = demo.airflow.result(dag_id, run_id, reports)
    asks = f"{demo.address(dag_id, run_id)}/tasks/approve/required_actions"
    rows = {
        "verdict": found["sentence"],
        "page": found["page"],
        **({"approve": f"{asks}  use the mixture, or not"} if state == WAITS else {}),
        **access(demo),
    }
    click.echo("\n".join(f"{name:<16}{value}" for name, value in rows.items()))
