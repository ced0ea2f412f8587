"""What two mixes of finished builds do not have in common: to be looked at before a release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.audit.divergence import divergence
from curation_lib.audit.mixed import Mixed, both, lacking, mixed, named, phases_of
from curation_lib.audit.queries import Books, books
from curation_lib.core.errors import ConfigError
from curation_lib.runner.store import Store

Report = dict[str, Any]
DIMENSIONS = ("source", "language", "license", "format", "length")
_COUNTED = ("source", "language", "license")
_SHOWN = ("doc_id", "source", "source_id", "url", "language", "license", "bytes", "copies", "step", "rule")


class Compared(NamedTuple):
    """One comparison, and every document that entered or left."""

    report: Report
    entered: pa.Table
    left: pa.Table


def mix_diff(store: Store, before: str, after: str, phase: str = "", samples: int = 20) -> list[Compared]:
    """Compare two mixes, or of two builds (`BUILD`) every phase that both have; `BUILD:PHASE` names one mix.

    Each report: `before` and `after` with `build`, `phase`, `documents`, `rows` and `bytes` of text; `in_both`
    (`mixed.both`); `entered` and `left`: `documents`, `bytes`, the same by source, language and license, by `rules`
    that took them on the other side, and the `samples` smallest doc_ids; `shift`: per dimension how the shares of text
    bytes moved (`divergence.py`). Bytes, because two builds may count tokens differently.
    Raises ConfigError where a build or phase is not there, or the builds have no phase in common.
    """
    sides = _sides(store, before, after, phase)
    with books(store) as open_books:
        return [_compared(open_books, one, other, samples) for one, other in sides]


def _sides(store: Store, before: str, after: str, phase: str) -> list[tuple[Mixed, Mixed]]:
    (one, first), (other, second) = (named(store, name) for name in (before, after))
    if bool(first) != bool(second) and not phase:
        raise ConfigError(f"{before} and {after}: name a phase of both, or of neither, or give --phase")
    if first or second or phase:
        return [(mixed(store, one, first or phase), mixed(store, other, second or phase))]
    common = [name for name in phases_of(one) if name in phases_of(other)]
    if not common:
        raise ConfigError(f"{before} and {after} have no phase in common; compare two by BUILD:PHASE")
    return [(mixed(store, one, name), mixed(store, other, name)) for name in common]


def _compared(open_books: Books, before: Mixed, after: Mixed, samples: int) -> Compared:
    compositions = [side.composition(open_books) if side.parts else None for side in (before, after)]
    entered, left = lacking(open_books, after, before), lacking(open_books, before, after)
    shift = {name: divergence(*(_amounts(table, name) for table in compositions)) for name in DIMENSIONS}
    sides = [_side(side, table) for side, table in zip((before, after), compositions, strict=True)]
    report = {
        "before": sides[0],
        "after": sides[1],
        "in_both": both(open_books, before, after),
        "entered": _told(entered, samples),
        "left": _told(left, samples),
        "shift": shift,
    }
    return Compared(report, entered.select(_SHOWN), left.select(_SHOWN))


def _side(side: Mixed, composition: pa.Table | None) -> Report:
    counts = {n: int(pc.sum(composition.column(n)).as_py() or 0) if composition else 0 for n in _SUMS}
    return {"build": side.build, "phase": side.phase, **counts}


_SUMS = ("documents", "rows", "bytes")


def _amounts(composition: pa.Table | None, name: str) -> Counter[str]:
    """Bytes of text by a dimension."""
    found: Counter[str] = Counter()
    for row in composition.select([name, "bytes"]).to_pylist() if composition else ():
        found[row[name]] += row["bytes"]
    return found


def _told(documents: pa.Table, samples: int) -> Report:
    return {
        "documents": documents.num_rows,
        "bytes": int(pc.sum(documents.column("bytes")).as_py() or 0),
        **{f"by_{name}": _counted(documents, [name]) for name in _COUNTED},
        "rules": _counted(documents, ["step", "rule"]),
        "samples": documents.select(_SHOWN).slice(0, samples).to_pylist(),
    }


def _counted(documents: pa.Table, names: Sequence[str]) -> list[Report]:
    """Documents and bytes by columns, most documents first."""
    found = documents.group_by(list(names)).aggregate([([], "count_all"), ("bytes", "sum")])
    rows = found.rename_columns([*names, "documents", "bytes"]).to_pylist()
    return sorted(rows, key=lambda row: (-row["documents"], *(row[name] or "" for name in names)))
