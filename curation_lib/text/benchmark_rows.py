"""Rows of benchmark files, and the texts in them.

A field is named by its path: `question`, `question.stem`, `targets.0`. A key that has the whole name, dots and all,
comes first. A number picks from a list, of which a text alone is the first; any other name is looked up in each of a
list's elements, so that `choices.text` is the texts of all choices. A list of texts is searched as one text, a line
each; an object whose values are numbers, as BIG-bench's `target_scores` are, is its keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from curation_lib.core.compressed import CHUNK
from curation_lib.core.errors import ConfigError
from curation_lib.text.given_files import given_file, too_large, unpacked

PARQUET = (".parquet", ".pq")
_BATCH = 1024
_BOM = b"\xef\xbb\xbf"


def rows(place: str, fields: Sequence[str], max_file_bytes: int, max_document_bytes: int) -> Iterator[Any]:
    """Every row of a file of JSON lines, as it stands, or of Parquet, with at least the columns of `fields`.

    Raises ConfigError, naming file and row, for one that cannot be read whole, that holds more than `max_file_bytes`
    unpacked, or a line far over `max_document_bytes`. No more than about that is held, whatever the file pretends.
    """
    with given_file(place, "benchmarks", "give whole JSON lines or Parquet") as path:
        if place.lower().endswith(PARQUET):
            yield from _parquet(path, fields, max_file_bytes)
        else:
            for number, line in enumerate(_lines(unpacked(path, max_file_bytes), max_document_bytes)):
                yield _parsed(line, number)


def _parsed(line: bytes, number: int) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as e:
        raise ValueError(f"row {number} is no JSON: {e.msg}, column {e.colno}") from e


def _lines(chunks: Iterator[bytes], max_document_bytes: int) -> Iterator[bytes]:
    """Every line that is not blank; a text in \\u escapes takes up to three times its UTF-8."""
    held = b""
    for number, chunk in enumerate(chunks):
        *whole, held = (held + (chunk if number else chunk.removeprefix(_BOM))).split(b"\n")
        yield from (line for line in whole if line.strip())
        if len(held) > 3 * max_document_bytes + CHUNK:
            raise ValueError("a line is over `max_document_bytes`, raise it if that is sound")
    if held.strip():
        yield held


def _parquet(path: str, fields: Sequence[str], most: int) -> Iterator[Any]:
    """A batch has so few rows that it fits into `most` bytes even if each were as long as all pages together."""
    try:
        with pq.ParquetFile(path) as file:
            columns = _columns(file.schema_arrow.names, fields)
            size = _page_bytes(file.metadata, columns)
            if size > most:
                raise too_large(most)
            held = 0
            for batch in file.iter_batches(min(_BATCH, max(1, most // max(size, 1))), columns=columns):
                if (held := held + batch.nbytes) > most:
                    raise too_large(most)
                yield from batch.to_pylist()
    except pa.ArrowException as e:
        raise ValueError(str(e)) from e


def _columns(names: Sequence[str], fields: Sequence[str]) -> list[str] | None:
    """The columns that `fields` lie in; None for all, where one is missing or has a dot in its name."""
    tops = [field if field in names else field.partition(".")[0] for field in fields]
    return tops if set(tops) <= set(names) and not any("." in top for top in tops) else None


def _page_bytes(metadata: Any, columns: Sequence[str] | None) -> int:
    groups = (metadata.row_group(n) for n in range(metadata.num_row_groups))
    chunks = (group.column(n) for group in groups for n in range(group.num_columns))
    return sum(
        chunk.total_uncompressed_size
        for chunk in chunks
        if columns is None or chunk.path_in_schema.partition(".")[0] in columns
    )


def value_at(row: Any, field: str, where: str) -> Any:
    """What stands at the path `field` of a row; what lies within null is null. Raises ConfigError, after `where`, where
    the row is no object or has no such field."""
    if not isinstance(row, dict):
        raise ConfigError(f"{where} has no field {field!r}; {_known(row)}")
    try:
        return _within(row, field)
    except LookupError as e:
        raise ConfigError(f"{where} has no field {field!r}; {e.args[0]}") from e


def _within(value: Any, field: str) -> Any:
    if value is None:
        return None
    head, _, rest = field.partition(".")
    if isinstance(value, dict) and field in value:
        return value[field]
    if isinstance(value, dict) and rest and head in value:
        return _within(value[head], rest)
    if isinstance(value, list) and not head.isdecimal():
        return [_within(one, field) for one in value]
    if isinstance(value, list) and int(head) < len(value):
        return _within(value[int(head)], rest) if rest else value[int(head)]
    if isinstance(value, str) and field == "0":
        return value
    raise LookupError(_known(value, head))


def _known(value: Any, asked: str = "") -> str:
    if isinstance(value, dict):
        return f"fields are {', '.join(map(str, value))}"
    if isinstance(value, list) and asked:
        return f"number {asked} is asked of a list of {len(value)}; without a number all of them are searched"
    return f"fields are none, it is a {type(value).__name__}"


def text(value: Any, field: str, where: str) -> str:
    """The text of a field: itself, a line for each of several. Raises ConfigError, after `where`, for what is none."""
    if isinstance(value, list):
        return "\n".join(text(one, field, where) for one in value)
    if isinstance(value, dict) and value and all(one is None or isinstance(one, int | float) for one in value.values()):
        return "\n".join(name for name, one in value.items() if one is not None)
    if value is None or isinstance(value, str | int | float):
        return "" if value is None else str(value)
    raise ConfigError(f"{where}: field {field!r} is a {type(value).__name__}, not a text or a list of texts")
