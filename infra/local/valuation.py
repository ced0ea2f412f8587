"""`make valuation`: is Django's code worth it to a model of the demo corpus? The DAG `dataset_valuation` tells."""

from __future__ import annotations

import time

import click

from infra.local.demo_stack import Demo, build, started
from infra.local.errors import StackError
from infra.local.experiment import carried_out


@click.command()
def main() -> None:
    """Bring the stack up, build the demo unless its store holds a build, value the candidate, show the verdict."""
    begun = time.monotonic()
    try:
        demo = started()
        base = _built(demo) or build(demo, "demo")
        click.echo(f"base: build {base} of the demo")
        carried_out(demo, "dataset_valuation", {"valuation": "demo-code", "base": base}, "judge")
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


if __name__ == "__main__":
    main()
