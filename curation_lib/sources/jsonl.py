"""JSON lines, plain, .gz or .zst. A line that is no JSON object with a text is quarantined, the rest is read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import fsspec
import orjson
import zstandard

from curation_lib.core.stage import Read, Shard, Source
from curation_lib.sources.captures import Captures
from curation_lib.sources.fields import RowConfig, add_row
from curation_lib.sources.inputs import list_shards

SUFFIXES = (".jsonl", ".json", ".ndjson", ".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst", ".jsonl.zstd")
_CHUNK = 1 << 20
_NEVER_A_BOMB = 256 << 20
_DAMAGE = (OSError, EOFError, zlib.error, zstandard.ZstdError)


class JsonlConfig(RowConfig):
    """See RowConfig."""


def shards(config: JsonlConfig) -> list[Shard]:
    return list_shards(config, SUFFIXES)


def read(shard: Shard, config: JsonlConfig) -> Iterator[Read]:
    captures = Captures(config)
    number = 0
    try:
        with fsspec.open(shard.url, "rb", compression="infer") as file:
            for number, line in enumerate(_lines(file, shard, config)):
                _add(line, f"{shard.name}#{number}", config, captures)
                if captures.full:
                    yield captures.take()
    except _DAMAGE as e:
        captures.unread(f"{shard.name}#{number + 1}", f"{type(e).__name__}: {e}; rest unread")
    if shard.size == 0:
        captures.unread(shard.name, "empty file")
    yield captures.take()


def _lines(file: BinaryIO, shard: Shard, config: JsonlConfig) -> Iterator[bytes | None]:
    """Every line that is not blank; None for one over the cap, of which no more than the cap is held."""
    limit = max(shard.size * config.max_expansion, _NEVER_A_BOMB)
    cap = 2 * config.max_document_bytes + _CHUNK  # JSON escapes may double a text
    held, over, seen = b"", False, 0
    while chunk := file.read(_CHUNK):
        seen += len(chunk)
        if seen > limit:
            raise OSError(
                f"grows beyond {limit} bytes (max_expansion {config.max_expansion}): decompression bomb"
            )
        *whole, held = (held + chunk).split(b"\n")
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


def _add(line: bytes | None, locator: str, config: JsonlConfig, captures: Captures) -> None:
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
    add_row(row, locator, config, captures)


STAGE = Source(
    name="sources.jsonl",
    version=1,
    config=JsonlConfig,
    summary="JSON lines (.jsonl, .gz, .zst): one capture per row",
    libraries=("orjson",),
    shards=shards,
    read=read,
)
