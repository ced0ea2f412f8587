"""Commands about synthetic documents: `winnow synthetic serve`, `forms` and `report`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import STORE, command


@click.group()
def synthetic() -> None:
    """The local model, the forms that generators are asked for, and what a build made of the answers."""


@synthetic.command()
@click.option("--port", type=click.IntRange(1, 65535), default=18080, show_default=True)
@click.option("--slots", type=click.IntRange(1), default=4, show_default=True, help="Requests answered side by side.")
@click.option("--context", type=click.IntRange(256), default=4096, show_default=True, help="Tokens of each.")
@click.option("--threads", type=click.IntRange(1), default=None, help="[cores less one]")
@click.option("--weights", metavar="FILE", help="Another model: a GGUF file.")
@command
def serve(port: int, slots: int, context: int, threads: int | None, weights: str | None) -> Any:
    """Serve the local model, OpenAI-compatible, on 127.0.0.1 until stopped."""
    import signal

    from curation_lib.synthetic import local_model as local
    from curation_lib.terminal import OUT

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    served = local.serve(local.Setup(port, slots, context, threads, weights))
    terms = "" if weights else f"\n{local.TERMS}"
    OUT.print(f"{served.model} at {served.address}, {slots} slots{terms}", highlight=False)
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        return {"address": served.address, "model": served.model}


@synthetic.command()
@command
def forms() -> Any:
    """List the forms with version and fingerprint of their prompts."""
    from rich.table import Table

    from curation_lib.synthetic.forms import forms as all_forms
    from curation_lib.terminal import OUT

    table = Table("form", "version", "prompt", "tokens at most", "structured", box=None)
    found = list(all_forms().values())
    for form in found:
        structured = "JSON" if form.schema else ""
        table.add_row(form.name, str(form.version), form.fingerprint, str(form.max_tokens), structured)
    OUT.print(table)
    return {"forms": {form.name: {"version": form.version, "fingerprint": form.fingerprint} for form in found}}


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
