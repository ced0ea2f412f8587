"""Commands about exports: `winnow export check`, `winnow export write`."""

from __future__ import annotations

import os
from typing import Any

import click

from curation_lib.command import SCHEDULER, WORKERS, command

PHASES = ["pretrain", "midtrain", "posttrain"]


@click.group()
def export() -> None:
    """What trainers read."""


@export.command()
@click.argument("build")
@click.option("--store", envvar="WINNOW_STORE", help="Folder or URL of the store that BUILD is in.")
@click.option("--phase", type=click.Choice(PHASES), help="[all]")
@click.option("--readers", metavar="PYTHON", help="A Python with the trainers' libraries.  [.venv-readers/bin/python]")
@command
def check(build: str, store: str | None, phase: str | None, readers: str | None) -> Any:
    """Open every file of BUILD's exports with the library that trainers use; counts must be the manifest's. BUILD may
    be the folder or URL that `winnow export write` wrote to."""
    from rich.table import Table

    from curation_lib.audit.export_check import READERS, as_json, check_exports, check_files
    from curation_lib.core.errors import ContractError
    from curation_lib.runner.store import Store
    from curation_lib.terminal import OUT

    if store is None or "://" in build or os.path.isdir(build):
        found = list(check_files(build, readers or READERS))
    else:
        found = list(check_exports(Store(store), build, phase, readers or READERS))
    table = Table("phase", "format", "rows", "tokens", "as the manifest says", box=None)
    for one in found:
        said = "yes" if one.ok else "; ".join(one.wrong) or f"no: it says {dict(one.expected)}"
        seen = one.found or {}
        table.add_row(one.phase, one.format, *(f"{seen.get(k, 0):,}" for k in ("rows", "tokens")), said)
    OUT.print(table)
    if bad := [f"{one.phase}/{one.format}" for one in found if not one.ok]:
        raise ContractError(f"{', '.join(bad)}: not what was written; delete the export and make it again")
    return {"exports": [as_json(one) for one in found]}


@export.command()
@click.option("--input", "inputs", required=True, multiple=True, help="File, folder, glob or dataset; repeatable.")
@click.argument("more_inputs", nargs=-1)
@click.option("--output", required=True, help="Folder or URL for the files; a folder of each format in it.")
@click.option("--format", "formats", required=True, multiple=True, help="megatron, mds, tokens, …; repeatable.")
@click.option("--tokenizer", default="bytes4", help="A tokenizer.json or tiktoken/<encoding>.  [bytes4, without ids]")
@click.option("--packing", type=click.Choice(["none", "concatenate", "best_fit"]), default="none", show_default=True)
@click.option("--sequence-length", type=int, help="Tokens of a packed sequence.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another one gives another order.")
@click.option("--part-bytes", type=int, default=64 * 2**20, show_default=True, help="Text of a part, on average.")
@click.option("--phase", type=click.Choice(PHASES), default="pretrain", show_default=True)
@SCHEDULER
@WORKERS
@command
def write(
    inputs: tuple[str, ...],
    more_inputs: tuple[str, ...],
    output: str,
    scheduler: str,
    workers: int | None,
    **asked: Any,
) -> Any:
    """Shuffle documents and write them for trainers; no recipe, no filter: `winnow export write --input docs.jsonl.gz
    --output out --format megatron --tokenizer tokenizer.json`."""
    from curation_lib import terminal
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.exported_files import Asked, export_files

    progress = terminal.progress()
    done = export_files(
        [*inputs, *more_inputs], output, Asked(**asked), connect(scheduler, workers), progress, terminal.tell
    )
    read = {f"read {m.label}": m.counts for m in done.read}
    terminal.print_funnel(read | {step.step: step.counts for step in done.steps})
    formats = done.manifest.facts["formats"]
    for name, counts in formats.items():
        said = ", ".join(f"{n:,} {kind}" for kind, n in counts.items())
        terminal.OUT.print(f"{output}/{name}: {said}", markup=False, highlight=False)
    return {
        "output": output,
        "formats": formats,
        "counts": done.manifest.counts,
        "seconds": round(sum(step.seconds for step in done.steps), 3),
    }
