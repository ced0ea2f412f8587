"""What a format of an export is: the files of one part, how they are written, and what lies beside all parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from curation_lib.core.stage import Context

Counts = Mapping[str, int]
"""What a file holds, by name, such as `sequences`, `tokens` and `padding`; added up over parts."""


class Written(NamedTuple):
    """One part's file: its path below the format's folder, size in bytes, sha256 and the part's counts."""

    path: str
    bytes: int
    sha256: str
    counts: Counts


def no_index(parts: Sequence[Written], config: Any, context: Context) -> Mapping[str, bytes]:
    """Most formats have no file beside those of the parts."""
    return {}


@dataclass(frozen=True)
class Format:
    """How converted rows become files.

    suffixes: of a part's files, one each.
    encode(batches, sinks, config, context): writes converted batches to the
    sinks, in the order of `suffixes`, whatever the batches were; no batch is a part without rows.
    index(parts, config, context): further files of the folder, by name, from the first file of every part.
    loader: the loader of Hugging Face's `datasets` that reads the files, "" where there is none; the card then shows
    `load`, Python in which `export` is the export's folder.
    tables: of a part's files, where each is of another table: the count that says how many rows it has. A reader
    cannot tell the columns of a table without rows, so the card leaves it out.
    """

    suffixes: tuple[str, ...]
    encode: Callable[[Iterable[pa.RecordBatch], Sequence[BinaryIO], Any, Context], Counts]
    index: Callable[[Sequence[Written], Any, Context], Mapping[str, bytes]] = no_index
    loader: str = ""
    load: str = ""
    tables: tuple[str, ...] = ()


def one_file(suffix: str, encode: Callable[[Iterable[pa.RecordBatch], BinaryIO, Any], None], loader: str) -> Format:
    """A format of one file per part and a row per document."""

    def written(batches: Iterable[pa.RecordBatch], sinks: Sequence[BinaryIO], config: Any, context: Context) -> Counts:
        rows = list(batches)
        encode(rows, sinks[0], config)
        return {"rows": sum(batch.num_rows for batch in rows)}

    return Format((suffix,), written, loader=loader)
