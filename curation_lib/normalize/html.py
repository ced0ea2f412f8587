"""Web captures to documents: status, media type, charset, main text (resiliparse), clean-up, language."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
from resiliparse.extract.html2text import extract_plain_text

from curation_lib.core.contract import CAPTURE
from curation_lib.core.stage import Context, Map, Result
from curation_lib.core.taken import Drop
from curation_lib.normalize.documents import NormalizeConfig, Text, documents, load, model_files
from curation_lib.normalize.encoding import decode
from curation_lib.normalize.unicode import clean

HTML = ("text/html", "application/xhtml+xml")
PLAIN = ("text/plain",)
MAX_DIV_DEPTH = 4000
"""Telling main content from boilerplate takes time quadratic in nested `div`s (a minute at 50,000, which is
250 kB of HTML): deeper pages are taken whole. Real pages stay below 100."""
_DIV = re.compile(r"<(/?)div\b", re.IGNORECASE)


class HtmlConfig(NormalizeConfig):
    """main_content: leave out navigation and boilerplate; statuses: HTTP answers that hold a document."""

    main_content: bool = True
    statuses: tuple[int, ...] = (200,)


def fn(batch: pa.RecordBatch, config: HtmlConfig, context: Context) -> Result:
    """Rules: `http_status`, `media_type` (score 1 for one that is read, else 0; threshold 1), `empty`. Quarantined:
    what no charset decodes, binary content."""

    def extract(row: int, capture: dict[str, Any]) -> Text:
        status = dict(capture["metadata"] or ()).get("http_status")
        if status and not (status.isdigit() and int(status) in config.statuses):
            return Drop(row, "http_status", 0.0, 1.0, evidence=status)
        media = capture["media_type"] or _sniff(capture["raw"])
        if media in HTML:
            return clean(_main_text(decode(capture["raw"], capture["charset_hint"]), config))
        if media in PLAIN:
            return clean(decode(capture["raw"], capture["charset_hint"]))
        return Drop(row, "media_type", 0.0, 1.0, evidence=media)

    return documents(batch, extract, context)


def _sniff(raw: bytes) -> str:
    head = raw[:1024].lower()
    return "text/html" if any(sign in head for sign in (b"<!doctype html", b"<html", b"<head")) else "unknown"


def _main_text(html: str, config: HtmlConfig) -> str:
    return str(
        extract_plain_text(
            html,
            main_content=config.main_content and not _too_deep(html),
            preserve_formatting=True,
            list_bullets=True,
            alt_texts=False,
            links=False,
            form_fields=False,
            noscript=False,
        )
    )


def _too_deep(html: str) -> bool:
    if html.count("<") < MAX_DIV_DEPTH:
        return False
    depth = deepest = 0
    for tag in _DIV.finditer(html):
        depth = max(0, depth + (-1 if tag.group(1) else 1))
        deepest = max(deepest, depth)
    return deepest > MAX_DIV_DEPTH


STAGE = Map(
    name="normalize.html",
    version=2,
    config=HtmlConfig,
    summary="web captures to clean text with its language",
    consumes=CAPTURE,
    libraries=("resiliparse", "fasttext-community"),
    load=load,
    model_files=model_files,
    fn=fn,
)
