"""A build or a DAG run as rows of a funnel: what came in, went where, and how the gate judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from winnow_airflow.naming import GATE_SUFFIX

if TYPE_CHECKING:
    from curation_lib.runner.store import Store

SHARES = ("kept", "dropped", "quarantined", "skipped")


@dataclass
class Row:
    """One step. `counts` is None where it has none (failed); `gate` holds success, evaluated, page, reason."""

    step: str
    state: str
    counts: Mapping[str, Any] | None = None
    gate: Mapping[str, Any] | None = None
    reason: str = ""
    seconds: float | None = None
    bars: list[tuple[str, float, float]] = field(default_factory=list)

    def total(self, share: str) -> int:
        """Documents of one of SHARES."""
        value = (self.counts or {}).get(share, 0)
        return sum(value.values()) if isinstance(value, Mapping) else int(value)

    def reasons(self) -> list[tuple[str, int]]:
        """Why documents went, the commonest first."""
        c = self.counts or {}
        unread = {f"quarantined: {error}": n for error, n in c.get("quarantined", {}).items()}
        pairs = [*c.get("dropped", {}).items(), *unread.items()]
        return sorted(((reason, n) for reason, n in pairs if n), key=lambda p: (-p[1], p[0]))

    def failures(self) -> list[str]:
        """What the step's and the gate's tasks failed with, without the page's address, which is linked anyway."""
        failed = [self.reason] if self.reason else []
        if self.gate and not self.gate["success"]:
            failed.append(str(self.gate.get("reason") or ""))
        return ["\n".join(line for line in f.splitlines() if not line.startswith("Data Docs:")) for f in failed]


def rows_of_run(records: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Rows from a DAG run's records, in the recipe's order; a failed task adds its reason."""
    rows: dict[str, Row] = {}
    for r in records:
        if r["kind"] == "record":
            continue
        step = r.get("step") or r["task"]
        row = rows.setdefault(step, Row(step, r["state"]))
        if r["task"].endswith(GATE_SUFFIX):
            row.gate = {k: r.get(k) for k in ("success", "evaluated", "page", "reason")}
        elif r["state"] == "failed":
            row.state, row.reason = "failed", r["reason"]
        else:
            row.state, row.counts, row.seconds = r["state"], r["counts"], r["seconds"]
    return with_bars(list(rows.values()))


def rows_of_build(build: Mapping[str, Any], store: Store) -> list[Row]:
    """Rows from a finished build's record; verdicts are read from the store."""
    rows = []
    for s in (s for s in build["steps"] if s["counts"]):  # early builds recorded steps that were off
        known = store.find_json(f"{s['gate']}/result.json") if s["gate"] else None
        gate = known and {
            "success": known["success"], "evaluated": known["evaluated"], "page": f"{s['gate']}/{known['page']}",
        }  # fmt: skip
        rows.append(Row(s["step"], "built", s["counts"], gate or None))
    return with_bars(rows)


def with_bars(rows: Sequence[Row]) -> list[Row]:
    """Each row's shares as (share, start, width) in percent of the largest step's rows."""
    widest = max((sum(row.total(s) for s in SHARES) for row in rows), default=0) or 1
    for row in rows:
        at = 0.0
        for share in SHARES:
            width = 100 * row.total(share) / widest
            if width:
                row.bars.append((share, at, width))
            at += width
    return list(rows)


def gates_summary(rows: Iterable[Row]) -> tuple[int, int]:
    """Gates passed, gates judged."""
    judged = [row.gate for row in rows if row.gate]
    return sum(bool(g["success"]) for g in judged), len(judged)
