"""Members of archives as training documents: plain text in pieces of 1 to 16 kB.

Pieces, because length must not tell the labels apart: speeches and novels are long, reference pages short.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import xxhash
from resiliparse.extract.html2text import extract_plain_text

from curation_lib.normalize.encoding import decode
from curation_lib.normalize.unicode import clean
from infra.local.errors import StackError
from infra.training.archives import files
from infra.training.spec import Texts

SHORTEST, LONGEST = 1_000, 16_000
"""Bytes of a piece."""
_HTML = (".html", ".htm")
_JSON = (".json", ".jsonl")
_PAGES = (*_HTML, ".docbook", ".xml", ".page")
_BLOCK = re.compile(r"<(/?)(?:para|simpara|title|heading|listitem|term|row|num)(?: [^>]*)?>")
"""Blocks of DocBook and Akoma Ntoso, which HTML does not know."""
_QUOTED = re.compile(r'_ ?"([^"]{40,})"')


def check_licence(archive: Path, source: Texts) -> None:
    """Raises StackError unless the archive states the licence in the words of the list."""
    evidence = source.license_evidence
    for _, body in files(archive, evidence.member.__eq__):
        if evidence.says in " ".join(body.decode(errors="replace").split()):
            return
    raise StackError(f"{archive.name}: {evidence.member} does not say {evidence.says!r}; check the licence")


def rows(archive: Path, source: Texts) -> list[dict[str, str]]:
    """The pieces of a source, in the order of a hash, so that a cap takes a fair share of each member."""
    found = [
        {"id": f"{source.name}/{path}#{number}", "text": piece}
        for path, body in files(archive, re.compile(source.members).search)
        for number, piece in enumerate(pieces(_texts(path, body, source), path))
    ]
    if not found:
        raise StackError(f"{archive.name} has no text that matches {source.members}; correct the pattern")
    fixed = {"source": source.name, "label": "", "license": source.license}
    return sorted(({**row, **fixed} for row in found), key=lambda row: xxhash.xxh3_64_intdigest(row["id"].encode()))


def _texts(path: str, body: bytes, source: Texts) -> Iterator[str]:
    if path.endswith((".gz", ".dz")):
        path, body = path.rpartition(".")[0], gzip.decompress(body)
    text = decode(body, None)
    if path.endswith(_PAGES):
        text = _page(text, main=not source.whole) if path.endswith(_HTML) else _page(_BLOCK.sub(r"<\1p>", text), False)
    if source.quoted or source.captured:
        pattern = re.compile(source.captured) if source.captured else _QUOTED
        found = pattern.findall(text)
        if path.endswith(_JSON):
            found = [orjson.loads(f'"{one}"') for one in found]
        text = "\n\n".join(" ".join(one.split()) for one in found)
    yield from (clean(part).strip() for part in (re.split(source.separator, text) if source.separator else [text]))


def _page(text: str, main: bool) -> str:
    return str(extract_plain_text(text, main_content=main, preserve_formatting=True, alt_texts=False, links=False))


def pieces(texts: Iterator[str], name: str) -> Iterator[str]:
    """Texts joined and cut at blank lines, each piece as long as the hash of its place says.

    Lengths are log-uniform between SHORTEST and LONGEST; what is left at the end is given if it is long enough.
    """
    held, size, number = [], 0, 0
    for paragraph in (p for text in texts for p in re.split(r"\n\s*\n", text) if p.strip()):
        held.append(paragraph)
        size += len(paragraph.encode()) + 2
        if size >= _wanted(name, number):
            yield "\n\n".join(held)
            held, size, number = [], 0, number + 1
    if size >= SHORTEST:
        yield "\n\n".join(held)


def _wanted(name: str, number: int) -> float:
    share = xxhash.xxh3_64_intdigest(f"{name}#{number}".encode()) / 2**64
    return float(SHORTEST * (LONGEST / SHORTEST) ** share)
