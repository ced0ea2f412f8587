"""What the terminal shows of a sweep of filter rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from curation_lib.terminal import OUT
from curation_lib.terminal_costs import show_costs

if TYPE_CHECKING:
    from curation_lib.runner.filter_sweep import SweepPlan
    from curation_lib.valuation.budget import Todo
    from curation_lib.valuation.cost import Cost


def planned(plan: SweepPlan, left: Todo, costs: Sequence[Cost]) -> dict[str, Any]:
    """What rates keep, the runs per scale, costs with what they assume, and what is left to train."""
    table = Table("kept", "documents", "tokens", title_justify="left", box=None)
    for column in table.columns:
        column.justify = "right"
    for one in plan.kept:
        table.add_row(f"{100 * one.rate:g} %", f"{one.documents:,}", f"{one.tokens:,}")
    OUT.print(table)
    each = len(plan.cells) // len(plan.parameters)
    sizes = ", ".join(f"{size:,}" for size in plan.parameters)
    OUT.print(f"{each} runs at each of {len(plan.parameters)} sizes: {sizes} parameters", highlight=False)
    show_costs(costs, left)
    told = {"place": plan.place, "parameters": list(plan.parameters), "runs": len(plan.cells), "flops": plan.flops}
    return {**told, "left": left._asdict(), "costs": [one._asdict() for one in costs]}


def swept(report: Mapping[str, Any], written: Sequence[str]) -> dict[str, Any]:
    """Per scale what every rate lost, the best rate, and the claim."""
    for one in report["scales"]:
        title = f"{one['parameters']:,} parameters, {one['tokens']:,} tokens"
        table = Table(
            "kept", "epochs", "bits per byte", "interval", "smallest", title=title, title_justify="left", box=None
        )
        for column in table.columns:
            column.justify = "right"
        for row in one["rates"]:
            interval = f"{row['low']:.4f} to {row['high']:.4f}"
            numbers = (f"{row['epochs']:.1f}", f"{row['loss']:.4f}", interval, f"{100 * row['chosen']:.0f} %")
            table.add_row(f"{100 * row['rate']:g} %", *numbers)
        OUT.print(table)
        best, low, high = (f"{100 * one[name]:.3g} %" for name in ("best", "low", "high"))
        OUT.print(f"  best rate {best} ({low} to {high})", highlight=False)
    OUT.print(f"[bold]{escape(report['verdict'])}[/]", highlight=False)
    for address in written:
        OUT.print(address, markup=False, highlight=False, soft_wrap=True)
    return {**report, "written": list(written)}
