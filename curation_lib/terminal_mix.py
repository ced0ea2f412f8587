"""What the terminal shows of mixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from curation_lib.command import Unmet
from curation_lib.terminal import OUT

_MOST = 3
"""Languages or licences of a source that are shown."""


def planned(report: Mapping[str, Any], written: Sequence[str]) -> dict[str, Any]:
    """A table per phase, what binds it, and where it cannot be made as asked why and the remedy."""
    OUT.print(f"{report['corpus']}, documents of build {report['build']}", highlight=False)
    for note in report["notes"]:
        OUT.print(f"note: {escape(note)}", highlight=False)
    for phase in report["phases"]:
        if "sources" in phase:
            OUT.print(_sources(phase))
            OUT.print(_told(phase), highlight=False)
        if not phase["feasible"]:
            remedy = f"; {phase['remedy']}" if phase["remedy"] else ""
            OUT.print(f"[bold]not feasible[/] {phase['phase']}: {escape(phase['why'] + remedy)}", highlight=False)
    for address in written:
        OUT.print(address, highlight=False, soft_wrap=True)
    answer = {**report, "written": list(written)}
    return answer if report["feasible"] else Unmet(answer)


def _told(phase: Mapping[str, Any]) -> str:
    budget = f" of {phase['budget']:,}" if phase["budget"] is not None else ""
    made = sum(row["synthetic"] for row in phase["sources"])
    share = f"{100 * made / phase['tokens']:.2f} %" if phase["tokens"] else "0 %"
    return (
        f"  {phase['tokens']:,}{budget} tokens ({phase['tokenizer']}), {phase['effective_tokens']:,} effective, "
        f"{share} synthetic; bound by: {phase['binds']}"
    )


def _sources(phase: Mapping[str, Any]) -> Table:
    numbers = ("held", "tokens", "share", "epochs", "effective")
    table = Table("source", *numbers, "languages", "licences", "", title=phase["phase"], title_justify="left", box=None)
    for column in table.columns[1:6]:
        column.justify = "right"
    for row in phase["sources"]:
        table.add_row(
            escape(row["source"]),
            f"{row['tokens_held']:,}",
            f"{row['tokens']:,}",
            f"{100 * row['share']:.1f} %",
            f"{row['epochs']:.2f}",
            f"{row['effective_tokens']:,}",
            escape(_first(row["languages"])),
            escape(_first(row["licenses"])),
            "at its cap" if row["tokens"] and row["full"] else "",
        )
    return table


def _first(tokens: Mapping[str, int]) -> str:
    more = f" +{len(tokens) - _MOST}" if len(tokens) > _MOST else ""
    return ", ".join(list(tokens)[:_MOST]) + more
