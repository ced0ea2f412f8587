"""WARC, WET and ARC files, plain or compressed. Responses and conversions become captures.

Behind a record that ends before its length, and behind bytes that cannot be parsed, the reader looks for the
next record; the region between is one quarantine row.
`source_id` is url|WARC-Date|payload digest, so that recrawls are distinct (see README.md).
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from fastwarc.stream_io import GzipReader
from fastwarc.warc import ArchiveIterator, WarcRecordType

from curation_lib.core.compressed import ends_within_member
from curation_lib.core.errors import Unreadable
from curation_lib.core.stage import Read, Shard, Source
from curation_lib.sources.arc import is_arc, read_arc
from curation_lib.sources.captures import Captures
from curation_lib.sources.http import media_type, parse_response
from curation_lib.sources.identity import payload_digest
from curation_lib.sources.inputs import SourceConfig, list_shards, local_copy

SUFFIXES = (".warc", ".warc.gz", ".warc.zst", ".wet.gz", ".arc", ".arc.gz", ".wat.gz", ".bad")
_SIGNS = ((b"\x1f\x8b\x08", ".gz"), (b"\x28\xb5\x2f\xfd", ".zst"))
_READ = (WarcRecordType.response, WarcRecordType.conversion)


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
        last, error, members = start, "", _members(file, start)
        try:
            for record in ArchiveIterator(members or file, parse_http=False):
                last = max(last, _begin(record, members))
                _add(record, f"{name}@{last}", captures)
                yield
        except OSError as e:
            error = str(e)
        if not error:
            begun = members.frame_start_position() if members else None
            if begun is not None and ends_within_member(file, begun):
                captures.unread(f"{name}@{begun}", "truncated: the file ends within a gzip member")
            return
        start = _next_record(path, name, last)
        captures.unread(f"{name}@{last}", f"{error}; {f'resumed at {start}' if start else 'rest unread'}")
        yield


def _begin(record: Any, members: GzipReader | None) -> int:
    """Where the record begins, or the gzip member that holds it (the record knows it only if it stands first)."""
    begun = members.frame_start_position() if members else None
    return record.stream_pos if begun is None else begun


def _members(file: BinaryIO, start: int) -> GzipReader | None:
    """What decompresses `file` from `start` on where a gzip member begins there, else None. It is asked at the end
    where the last member begins: a member that is cut before its first bytes of text is the end to it."""
    file.seek(start)
    sign = file.read(2)
    file.seek(start)
    return GzipReader(file) if sign == _SIGNS[0][0][:2] else None


def _next_record(path: str, name: str, after: int) -> int | None:
    """Offset of the first record behind `after`, past what does not parse; None where there is none."""
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
        sign = next((s for s, end in _SIGNS if data[: len(s)] == s or name.endswith(end)), b"WARC/")
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
    if not (record.content_length or record.headers.get("Content-Length")):
        raise OSError("truncated: a record header without Content-Length")
    if record.record_type not in _READ:
        captures.skip()
        return
    if record.content_length > cap:
        captures.unread(locator, f"record of {record.content_length} bytes is over max_document_bytes {cap}")
        return
    block = record.reader.read(cap + 1)
    if len(block) < record.content_length:
        raise OSError(f"truncated: {len(block)} of {record.content_length} bytes")
    try:
        _capture(record, block, captures)
    except Unreadable as e:
        captures.unread(locator, e.error, e.head)


def _capture(record: Any, block: bytes, captures: Captures) -> None:
    headers, metadata = record.headers, []
    kind, payload, body = headers.get("Content-Type") or "", block, block
    if not block:
        raise Unreadable("empty record")
    if record.record_type == WarcRecordType.conversion:
        kind = "text/plain; charset=utf-8"
    elif kind.lower().startswith("application/http"):
        response = parse_response(block)
        kind, payload = response.content_type, response.payload
        body = response.decoded(captures.config.max_document_bytes)
        metadata.append(("http_status", response.status))
    media, charset = media_type(kind)
    if truncated := headers.get("WARC-Truncated"):
        metadata.append(("truncated", truncated))
    url, date = (headers.get("WARC-Target-URI") or "").strip("<>"), headers.get("WARC-Date") or ""
    captures.add(
        f"{url}|{date}|{payload_digest(headers.get('WARC-Payload-Digest'), payload)}",
        body,
        media,
        "wet" if record.record_type == WarcRecordType.conversion else "html",
        url=url or None,
        fetched_at=record.record_date,
        charset_hint=charset,
        metadata=metadata,
    )


STAGE = Source(
    name="sources.warc",
    version=3,
    config=WarcConfig,
    summary="WARC, WET and ARC files: one capture per response",
    libraries=("fastwarc", "warcio"),
    shards=shards,
    read=read,
)
