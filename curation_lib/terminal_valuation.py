"""What the terminal shows of valuations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from curation_lib.terminal import OUT
from curation_lib.terminal_costs import show_costs
from curation_lib.valuation.arms import percent

if TYPE_CHECKING:
    from curation_lib.runner.store import Store
    from curation_lib.runner.valuation import Plan
    from curation_lib.valuation.budget import Todo
    from curation_lib.valuation.cost import Cost
    from curation_lib.valuation.experiment import Valuation


def priced(valuation: Valuation, plan: Plan, left: Todo, costs: Sequence[Cost]) -> dict[str, Any]:
    """The arms, costs with what they assume, and what is left to train."""
    table = _table(f"{valuation.valuation}: {len(plan.after_trunk) + 1} runs", "arm", "seeds", "tokens each")
    table.add_row("trunk", "1", f"{plan.trunk.tokens:,}")
    for arm, runs in plan.runs.items():
        table.add_row(escape(arm.label), str(len(runs)), f"{runs[0].tokens:,}")
    for name, runs in plan.gaps.items():
        table.add_row(f"control measured on {escape(name)}", str(len(runs)), "0")
    OUT.print(table)
    for note in plan.notes:
        OUT.print(f"note: {escape(note)}", highlight=False)
    show_costs(costs, left)
    arms = {arm.label: len(runs) for arm, runs in plan.runs.items()}
    return {"fingerprint": plan.print, "arms": arms, "left": left._asdict(), "costs": [one._asdict() for one in costs]}


def judged(report: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Each candidate at each share, and the verdict."""
    title = f"{report['name']}, {report['seeds']} seeds"
    table = _table(title, "candidate", "effect", "interval", "p", "harm to guard")
    for dose in (dose for one in report["candidates"] for dose in one["doses"]):
        effect, harm = dose["effect"], dose["harm"]
        interval = f"{effect['low']:+.4f} to {effect['high']:+.4f}"
        numbers = (f"{effect['value']:+.4f}", interval, f"{effect['p']:.4f}", f"{harm['value']:+.4f}")
        table.add_row(escape(dose["arm"]), *numbers)
    OUT.print(table)
    for note in report["notes"]:
        OUT.print(f"note: {escape(note)}", highlight=False)
    OUT.print(f"[bold]{escape(report['sentence'])}[/]", highlight=False)
    OUT.print(f"{place}/index.html", markup=False, highlight=False, soft_wrap=True)
    return {**report, "place": place}


def ranked(store: Store, written: Sequence[str]) -> dict[str, Any]:
    """Every leaderboard."""
    boards = [store.read_json(one.removeprefix(f"{store.url}/")) for one in written if one.endswith(".json")]
    for board in boards:
        table = _table(f"trunk {board['trunk'][:8]}", "candidate", "share", "effect", "interval", "verdict")
        for row in board["rows"]:
            effect = row["effect"]
            interval = f"{effect['low']:+.4f} to {effect['high']:+.4f}"
            cells = (percent(row["share"]), f"{effect['value']:+.4f}", interval, escape(row["verdict"]))
            table.add_row(escape(row["candidate"]), *cells)
        OUT.print(table)
    if not boards:
        OUT.print(f"{store.url} holds no valuation yet: winnow valuation run FILE --store {store.url}", soft_wrap=True)
    for address in written:
        OUT.print(address, markup=False, highlight=False, soft_wrap=True)
    return {"leaderboards": boards, "written": list(written)}


def _table(title: str, *heads: str) -> Table:
    table = Table(title=escape(title), title_justify="left")
    for n, head in enumerate(heads):
        table.add_column(head, justify="right" if n else "left")
    return table
