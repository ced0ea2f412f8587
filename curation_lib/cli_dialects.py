"""Commands about dialects: `winnow dialects compare`, and how its answer looks in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from curation_lib.command import SCHEDULER, WORKERS, command


@click.group()
def dialects() -> None:
    """Compare the peers' readings of the same published rules."""


@dialects.command()
@click.option("--input", "inputs", required=True, multiple=True, help="File, folder, glob or dataset; repeatable.")
@click.argument("more_inputs", nargs=-1)
@click.option("--filter", "filters", multiple=True, help="Only this filter; repeatable [all with several dialects].")
@click.option("--examples", type=click.IntRange(0), default=3, show_default=True, help="Documents shown per filter.")
@click.option("--exact", is_flag=True, help="Judge by datatrove's own tokenizer, too (slow).")
@SCHEDULER
@WORKERS
@command
def compare(
    inputs: tuple[str, ...],
    more_inputs: tuple[str, ...],
    filters: tuple[str, ...],
    examples: int,
    exact: bool,
    scheduler: str,
    workers: int | None,
) -> Any:
    """Judge documents in every dialect: what each keeps, where they disagree, and why."""
    from curation_lib import terminal
    from curation_lib.runner import dialects as comparing
    from curation_lib.runner.dask import scheduler as connect

    comparing.comparable(filters, exact)
    progress = terminal.progress()
    judges = connect(scheduler, workers)
    answer = comparing.compare([*inputs, *more_inputs], filters, judges, progress, examples, exact)
    for one in answer["filters"]:
        show(one)
    return answer


def show(one: Mapping[str, Any]) -> None:
    """One filter: what each dialect keeps and drops by, who disagrees with whom, an example of each disagreement."""
    from rich.table import Table

    from curation_lib.terminal import OUT

    total = max(one["documents"], 1)
    OUT.print(f"\n[bold]{one['filter']}[/]: {one['documents']:,} documents", highlight=False)
    table = Table("dialect", "kept", "share", "dropped first by", box=None)
    for dialect, kept in one["kept"].items():
        rules = list(one["dropped_first_by"][dialect].items())[:4]
        why = ", ".join(f"{rule} {n:,}" for rule, n in rules)
        table.add_row(dialect, f"{kept:,}", f"{100 * kept / total:.1f} %", why)
    OUT.print(table)
    pairs = Table("between", "only the first keeps", "only the second", "disagree on", box=None)
    for pair in one["pairs"]:
        a, b = pair["only_first_keeps"], pair["only_second_keeps"]
        pairs.add_row(" and ".join(pair["dialects"]), f"{a:,}", f"{b:,}", f"{100 * (a + b) / total:.1f} %")
    OUT.print(pairs)
    for example in one["examples"]:
        _show_example(example, list(one["kept"]))


def _show_example(example: Mapping[str, Any], dialects: list[str]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from curation_lib.terminal import OUT

    who = " and ".join(example["kept_by"])
    OUT.print(f"\nKept by {who} alone: {example['documents']:,} documents, such as", highlight=False)
    OUT.print(f"  [bold]{escape(example['url'] or example['source_id'])}[/]", highlight=False)
    OUT.print(f"  {' '.join(example['text'].split())[:140]}", markup=False, highlight=False)
    table = Table("  rule", *dialects, box=None)
    for rule, judged in example["rules"].items():
        table.add_row(f"  {rule}", *(_cell(judged.get(dialect), rule) for dialect in dialects))
    OUT.print(table)


def _cell(one: Mapping[str, Any] | None, rule: str) -> str:
    """`0.168 > 0.15`, in red where the document fails; a dash where the dialect has no such rule."""
    if one is None:
        return "-"
    beyond, within = (">", "<=") if rule.startswith("max_") else ("<", ">=")
    text = f"{one['score']:.4g} {beyond if one['failed'] else within} {one['threshold']:g}"
    return f"[red]{text}[/]" if one["failed"] else text
