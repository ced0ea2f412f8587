"""What synthetic.seeds asked of documents: it stands in their metadata until the requests are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson
import pyarrow as pa

from curation_lib.core.stage import Bad
from curation_lib.synthetic.forms import Form

REQUESTS, RANK, EXCERPT = NOTES = ("synthetic_requests", "synthetic_rank", "synthetic_excerpt")
Metadata = list[tuple[str, str]]


class Wanted(NamedTuple):
    """The forms asked of row `row`, in order; the rank of the first among all requests of the build; the bytes of the
    text that the generator is shown, None for all."""

    row: int
    forms: tuple[Form, ...]
    rank: int
    excerpt: tuple[int, int] | None = None

    def seed(self, text: str) -> str:
        """What the prompt shows of the document's text."""
        return (text.encode()[slice(*self.excerpt)].decode("utf-8", "ignore") if self.excerpt else text).strip()


def wanted(batch: pa.RecordBatch, known: Mapping[str, Form], ranked: bool) -> tuple[list[Wanted], list[Bad]]:
    """What is asked of each document; those whose request cannot be read. ranked: a request has to have its rank."""
    found: list[Wanted] = []
    bad: list[Bad] = []
    for row, metadata in enumerate(batch.column("metadata").to_pylist()):
        notes = dict(metadata or ())
        if REQUESTS not in notes:
            continue
        try:
            forms, rank = _forms(notes[REQUESTS], known), _rank(notes.get(RANK), ranked)
            found.append(Wanted(row, forms, rank, _excerpt(notes.get(EXCERPT))))
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


def _excerpt(written: str | None) -> tuple[int, int] | None:
    try:
        start, stop = orjson.loads(written) if written is not None else (0, 0)
    except (TypeError, ValueError):
        start = stop = -1
    if not (isinstance(start, int) and isinstance(stop, int) and 0 <= start <= stop):
        raise ValueError(f"{EXCERPT} is no JSON list of two places")
    return (start, stop) if written is not None else None


def fulfilled(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    """The batch without what was asked of `rows`."""
    at = batch.schema.get_field_index("metadata")
    notes: list[Metadata | None] = batch.column(at).to_pylist()
    for row in rows:
        notes[row] = [(key, value) for key, value in notes[row] or () if key not in NOTES] or None
    field = batch.schema.field(at)
    return batch.set_column(at, field, pa.array(notes, field.type))
