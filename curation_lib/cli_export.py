"""Commands about exports: `winnow export check`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import STORE, command


@click.group()
def export() -> None:
    """What a build wrote for trainers."""


@export.command()
@click.argument("build")
@STORE
@click.option("--phase", type=click.Choice(["pretrain", "midtrain", "posttrain"]), help="[all]")
@click.option("--readers", metavar="PYTHON", help="A Python with the trainers' libraries.  [.venv-readers/bin/python]")
@command
def check(build: str, store: str, phase: str | None, readers: str | None) -> Any:
    """Open every file of BUILD's exports with the library that trainers use; counts must be the manifest's."""
    from rich.table import Table

    from curation_lib.audit.export_check import READERS, as_json, check_exports
    from curation_lib.core.errors import ContractError
    from curation_lib.runner.store import Store
    from curation_lib.terminal import OUT

    found = list(check_exports(Store(store), build, phase, readers or READERS))
    table = Table("phase", "format", "rows", "tokens", "as the manifest says", box=None)
    for one in found:
        said = "yes" if one.ok else "; ".join(one.wrong) or f"no: it says {dict(one.expected)}"
        seen = one.found or {}
        table.add_row(one.phase, one.format, *(f"{seen.get(k, 0):,}" for k in ("rows", "tokens")), said)
    OUT.print(table)
    if bad := [f"{one.phase}/{one.format}" for one in found if not one.ok]:
        raise ContractError(f"{', '.join(bad)}: not what was written; delete the export and build again")
    return {"exports": [as_json(one) for one in found]}
