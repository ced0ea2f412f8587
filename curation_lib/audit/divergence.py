"""How far two mixes' shares of the same categories lie apart."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

Amounts = Mapping[str, int]


def divergence(before: Amounts, after: Amounts) -> dict[str, Any]:
    """`kl`: Kullback and Leibler's divergence of `after` from `before` in nats, null where it is infinite because
    `after` has a category that `before` lacks (or where a side is empty); `js`: Jensen and Shannon's, 0 to ln 2 nats,
    always finite; `values`: per category, largest change first, `before`, `after`, the share of each and their
    `delta`."""
    totals = [sum(before.values()), sum(after.values())]
    rows = [_row(name, before.get(name, 0), after.get(name, 0), totals) for name in sorted({*before, *after})]
    pairs = [(row["share_before"], row["share_after"]) for row in rows]
    return {
        "kl": _kl([(q, p) for p, q in pairs]) if all(totals) else None,
        "js": sum(_js(p, q) for p, q in pairs) if all(totals) else None,
        "values": sorted(rows, key=lambda row: (-abs(row["delta"]), row["value"])),
    }


def in_nats(moved: Mapping[str, Any], name: str) -> str:
    """`kl` or `js` of a divergence, to be read."""
    if moved["js"] is None:
        return "–"
    return "infinite" if moved[name] is None else f"{moved[name]:.4f}"


def _row(name: str, before: int, after: int, totals: list[int]) -> dict[str, Any]:
    shares = [part / total if total else 0.0 for part, total in zip((before, after), totals, strict=True)]
    return {
        "value": name,
        "before": before,
        "after": after,
        "share_before": shares[0],
        "share_after": shares[1],
        "delta": shares[1] - shares[0],
    }


def _kl(pairs: list[tuple[float, float]]) -> float | None:
    if any(p and not q for p, q in pairs):
        return None
    return max(0.0, sum(p * log(p / q) for p, q in pairs if p))


def _js(p: float, q: float) -> float:
    mean = (p + q) / 2
    return sum(x * log(x / mean) / 2 for x in (p, q) if x)
