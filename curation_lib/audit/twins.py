"""Where the document lies that a dropped one repeats: in the step's own dataset, or in a release."""

from __future__ import annotations

from typing import Any

from curation_lib.audit.queries import Books
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.released import released_by


def twin_of(open_books: Books, manifest: Manifest, doc_id: str | None) -> dict[str, Any]:
    """`twin_url` and `twin_source` of the document `doc_id`, and `twin_release`, the folder of the release that holds
    it; {} where there is no twin, None where nothing holds it any more."""
    if not doc_id:
        return {}
    if found := _looked_up(open_books, manifest.parts(), doc_id):
        return found
    for release in released_by(manifest, open_books.store):
        if found := _looked_up(open_books.of(release.folder), release.parts(), doc_id):
            return {**found, "twin_release": release.directory_in(open_books.store) or release.folder.url}
    return {"twin_url": None, "twin_source": None}


def _looked_up(open_books: Books, parts: list[str], doc_id: str) -> dict[str, Any]:
    rows = open_books.rows(parts, "doc_id = ?", [doc_id], "LIMIT 1", columns=("url", "source"))
    return {"twin_url": rows[0]["url"], "twin_source": rows[0]["source"]} if rows else {}
