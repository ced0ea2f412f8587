"""What the terminal shows of mixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from curation_lib.audit.divergence import in_nats
from curation_lib.terminal import OUT, Unmet

if TYPE_CHECKING:
    from curation_lib.audit.mix_diff import Compared

_MOST = 3
"""Languages or licences of a source that are shown."""


def planned(report: Mapping[str, Any], written: Sequence[str]) -> dict[str, Any]:
    """A table per phase, what binds it, and where it cannot be made as asked why and the remedy."""
    OUT.print(f"{report['corpus']}, documents of build {report['build']}", highlight=False)
    for note in report["notes"]:
        OUT.print(f"note: {escape(note)}", highlight=False)
    for phase in report["phases"]:
        if "weights_from" in phase:
            OUT.print(f"{phase['phase']}: weights of {escape(phase['weights_from'])}", highlight=False)
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
    enforced = "".join(f"; enforced: {name} {100 * part:g} %" for name, part in phase["shares"].items())
    return (
        f"  {phase['tokens']:,}{budget} tokens ({phase['tokenizer']}), {phase['effective_tokens']:,} effective, "
        f"{share} synthetic; bound by: {phase['binds']}{escape(enforced)}"
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


def compared(found: Sequence[Compared], written: Sequence[str]) -> dict[str, Any]:
    """Per comparison what entered and left, by rule, and how far each dimension moved."""
    for one in found:
        report = one.report
        sides = [f"{report[side]['phase']} of {report[side]['build']}" for side in ("before", "after")]
        OUT.print(f"[bold]{' -> '.join(sides)}[/]", highlight=False)
        both = report["in_both"]
        OUT.print(
            f"  {both['documents']:,} documents in both: {both['other_text']:,} with another text, "
            f"{both['more_often']:,} more often, {both['less_often']:,} less often",
            highlight=False,
        )
        for name in ("entered", "left"):
            _changed(name, report[name])
        OUT.print(_shift(report["shift"]))
    for address in written:
        OUT.print(address, highlight=False, soft_wrap=True)
    return {"comparisons": [one.report for one in found], "written": list(written)}


def _changed(name: str, told: Mapping[str, Any]) -> None:
    OUT.print(f"  {name}: {told['documents']:,} documents, {told['bytes']:,} bytes", highlight=False)
    for row in told["rules"]:
        rule = f"{row['step']}: {row['rule']}" if row["rule"] else "not among the other's documents"
        OUT.print(f"    {row['documents']:,} {rule}", markup=False, highlight=False)
    for row in told["samples"][:_MOST]:
        where = row["url"] or row["source_id"]
        OUT.print(f"    {row['doc_id']} {row['source']} {where}", markup=False, highlight=False)


def _shift(shift: Mapping[str, Any]) -> Table:
    table = Table("shift of", "KL nats", "JS nats", "largest changes, in points of a hundred", box=None)
    for name, moved in shift.items():
        numbers = (in_nats(moved, key) for key in ("kl", "js"))
        first = ", ".join(f"{row['value']} {100 * row['delta']:+.1f}" for row in moved["values"][:_MOST])
        table.add_row(name, *numbers, escape(first))
    return table
