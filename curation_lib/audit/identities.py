"""Which inputs of a build a doc_id, URL, source_id or locator names, read or unreadable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from curation_lib.audit.builds import Step
from curation_lib.audit.generated import is_generation
from curation_lib.audit.queries import Books
from curation_lib.text.hashing import doc_id

_DOC_ID = re.compile(r"[0-9a-f]{32}")
_NAMES = ("doc_id", "source", "source_id", "url")
Identity = dict[str, Any]


def identities(open_books: Books, steps: Sequence[Step], document: str) -> list[Identity]:
    """`doc_id, source, source_id, url` of every match, by doc_id, generated documents too; a locator stands for an
    input never made a document.

    Quarantine rows carry no doc_id: it follows from source and locator, as for any record without an id of its own.
    """
    sources = [s for s in steps if s.kind == "ingest"]
    written = [s for s in steps if s.kind == "ingest" or is_generation(s)]
    known = {who["doc_id"]: who for who in _documents(open_books, written, document)}
    for who in _unread(open_books, sources, document):
        known.setdefault(who["doc_id"], who)
    return [known[id] for id in sorted(known)]


def _documents(open_books: Books, sources: Sequence[Step], document: str) -> list[Identity]:
    keys = [k for s in sources for k in (*s.manifest.parts(), *s.manifest.files("drops"))]
    if _DOC_ID.fullmatch(document):
        rows = open_books.rows(keys, "doc_id = ?", [document], columns=_NAMES)
    else:
        rows = open_books.rows(keys, "url = ? OR source_id = ?", [document] * 2, columns=_NAMES)
    return [{name: row[name] for name in _NAMES} for row in rows]


def _unread(open_books: Books, sources: Sequence[Step], document: str) -> list[Identity]:
    """What a source or its normalizer quarantined. A WARC record's locator begins with its URL and a bar."""
    keys = [k for s in sources for k in s.manifest.files("quarantine")]
    if _DOC_ID.fullmatch(document):
        found = [_unread_identity(row) for row in open_books.rows(keys, "true", [])]
        return [who for who in found if who["doc_id"] == document]
    rows = open_books.rows(keys, "locator = ? OR starts_with(locator, ?)", [document, f"{document}|"])
    return [_unread_identity(row) for row in rows]


def _unread_identity(row: dict[str, Any]) -> Identity:
    locator = row["locator"]
    url = locator.partition("|")[0] if "|" in locator else None
    return {
        "doc_id": doc_id(row["source"], locator), "source": row["source"], "source_id": locator, "url": url,
    }  # fmt: skip
