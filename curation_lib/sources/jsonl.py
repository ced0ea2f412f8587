"""JSON lines, plain, gzip or Zstandard. A line that is no JSON object with a text is quarantined."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from curation_lib.core.compressed import CHUNK, expansion_limit, read_chunks
from curation_lib.core.errors import Unreadable
from curation_lib.core.stage import Read, Shard, Source
from curation_lib.sources.captures import Captures
from curation_lib.sources.fields import AddRow, Config, RowConfig, add_row
from curation_lib.sources.inputs import list_shards, local_copy

SUFFIXES = (".jsonl", ".json", ".ndjson", ".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst", ".jsonl.zstd")
_BOM = b"\xef\xbb\xbf"


class JsonlConfig(RowConfig):
    """See RowConfig."""


def shards(config: JsonlConfig) -> list[Shard]:
    return list_shards(config, SUFFIXES)


def read(shard: Shard, config: JsonlConfig) -> Iterator[Read]:
    return read_lines(shard, config, add_row)


def read_lines(shard: Shard, config: Config, add: AddRow[Config]) -> Iterator[Read]:
    """The captures that `add` makes of every object in the file."""
    captures = Captures(config)
    rows = 0
    with local_copy(shard) as path:
        try:
            chunks = read_chunks(path, expansion_limit(path, config.max_expansion), "max_expansion")
            for line in _lines(chunks, config.max_document_bytes):
                _add(line, f"{shard.name}#{rows}", config, captures, add)
                rows += 1
                if captures.full:
                    yield captures.take()
        except Unreadable as e:
            captures.unread(f"{shard.name}#{rows}", f"{e.error}; rest unread")
        else:
            if rows == 0:
                captures.unread(shard.name, "empty file")
    yield captures.take()


def _lines(chunks: Iterator[bytes], max_document_bytes: int) -> Iterator[bytes | None]:
    """Every line that is not blank; None for one over the cap, of which no more than the cap is held."""
    cap = 3 * max_document_bytes + CHUNK  # a text in \\u escapes takes up to three times its UTF-8
    held, over = b"", False
    for number, chunk in enumerate(chunks):
        *whole, held = (held + (chunk if number else chunk.removeprefix(_BOM))).split(b"\n")
        for line in whole:
            if over:
                yield None
                over = False
            elif line.strip():
                yield line
        if len(held) > cap:
            held, over = b"", True
    if over:
        yield None
    elif held.strip():
        yield held


def _add(line: bytes | None, locator: str, config: Config, captures: Captures, add: AddRow[Config]) -> None:
    if line is None:
        captures.unread(locator, f"line is over max_document_bytes {config.max_document_bytes}")
        return
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as e:
        captures.unread(locator, f"not JSON: {e}", line)
        return
    if not isinstance(row, dict):
        captures.unread(locator, f"a JSON {type(row).__name__}, not an object", line)
        return
    add(row, locator, config, captures)


STAGE = Source(
    name="sources.jsonl",
    version=2,
    config=JsonlConfig,
    summary="JSON lines (.jsonl, .gz, .zst): one capture per row",
    libraries=("orjson", "isal"),
    shards=shards,
    read=read,
)
