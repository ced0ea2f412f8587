"""`make valuation`: is Django's code worth it to a model of the demo corpus? The DAG `dataset_valuation` tells."""

from __future__ import annotations

import time

import click

from infra.local.demo import access
from infra.local.demo_stack import WAITS, Demo, build, failed, started
from infra.local.errors import StackError

DAG_ID = "dataset_valuation"
VALUATION = "demo-code"


@click.command()
def main() -> None:
    """Bring the stack up, build the demo unless its store holds a build, value the candidate, show the verdict."""
    begun = time.monotonic()
    try:
        demo = started()
        base = _built(demo) or build(demo, "demo")
        click.echo(f"base: build {base} of the demo")
        run_id, state = demo.run(DAG_ID, {"valuation": VALUATION, "base": base})
        if state == "failed":
            raise StackError(f"the valuation failed; see {failed(demo, DAG_ID, run_id)}")
        _show(demo, run_id, state)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{time.monotonic() - begun:.0f} s in all")


def _built(demo: Demo) -> str | None:
    """The demo's newest build in the store."""
    from curation_lib.audit.builds import newest
    from curation_lib.core.errors import ConfigError
    from curation_lib.runner.store import Store

    try:
        return newest(Store(demo.environ["WINNOW_STORE"]), corpus="demo")[0].build_id
    except ConfigError:
        return None


def _show(demo: Demo, run_id: str, state: str) -> None:
    judged = demo.airflow.result(DAG_ID, run_id, "judge")
    asks = f"{demo.address(DAG_ID, run_id)}/tasks/approve/required_actions"
    rows = {
        "verdict": judged["sentence"],
        "page": judged["page"],
        **({"approve": f"{asks}  mix it in, or not"} if state == WAITS else {}),
        **access(demo),
    }
    click.echo("\n".join(f"{name:<16}{value}" for name, value in rows.items()))


if __name__ == "__main__":
    main()
