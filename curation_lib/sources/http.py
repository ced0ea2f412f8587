"""HTTP responses as archives store them: header, media type, body with its codings undone within a cap."""

from __future__ import annotations

import io
import re
import zlib
from typing import NamedTuple

from fastwarc.stream_io import BrotliReader, ZstdReader
from fastwarc.warc import HeaderMap

from curation_lib.core.errors import Unreadable

CODING_HEADERS = ("Content-Type", "Content-Encoding", "Transfer-Encoding")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_CHUNK = re.compile(rb"\s*([0-9A-Fa-f]+)[ \t]*(?:;[^\r\n]*)?\r?\n")
_ANY = re.compile(b"")
_BEGINS = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "x-gzip": re.compile(rb"\x1f\x8b"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
    "chunked": _CHUNK,
}
_GZIP, _ZLIB, _RAW = 31, 15, -15


class Response(NamedTuple):
    """An HTTP response: `payload` is the body as sent, which `decoded` turns into what was meant."""

    status: str
    content_type: str
    content_encoding: str
    transfer_encoding: str
    payload: bytes

    def decoded(self, cap: int) -> bytes:
        """The body without its codings; Unreadable where they do not fit or it is over `cap` bytes."""
        body = _coded(self.transfer_encoding, "Transfer-Encoding", self.payload, cap)
        body = _coded(self.content_encoding, "Content-Encoding", body, cap)
        if len(body) > cap:
            raise Unreadable(f"body decodes to over max_document_bytes {cap}", head=body)
        return body


def parse_response(block: bytes) -> Response:
    """The response in a record's block. Raises Unreadable where there is no HTTP header."""
    if not block.startswith(b"HTTP/"):
        raise Unreadable("no HTTP header" if block else "empty record", head=block)
    headers = HeaderMap("latin1")
    try:
        if block[: block.find(b"\n")].endswith(b"\r"):
            payload = block[headers.parse(io.BytesIO(block), True) :]
        else:
            head, _, payload = block.partition(b"\n\n")
            headers.parse(io.BytesIO(head.replace(b"\n", b"\r\n") + b"\r\n\r\n"), True)
    except OSError as e:
        raise Unreadable(f"HTTP header cannot be read: {e}", head=block) from e
    kind, content, transfer = (headers.get(name) or "" for name in CODING_HEADERS)
    return Response(str(headers.status_code or ""), kind, content, transfer, payload)


def media_type(content_type: str) -> tuple[str, str | None]:
    """A Content-Type's media type in lower case, and its charset as it was written."""
    charset = _CHARSET.search(content_type)
    return content_type.partition(";")[0].strip().lower(), charset and charset.group(1)


def _coded(codings: str, header: str, body: bytes, cap: int) -> bytes:
    for coding in reversed([c.strip().lower() for c in codings.split(",")]):
        try:
            body = _undone(coding, body, cap) if body else body
        except (OSError, EOFError, zlib.error) as e:
            raise Unreadable(f"{header} {coding}: {e}", head=body) from e
        except KeyError as e:
            raise Unreadable(f"{header} {coding!r} is unknown", head=body) from e
    return body


def _undone(coding: str, body: bytes, cap: int) -> bytes:
    """What does not begin as coded is not: crawlers that store bodies decoded leave the header as it was."""
    if coding in ("", "identity") or not _BEGINS.get(coding, _ANY).match(body):
        return body
    if coding in ("gzip", "x-gzip"):
        return _inflated(body, _GZIP, cap)
    if coding == "deflate":  # RFC 9110 means zlib, some servers send the bare stream
        try:
            return _inflated(body, _ZLIB, cap)
        except zlib.error:
            return _inflated(body, _RAW, cap)
    if coding == "chunked":
        return _dechunked(body)
    reader = {"br": BrotliReader, "zstd": ZstdReader}[coding]
    return bytes(reader(io.BytesIO(body)).read(cap + 1))


def _dechunked(body: bytes) -> bytes:
    """The chunks' contents; a last chunk of size 0 may be missing where nothing else is."""
    found, at = bytearray(), 0
    while chunk := _CHUNK.match(body, at):
        at, size = chunk.end(), int(chunk.group(1), 16)
        if size == 0:
            return bytes(found)
        if at + size > len(body):
            raise EOFError("the body is cut off")
        found += body[at : at + size]
        at += size
    if body[at:].strip():
        raise EOFError(f"no chunk size at byte {at}")
    return bytes(found)


def _inflated(body: bytes, window: int, cap: int) -> bytes:
    """At most `cap` + 1 bytes. A second member is read; other bytes behind the end are ignored."""
    found = bytearray()
    while body and len(found) <= cap:
        engine = zlib.decompressobj(window)
        found += engine.decompress(body, cap + 1 - len(found))
        if not engine.eof and len(found) <= cap:
            raise EOFError("the body is cut off")
        body = engine.unused_data if engine.unused_data[:2] == b"\x1f\x8b" else b""
    return bytes(found)
