"""What the terminal shows of synthetic documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from curation_lib.terminal import OUT

_PREVIEW = 300


def reported(report: Mapping[str, Any], written: Sequence[str]) -> dict[str, Any]:
    """One row per form with the rules that took its documents, examples side by side, shares of the exports."""
    for step in report["steps"]:
        OUT.print(_forms(step))
        _shift(step["shift"])
        for one in (*step["examples"]["accepted"], *step["examples"]["rejected"]):
            _example(one)
    for phase in report["phases"]:
        said = f"{phase['phase']}: {100 * phase['share']:.2f} % of tokens, {phase['documents']:,} documents"
        OUT.print(f"{said} are synthetic", highlight=False)
    for address in written:
        OUT.print(address, highlight=False, soft_wrap=True)
    return {**report, "written": list(written)}


def _forms(step: Mapping[str, Any]) -> Table:
    numbers = ("requests", "accepted", "completion_tokens", "accepted_tokens")
    heads = ("requests", "accepted", "tokens", "accepted tokens")
    table = Table("form", *heads, "cost per accepted token", "rejected by", title=step["step"], box=None)
    for one in (*step["forms"], {**step, "form": "all"}):
        cost = one["cost_per_accepted_token"]
        rules = ", ".join(f"{rule} {n:,}" for rule, n in one["rules"].items())
        counts = (f"{one[name]:,}" for name in numbers)
        table.add_row(one["form"], *counts, "–" if cost is None else f"{cost:.3g}", rules)
    return table


def _shift(shift: Mapping[str, Any]) -> None:
    if not shift["measures"]:
        return
    OUT.print(f"beside {shift['natural']:,} natural documents:", highlight=False)
    for row in shift["measures"]:
        medians = f"median {row['synthetic'][1]:,.4g} for {row['natural'][1]:,.4g}"
        OUT.print(f"  {row['name']}: {medians}, distance {row['distance']:.2f}", highlight=False)
    words = f"words differ by {shift['word_divergence']:.2f} bits; more {', '.join(shift['more'])}"
    OUT.print(f"  {escape(words)}; fewer {escape(', '.join(shift['fewer']))}", highlight=False)


def _example(one: Mapping[str, Any]) -> None:
    why = one["evidence"] or one["detail"] or ""
    OUT.print(f"[bold]{one['verdict']}[/] {one['form']} {escape(one['source_id'])} {escape(why)}", highlight=False)
    for name in ("source", "output"):
        OUT.print(f"  {name}: {' '.join((one[name] or '').split())[:_PREVIEW]}", markup=False, highlight=False)
