"""Exact counts of an export by source, language, licence and format, for its manifest and data card.

`merge` takes what `partial` or `merge` returned, in any order. Copies of a document lie apart in a shuffled mix, so
distinct documents are counted where they are shuffled, and added here. Groups are JSON-ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.text.tokenizers.tokenizer import Tokenizer

Groups = list[dict[str, Any]]
"""One dict per `source`, `language` (or null), `license` and `format`, sorted by them, with `rows`, `bytes` (of UTF-8
text) and `tokens`."""

_GROUP = ["source", "language", "license", "format"]
_COUNTS = ["rows", "bytes", "tokens"]


def tokens(converted: pa.RecordBatch, tokenizer: Tokenizer) -> pa.Array:
    """int64[rows]: tokens of each document's text as exported: those that a format's rows hold, else of their text."""
    if "tokens" in converted.schema.names:
        return converted.column("tokens")
    if "ids" in converted.schema.names and not converted.column("ids").null_count:
        return pc.subtract(pc.list_value_length(converted.column("ids")), 1)  # its end is none of the text's
    return pa.array(tokenizer.count(converted.column("text")))


def partial(batch: pa.RecordBatch, tokens: pa.Array) -> Groups:
    """The groups of one batch of documents."""
    columns = {name: batch.column(name) for name in _GROUP}
    columns["rows"] = pa.array(np.ones(batch.num_rows, np.int64))
    columns["bytes"] = pc.binary_length(batch.column("text")).cast(pa.int64())
    columns["tokens"] = tokens.cast(pa.int64())
    summed = pa.table(columns).group_by(_GROUP).aggregate([(name, "sum") for name in _COUNTS])
    return merge([summed.rename_columns([*_GROUP, *_COUNTS]).to_pylist()])


def merge(partials: Sequence[Groups]) -> Groups:
    """The groups of all rows of the partials."""
    totals: dict[tuple[Any, ...], dict[str, Any]] = {}
    for group in (group for part in partials for group in part):
        total = totals.setdefault(_key(group), {**group, **dict.fromkeys(_COUNTS, 0)})
        for name in _COUNTS:
            total[name] += group[name]
    return [totals[key] for key in sorted(totals, key=_order)]


def with_documents(groups: Groups, counted: Sequence[dict[str, Any]]) -> Groups:
    """The groups with `documents`, the distinct ones, from dicts that say so by the same four names."""
    documents = {_key(one): one["documents"] for one in counted}
    return [{**group, "documents": documents[_key(group)]} for group in groups]


def _key(group: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(group[name] for name in _GROUP)


def _order(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Documents without a language come before those with one."""
    source, language, *rest = key
    return source, language is not None, language or "", *rest
