"""WARC, WET and ARC files, plain or gzipped. Responses and conversions become captures.

A record whose block is shorter than its header says is truncated and quarantined; after bytes that cannot be
parsed the reader looks for the next record, and the region between is one quarantine row.
`source_id` is url|date|digest of the block, so that recrawls are distinct.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecordType

from curation_lib.core.stage import Read, Shard, Source
from curation_lib.sources.arc import is_arc, read_arc
from curation_lib.sources.captures import Captures
from curation_lib.sources.inputs import SourceConfig, list_shards, local_copy

SUFFIXES = (".warc", ".warc.gz", ".warc.zst", ".wet.gz", ".arc", ".arc.gz", ".wat.gz", ".bad")
_GZIP, _PLAIN = b"\x1f\x8b\x08", b"WARC/1."


class WarcConfig(SourceConfig):
    """See SourceConfig."""


def shards(config: WarcConfig) -> list[Shard]:
    return list_shards(config, SUFFIXES)


def read(shard: Shard, config: WarcConfig) -> Iterator[Read]:
    captures = Captures(config)
    with local_copy(shard) as path, open(path, "rb") as file:
        if os.path.getsize(path) == 0:
            captures.unread(shard.name, "empty file")
        else:
            reader = read_arc if is_arc(path) else _read_warc
            for _ in reader(file, path, shard.name, captures):
                if captures.full:
                    yield captures.take()
    yield captures.take()


def _read_warc(file: BinaryIO, path: str, name: str, captures: Captures) -> Iterator[None]:
    """Add every record of `file` to `captures`, yielding after each; resume behind what cannot be parsed."""
    start: int | None = 0
    while start is not None:
        file.seek(start)
        last, error = start, ""
        try:
            for record in ArchiveIterator(file, parse_http=False):
                last = max(last, start + record.stream_pos)
                _add(record, f"{name}@{start + record.stream_pos}", captures)
                yield
        except OSError as e:
            error = str(e)
        if not error:
            return
        start = _next_record(path, last)
        captures.unread(
            f"{name}@{last}", f"{error}; {'resumed at ' + str(start) if start else 'rest unread'}"
        )


def _next_record(path: str, after: int) -> int | None:
    """Offset of the first record behind `after`, past what does not parse; None where there is none."""
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
        sign = _GZIP if data[:3] == _GZIP else _PLAIN
        at = data.find(sign, after + 1)
        while at >= 0:
            if _parses(f, at):
                return at
            at = data.find(sign, at + 1)
    return None


def _parses(file: BinaryIO, at: int) -> bool:
    file.seek(at)
    try:
        return next(iter(ArchiveIterator(file, parse_http=False)), None) is not None
    except OSError:
        return False


def _add(record: Any, locator: str, captures: Captures) -> None:
    cap = captures.config.max_document_bytes
    if record.record_type not in (WarcRecordType.response, WarcRecordType.conversion):
        captures.skip()
    elif record.content_length > cap:
        captures.unread(locator, f"record of {record.content_length} bytes is over max_document_bytes {cap}")
    else:
        block = record.reader.read(cap + 1)
        if len(block) < record.content_length:
            captures.unread(locator, f"truncated: {len(block)} of {record.content_length} bytes", block)
        elif record.record_type == WarcRecordType.conversion:
            _capture(record, block, block, "text/plain", "utf-8", "wet", {}, captures)
        else:
            _add_response(record, block, locator, captures)


def _add_response(record: Any, block: bytes, locator: str, captures: Captures) -> None:
    cap = captures.config.max_document_bytes
    try:
        record.set_bytes_content(block)
        record.parse_http(auto_decode="all")
        if record.http_headers is None:
            _capture(
                record, block, block, record.headers.get("Content-Type") or "", None, "html", {}, captures
            )
            return
        body = record.reader.read(cap + 1)
        media, charset = record.http_content_type or "", record.http_charset
        status = {"http_status": str(record.http_headers.status_code or "")}
    except (OSError, ValueError, UnicodeDecodeError) as e:
        captures.unread(locator, f"HTTP response cannot be decoded: {e}", block)
        return
    if len(body) > cap:
        captures.unread(locator, f"body decodes to over max_document_bytes {cap}", body)
        return
    _capture(record, block, body, media, charset, "html", status, captures)


def _capture(
    record: Any,
    block: bytes,
    body: bytes,
    media: str,
    charset: str | None,
    format: str,
    metadata: dict[str, str],
    captures: Captures,
) -> None:
    url = (record.headers.get("WARC-Target-URI") or "").strip("<>")
    digest = hashlib.sha1(block, usedforsecurity=False).hexdigest()
    date = record.headers.get("WARC-Date") or ""
    captures.add(
        f"{url}|{date}|{digest}",
        body,
        media.split(";")[0].strip().lower(),
        format,
        url=url or None,
        fetched_at=record.record_date,
        charset_hint=charset,
        metadata=list(metadata.items()),
    )


STAGE = Source(
    name="sources.warc",
    version=1,
    config=WarcConfig,
    summary="WARC, WET and ARC files: one capture per response",
    libraries=("fastwarc", "warcio"),
    shards=shards,
    read=read,
)
