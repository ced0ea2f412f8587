"""Turn members of an archive into documents, and documents into WARC or JSON-lines files of fixed bytes."""

from __future__ import annotations

import gzip
import hashlib
import re
import tarfile
import urllib.parse
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import orjson
import zstandard
from fastwarc import GzipWriter, WarcRecord, WarcRecordType

from infra.local.errors import StackError


class Document(NamedTuple):
    """One page: its address on the live site, its path in the archive, its bytes as they stand there."""

    url: str
    member: str
    body: bytes


def members(archive: Path, wanted: Callable[[str], object]) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of the wanted files in a .zip, .whl or tar archive; nothing is unpacked to disk."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as unzipped:
            for entry in unzipped.infolist():
                if not entry.is_dir() and wanted(entry.filename):
                    yield entry.filename, unzipped.read(entry)
        return
    with tarfile.open(archive) as tar:
        for item in tar:
            file = tar.extractfile(item) if item.isfile() and wanted(item.name) else None
            if file is not None:
                yield item.name, file.read()


def member(archive: Path, path: str) -> bytes:
    """The bytes of one member. Raises StackError when the archive has none of that path."""
    for _, body in members(archive, path.__eq__):
        return body
    raise StackError(f"{archive.name} has no member {path}; correct the pinned path")


def documents(archive: Path, rules: Iterable[tuple[str, str]]) -> list[Document]:
    """Members that match a (regular expression, URL template) rule, first match wins, in order of URL.

    Raises StackError when no member matches or two members would get one address.
    """
    compiled = [(re.compile(pattern), template) for pattern, template in rules]
    found: dict[str, Document] = {}

    def address(name: str) -> str | None:
        expanded = next((m.expand(template) for p, template in compiled if (m := p.fullmatch(name))), None)
        return expanded and urllib.parse.quote(expanded, safe=":/%?&=#")

    for name, body in members(archive, address):
        url = address(name) or ""
        if url in found:
            raise StackError(f"{archive.name}: {name} and {found[url].member} share {url}; correct the page rules")
        found[url] = Document(url, name, body)
    if not found:
        raise StackError(f"{archive.name}: no member matches the page rules; correct them")
    return [found[url] for url in sorted(found)]


def write_warc(path: Path, pages: Iterable[Document], date: str) -> None:
    """Write each page as a WARC/1.1 response record, a gzip member of its own, dated `date` (ISO 8601, UTC).

    The record id is uuid5 of the address and the body's sha256, so equal pages give equal bytes.
    """
    with path.open("wb") as raw:
        out = GzipWriter(raw, compression_level=6)
        for page in pages:
            digest = hashlib.sha1(page.body).digest()  # WARC-Payload-Digest is customarily sha1
            _response(page, date).write(out, checksum_data=True, payload_digest=digest)
            out.finish()  # ends the gzip member
        out.close()


def _response(page: Document, date: str) -> WarcRecord:
    name = f"{page.url} {hashlib.sha256(page.body).hexdigest()}"
    record = WarcRecord()
    record.init_headers(WarcRecordType.response, record_urn=uuid.uuid5(uuid.NAMESPACE_URL, name).urn[4:].encode())
    record.headers["WARC-Date"] = date
    record.headers["WARC-Target-URI"] = page.url
    record.headers["Content-Type"] = "application/http; msgtype=response"
    # no charset: as with many static sites, the page itself says which it is
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page.body)}\r\n\r\n"
    record.set_bytes_content(head.encode() + page.body)
    return record


def write_jsonl(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows as JSON lines; a path ending in .gz or .zst says the compression."""
    lines = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines, compresslevel=6, mtime=0))
    else:
        path.write_bytes(zstandard.ZstdCompressor(level=10).compress(lines))


def page_row(page: Document) -> dict[str, str]:
    """{id, url, text} of a page. Raises StackError as `text_of` does."""
    return {"id": page.member, "url": page.url, "text": text_of(page)}


def text_of(page: Document) -> str:
    """The page's text. Raises StackError naming the member that is not UTF-8."""
    try:
        return page.body.decode()
    except UnicodeDecodeError as error:
        raise StackError(f"{page.member} is not UTF-8 ({error}); leave it out of the page rules") from error
