"""What `winnow retune` shows: counts before and after, by rule, source and language; who changes sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from curation_lib.terminal import OUT

SHOWN = 12
"""Rows of a table; the JSON line has all."""


def retuned(answer: Mapping[str, Any]) -> dict[str, Any]:
    """One section per changed block."""
    _line(f"{answer['corpus']}, build {answer['build']}")
    for change in answer["changes"]:
        _line(f"  {change['key']}: {_value(change['before'])} -> {_value(change['after'])}")
    for number, step in enumerate(answer["steps"]):
        _block(step, answer["steps"][number - 1]["step"] if number else "")
    return dict(answer)


def _block(step: Mapping[str, Any], earlier: str) -> None:
    OUT.print()
    _line(f"{step['step']}: {step['rows_in']:,} documents came to it")
    OUT.print(_counts("", {"kept": step["kept"], "dropped": step["dropped"]}))
    rules = {f"{r['rule']} ({_limit(r['threshold'])})": r["first"] for r in step["rules"] if _moves(r)}
    at_all = {r["rule"]: r["failed"] for r in step["rules"] if _moves(r)}
    OUT.print(_counts("dropped by (first rule failed)", rules, "failed at all", list(at_all.values())))
    for name in ("source", "language"):
        OUT.print(_counts(f"kept, by {name}", {row[name]: row["kept"] for row in step[f"by_{name}"]}))
    flipped = step["flipped"]
    _line(f"{flipped['dropped']:,} documents go, {flipped['kept']:,} come back.")
    for sample in step["samples"]:
        _sample(sample)
    _scope(step, earlier)


def _counts(
    title: str, rows: Mapping[str, Mapping[str, int]], more: str = "", others: list[Mapping[str, int]] | None = None
) -> Table:
    """Before, after and change; the rows that move most first where there are many."""
    extra = [Column(f"{more}: before", justify="right"), Column("after", justify="right")] if more else []
    numbers = [Column(name, justify="right") for name in ("before", "after", "change")]
    table = Table(Column(title, min_width=24), *numbers, *extra, box=None)
    listed = list(zip(rows.items(), others or [{}] * len(rows), strict=True))
    if len(listed) > SHOWN:
        listed.sort(key=lambda one: -abs(one[0][1]["after"] - one[0][1]["before"]))
    for (name, n), other in listed[:SHOWN]:
        change = f"{n['after'] - n['before']:+,}" if n["after"] != n["before"] else "="
        table.add_row(escape(name), f"{n['before']:,}", f"{n['after']:,}", change, *(f"{v:,}" for v in other.values()))
    if len(listed) > SHOWN:
        table.add_row(f"[dim]and {len(listed) - SHOWN} more that move less (--json)")
    return table


def _moves(rule: Mapping[str, Any]) -> bool:
    return any(rule[name]["before"] != rule[name]["after"] for name in ("threshold", "first", "failed"))


def _limit(threshold: Mapping[str, Any]) -> str:
    before, after = (_value(threshold[side]) for side in ("before", "after"))
    return before if before == after else f"{before} -> {after}"


def _value(value: Any) -> str:
    if value is None:
        return "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sample(sample: Mapping[str, Any]) -> None:
    score = f" score {sample['score']:.4g}, threshold {_limit(sample['threshold'])}"
    OUT.print(f"[bold]{escape(sample['url'] or sample['source_id'])}[/]", highlight=False)
    also = f", also failed {', '.join(sample['also_failed'])}" if sample["also_failed"] else ""
    _line(f"  {sample['before']} -> {sample['after']}: {sample['rule']}{score}{also}")
    _line(f"  {sample['doc_id']}  {' '.join(sample['excerpt'].split())}")


def _scope(step: Mapping[str, Any], earlier: str) -> None:
    told = f"Predicted: the documents that {step['step']} keeps, as a rebuild would"
    told += f", had {earlier} before it let the same through as in this build." if earlier else "."
    behind = step["not_predicted"]
    _line(f"{told} Not predicted: what becomes of them in {', '.join(behind)}." if behind else told)


def _line(text: str) -> None:
    OUT.print(text, markup=False, highlight=False)
