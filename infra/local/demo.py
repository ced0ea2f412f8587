"""`make run`, `make run-synthetic`: bring the stack up, fetch the demo inputs, build a demo corpus, show the funnel."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from infra.local.credentials import UI_USER
from infra.local.demo_stack import CHECKOUT, SYNTHETIC, Demo, build, started
from infra.local.errors import StackError
from infra.local.settings import Settings

CORPORA = ("demo", SYNTHETIC)


@click.command()
@click.option("--corpus", type=click.Choice(CORPORA), default="demo", show_default=True)
def main(corpus: str) -> None:
    """Build a demo corpus; the one with synthetic documents needs the local model, so that the stack runs it, too."""
    begun = time.monotonic()
    try:
        _show(corpus, build(demo := started(corpus), corpus), demo)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{time.monotonic() - begun:.0f} s in all")


def _show(corpus: str, build_id: str, demo: Demo) -> None:
    store, settings = demo.environ["WINNOW_STORE"], demo.settings
    show_funnel(store, build_id)
    rows = {
        "exports": f"{store}/exports/{corpus}/{build_id}/<phase>",
        **({"report": report(store, corpus, build_id, settings)} if corpus == SYNTHETIC else {}),
        **access(demo),
    }
    click.echo("\n".join(f"{name:<16}{value}" for name, value in rows.items()))


def access(demo: Demo) -> dict[str, str]:
    """How the operator goes on."""
    return {
        "Airflow UI": f"{demo.settings.airflow_url}  user {UI_USER}, password {demo.secrets.ui_password}",
        **pages(demo.settings),
        "this shell": f'eval "$({Path(sys.executable).relative_to(CHECKOUT)} -m infra.local env)"',
    }


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
