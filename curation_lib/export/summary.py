"""Exact counts of an export by source, language, licence and format, for its manifest and data card.

`partial` takes batches of export rows; `merge` takes what `partial` or `merge` returned, in
row order. Copies of a document stand side by side, also across two batches, so a document is counted where
its doc_id changes. Summaries are JSON-ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Summary = dict[str, Any]
"""`first` and `last`: [doc_id, source, language, license, format] of the rows at the ends, null without rows;
`groups`: one dict per `source`, `language` (or null), `license` and `format`, sorted by them, with `documents`
(distinct), `rows`, `bytes` (of UTF-8 text) and `tokens`."""

_GROUP = ["source", "language", "license", "format"]
_Order = tuple[str, bool, str, str, str]
_COUNTS = ["documents", "rows", "bytes", "tokens"]


def partial(batch: pa.RecordBatch) -> Summary:
    """The summary of one batch of export rows (`export.schema`)."""
    if not batch.num_rows:
        return merge([])
    ids, text = batch.column("doc_id"), batch.column("text")
    columns = {name: batch.column(name) for name in _GROUP}
    columns["documents"] = pa.concat_arrays([pa.array([1]), pc.not_equal(ids[1:], ids[:-1]).cast(pa.int64())])
    columns["rows"] = pa.array(np.ones(batch.num_rows, np.int64))
    columns["bytes"] = pc.binary_length(text).cast(pa.int64())
    columns["tokens"] = batch.column("tokens")
    summed = pa.table(columns).group_by(_GROUP).aggregate([(name, "sum") for name in _COUNTS])
    groups = summed.rename_columns([*_GROUP, *_COUNTS]).to_pylist()
    ends = [[batch.column(name)[row].as_py() for name in ["doc_id", *_GROUP]] for row in (0, batch.num_rows - 1)]
    return {"first": ends[0], "last": ends[1], "groups": sorted(groups, key=_order)}


def merge(partials: Sequence[Summary]) -> Summary:
    """The summary of the partials' rows, one after the other."""
    full = [part for part in partials if part["groups"]]
    totals: dict[_Order, dict[str, Any]] = {}
    for before, part in zip([None, *full], full, strict=False):
        for group in part["groups"]:
            total = totals.setdefault(_order(group), {**group, **dict.fromkeys(_COUNTS, 0)})
            for name in _COUNTS:
                total[name] += group[name]
        if before and before["last"] == part["first"]:  # the same document goes on: counted once too often
            totals[_order(dict(zip(_GROUP, part["first"][1:], strict=True)))]["documents"] -= 1
    return {
        "first": full[0]["first"] if full else None,
        "last": full[-1]["last"] if full else None,
        "groups": [totals[order] for order in sorted(totals)],
    }


def _order(group: dict[str, Any]) -> _Order:
    language = group["language"]
    return group["source"], language is not None, language or "", group["license"], group["format"]
