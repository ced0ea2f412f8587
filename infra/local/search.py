"""`make search`: which mixture of the demo's manuals, plays and code is best? The DAG `mixture_search` tells."""

from __future__ import annotations

import time

import click

from infra.local.demo_stack import started
from infra.local.errors import StackError
from infra.local.experiment import carried_out


@click.command()
def main() -> None:
    """Bring the stack up with the demo's inputs, search, show the report."""
    begun = time.monotonic()
    try:
        carried_out(started(), "mixture_search", {"search": "demo"}, "fit")
    except StackError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{time.monotonic() - begun:.0f} s in all")


if __name__ == "__main__":
    main()
