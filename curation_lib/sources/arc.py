"""ARC files, the Internet Archive's format before WARC, through warcio (fastwarc reads none)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from curation_lib.core.errors import Unreadable
from curation_lib.sources.captures import Captures
from curation_lib.sources.http import CODING_HEADERS, Response, media_type
from curation_lib.sources.identity import payload_digest

_DAMAGE = (ArchiveLoadFailed, OSError, EOFError, ValueError, AttributeError, IndexError, zlib.error)


def is_arc(path: str) -> bool:
    """Whether the file, decompressed, begins as an ARC does."""
    with open(path, "rb") as f:
        head = f.read(9)
        if head[:2] == b"\x1f\x8b":
            f.seek(0)
            try:
                head = gzip.GzipFile(fileobj=f).read(9)
            except (OSError, EOFError, zlib.error):
                return False
    return head == b"filedesc:"


def read_arc(file: BinaryIO, path: str, name: str, captures: Captures) -> Iterator[None]:
    """Add every record to `captures`, yielding after each; what follows damage is one unreadable region."""
    count = 0
    try:
        for record in ArchiveIterator(file, no_record_parse=False, arc2warc=False):
            _add(record, f"{name}#{count}", captures)
            count += 1
            yield
    except _DAMAGE as e:
        reason = " ".join(str(e).split()) or type(e).__name__
        captures.unread(f"{name}#{count}", f"ARC record cannot be parsed: {reason}; rest unread")


def _add(record: Any, locator: str, captures: Captures) -> None:
    if record.rec_type != "response":
        captures.skip()
        return
    try:
        _capture(record, _payload(record, captures.config.max_document_bytes), captures)
    except Unreadable as e:
        captures.unread(locator, e.error, e.head)


def _payload(record: Any, cap: int) -> bytes:
    given = record.rec_headers.get_header("length") or ""
    if not given.isdecimal() or int(given) > cap:
        raise Unreadable(f"no record length up to max_document_bytes {cap}: {given!r}")
    expected = record.payload_length if record.http_headers else record.length
    payload = b"".join(iter(partial(record.raw_stream.read, 1 << 16), b""))
    if len(payload) < expected or not record.length:
        reason = f"truncated: {len(payload)} of {expected} bytes" if record.length else "empty record"
        raise Unreadable(reason, head=payload)
    return payload


def _capture(record: Any, payload: bytes, captures: Captures) -> None:
    head, http = record.rec_headers, record.http_headers
    kind, content, transfer = ((http.get_header(n) if http else None) or "" for n in CODING_HEADERS)
    body = Response("", kind, content, transfer, payload).decoded(captures.config.max_document_bytes)
    url, date = head.get_header("uri") or "", head.get_header("archive-date") or ""
    media, charset = media_type(kind or head.get_header("content-type") or "")
    captures.add(
        f"{url}|{date}|{payload_digest(None, payload)}",
        body,
        media,
        "html",
        url=url or None,
        fetched_at=_time(date),
        charset_hint=charset,
        metadata=[("http_status", http.get_statuscode())] if http else [],
    )


def _time(date: str) -> datetime | None:
    try:
        return datetime.strptime(date[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
