"""`winnow synthetic …`: what a build generated."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import STORE, command


@click.group()
def synthetic() -> None:
    """Synthetic documents."""


@synthetic.command()
@click.argument("build")
@STORE
@click.option("--output", metavar="DIR", help="Folder or URL for synthetic.json and synthetic.html.")
@click.option("--examples", type=click.IntRange(0), default=3, show_default=True, help="Shown per form and per rule.")
@command
def report(build: str, store: str, output: str | None, examples: int) -> Any:
    """Say what BUILD generated: what was accepted, what went and why, what it cost, how it differs from real text."""
    from curation_lib.audit.synthetic import synthetic as find
    from curation_lib.audit.synthetic_page import write
    from curation_lib.runner.store import Store
    from curation_lib.terminal_synthetic import reported

    told = find(Store(store), build, examples)
    return reported(told, write(told, Store(output)) if output else [])
