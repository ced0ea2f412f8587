"""What the terminal shows of costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from curation_lib.terminal import OUT

if TYPE_CHECKING:
    from curation_lib.valuation.budget import Todo
    from curation_lib.valuation.cost import Cost


def show_costs(costs: Sequence[Cost], left: Todo) -> None:
    """A row per cost, what they assume, and what is left to train."""
    from curation_lib.valuation.cost import in_money

    table = Table(title="costs", title_justify="left")
    for n, head in enumerate(("what", "machine", "runs", "FLOP", "hours", "money")):
        table.add_column(head, justify="right" if n else "left")
    for one in costs:
        numbers = (str(one.runs), f"{one.flops:.2e}", f"{one.hours:,.3g}", in_money(one.money, one.currency))
        table.add_row(escape(one.what), escape(one.machine), *numbers)
    OUT.print(table)
    for note in dict.fromkeys(said for one in costs for said in one.assumes):
        OUT.print(f"note: {escape(note)}", highlight=False)
    price = f"{left.hours:,.3g} hours, {in_money(left.money, left.currency)}"
    OUT.print(f"left to train: {left.runs:,} runs on {left.tokens:,} tokens, {price}", highlight=False)
