"""Writes small archives byte by byte, and reads any input through a source as the runner does."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curation_lib.core.contract import CAPTURE, conform
from curation_lib.core.registry import find
from curation_lib.core.stage import Source, Unread

DATE = "2020-01-02T03:04:05Z"


@dataclass
class Reading:
    """Everything a source gave for some paths: captures as rows, records passed over, unreadable regions."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    skipped: int = 0
    unread: list[Unread] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [row["source_id"] for row in self.rows]

    @property
    def bodies(self) -> list[bytes]:
        return [row["raw"] for row in self.rows]

    @property
    def errors(self) -> list[str]:
        return [u.error for u in self.unread]


def read(kind: str, *paths: str | Path, **settings: Any) -> Reading:
    """Read `paths` through `sources.<kind>`."""
    stage = find(f"sources.{kind}")
    assert isinstance(stage, Source)
    config = stage.config.model_validate({"source": "s", "paths": [str(p) for p in paths], **settings})
    found = Reading()
    for shard in stage.shards(config):
        for part in stage.read(shard, config):
            found.skipped += part.skipped
            found.unread += part.unread
            if part.captures is not None:
                found.rows += conform(part.captures, CAPTURE, kind).to_pylist()
    return found


def record(
    block: bytes,
    url: str = "http://a.example/",
    kind: str = "response",
    content_type: str = "application/http; msgtype=response",
    length: int | None = None,
    extra: str = "",
) -> bytes:
    """A WARC record; `length` is what its header claims."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: {DATE}\r\n"
        f"Content-Type: {content_type}\r\n{extra}Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def http(body: bytes, headers: str = "", media: str = "text/html", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\n{headers}\r\n".encode() + body


def warc(path: Path, *records: bytes) -> Path:
    """A WARC file, one gzip member per record if its name ends so."""
    path.write_bytes(b"".join(gzip.compress(r, mtime=0) if path.suffix == ".gz" else r for r in records))
    return path


def page(number: int) -> bytes:
    """A response that differs in address and body from every other."""
    return record(http(f"<html><p>page {number}</p></html>".encode()), f"http://a.example/{number}")


def deflated_zeros(megabytes: int, before: bytes = b"", window: int = 31) -> bytes:
    """A gzip (or zlib) stream of `before` and so many MiB of zeros, made without holding them."""
    engine = zlib.compressobj(9, zlib.DEFLATED, window)
    parts = [engine.compress(before), *(engine.compress(bytes(1 << 20)) for _ in range(megabytes)), engine.flush()]
    return b"".join(parts)
