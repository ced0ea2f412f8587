"""ARC files, the Internet Archive's format before WARC, through warcio (fastwarc reads none)."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from curation_lib.sources.captures import Captures

_DAMAGE = (ArchiveLoadFailed, OSError, EOFError, ValueError, AttributeError, IndexError)


def is_arc(path: str) -> bool:
    """Whether the file, decompressed, begins as an ARC does."""
    with open(path, "rb") as f:
        head = f.read(9)
        if head[:2] == b"\x1f\x8b":
            f.seek(0)
            try:
                head = gzip.GzipFile(fileobj=f).read(9)
            except (OSError, EOFError):
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
        captures.unread(f"{name}#{count}", f"ARC record cannot be parsed: {e}; rest unread")


def _add(record: Any, locator: str, captures: Captures) -> None:
    cap = captures.config.max_document_bytes
    if record.rec_type != "response":
        captures.skip()
        return
    length = record.length if record.length is not None else -1
    if length > cap or length < 0:
        captures.unread(locator, f"record length {length}: negative or over max_document_bytes {cap}")
        return
    body = record.content_stream().read(cap + 1)
    if len(body) > cap:
        captures.unread(locator, f"body decodes to over max_document_bytes {cap}", body)
        return
    _capture(record, body, captures)


def _capture(record: Any, body: bytes, captures: Captures) -> None:
    head, http = record.rec_headers, record.http_headers
    url, date = head.get_header("uri") or "", head.get_header("archive-date") or ""
    media = (http.get_header("Content-Type") if http else None) or head.get_header("content-type") or ""
    charset = media.partition("charset=")[2].strip("\"' ;") or None
    captures.add(
        f"{url}|{date}|{hashlib.sha1(body, usedforsecurity=False).hexdigest()}",
        body,
        media.split(";")[0].strip().lower(),
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
