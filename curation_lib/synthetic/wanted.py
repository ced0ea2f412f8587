"""What synthetic.seeds asked of documents: it stands in their metadata until the requests are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson
import pyarrow as pa

from curation_lib.core.stage import Bad
from curation_lib.synthetic.forms import Form

REQUESTS, RANK = "synthetic_requests", "synthetic_rank"
Metadata = list[tuple[str, str]]


class Wanted(NamedTuple):
    """The forms asked of row `row`, in order, and the rank of the first among all requests of the build."""

    row: int
    forms: tuple[Form, ...]
    rank: int


def wanted(batch: pa.RecordBatch, known: Mapping[str, Form], ranked: bool) -> tuple[list[Wanted], list[Bad]]:
    """What is asked of each document; those whose request cannot be read. ranked: a request has to have its rank."""
    found: list[Wanted] = []
    bad: list[Bad] = []
    for row, metadata in enumerate(batch.column("metadata").to_pylist()):
        notes = dict(metadata or ())
        if REQUESTS not in notes:
            continue
        try:
            found.append(Wanted(row, _forms(notes[REQUESTS], known), _rank(notes.get(RANK), ranked)))
        except ValueError as e:
            bad.append(Bad(row, str(e)))
    return found, bad


def _forms(written: str, known: Mapping[str, Form]) -> tuple[Form, ...]:
    try:
        names = orjson.loads(written)
    except orjson.JSONDecodeError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{REQUESTS} is no JSON list of forms")
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{REQUESTS} names no known form; {unknown[0][:40]!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"{REQUESTS} names a form twice")
    return tuple(known[name] for name in names)


def _rank(written: str | None, ranked: bool) -> int:
    if written is None and not ranked:
        return 0
    if written is None or not written.isdecimal():
        raise ValueError(f"{RANK} is no whole number; a budget needs it, and synthetic.seeds gives it")
    return int(written)


def fulfilled(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    """The batch without what was asked of `rows`."""
    at = batch.schema.get_field_index("metadata")
    notes: list[Metadata | None] = batch.column(at).to_pylist()
    for row in rows:
        notes[row] = [(key, value) for key, value in notes[row] or () if key not in (REQUESTS, RANK)] or None
    field = batch.schema.field(at)
    return batch.set_column(at, field, pa.array(notes, field.type))
