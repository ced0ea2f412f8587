"""Serves `contracts/` of the store: Great Expectations' Data Docs, and nothing else of the store."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import TYPE_CHECKING

from fastapi import HTTPException, Response, status

if TYPE_CHECKING:
    from curation_lib.runner.store import Store

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".svg": "image/svg+xml",
}
INLINE = (
    # Great Expectations' two buttons, "Show All" and "Failed Only", and the script behind them (release 1.24).
    "sha256-gohp0y43UjzSJTa7tPe9rc0wep/LVMX8VCahWN7jXfE=",
    *(
        "sha256-" + base64.b64encode(hashlib.sha256(handler).digest()).decode()
        for handler in (b"showAllValidations()", b"hideSucceededValidations()")
    ),
)
SAFETY = {
    # Pages quote documents from the web: what a document brings along must not run in Airflow's origin. Scripts
    # are files beside the page, and the inline ones named above; the index page does without its date filters.
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self' 'unsafe-hashes' {' '.join(repr(h) for h in INLINE)}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


def contract_file(store: Store, path: str) -> Response:
    """The file at `contracts/<path>`. 404 for anything that is not there or is not a page's file."""
    media_type = MEDIA_TYPES.get(os.path.splitext(path)[1].lower())
    if media_type is None or not _stays_inside(path):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such page")
    key = f"contracts/{path}"
    if store.is_local and not _really_inside(store.path("contracts"), store.path(key)):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such page")
    try:
        data = store.read(key)
    except (FileNotFoundError, IsADirectoryError):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such page") from None
    return Response(data, media_type=media_type, headers=SAFETY)


def _stays_inside(path: str) -> bool:
    """Whether every part of the path is a plain name: nothing climbs, nothing is hidden, nothing is escaped twice."""
    parts = path.split("/")
    return all(part and not part.startswith(".") and not set(part) & set("\\%\0") for part in parts)


def _really_inside(folder: str, file: str) -> bool:
    """Whether links and all, the file lies below the folder."""
    root = os.path.realpath(folder)
    return os.path.commonpath([root, os.path.realpath(file)]) == root
