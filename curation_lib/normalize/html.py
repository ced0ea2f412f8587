"""Web captures to documents: HTTP status, media type, charset, main text (resiliparse), clean-up, language."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from resiliparse.extract.html2text import extract_plain_text

from curation_lib.core.contract import CAPTURE
from curation_lib.core.stage import Context, Drop, Map, Result
from curation_lib.normalize.documents import NormalizeConfig, Text, documents, load, model_files
from curation_lib.normalize.encoding import decode
from curation_lib.normalize.unicode import clean

HTML = ("text/html", "application/xhtml+xml")
PLAIN = ("text/plain",)


class HtmlConfig(NormalizeConfig):
    """main_content: leave out navigation and other boilerplate; statuses: HTTP answers that hold a document."""

    main_content: bool = True
    statuses: tuple[int, ...] = (200,)


def fn(batch: pa.RecordBatch, config: HtmlConfig, context: Context) -> Result:
    """Rules: `http_status`, `media_type`, `empty`. Quarantined: what no charset decodes, binary content."""

    def extract(row: int, capture: dict[str, Any]) -> Text:
        status = dict(capture["metadata"] or ()).get("http_status")
        if status and not (status.isdigit() and int(status) in config.statuses):
            return Drop(row, "http_status", float(status) if status.isdigit() else None)
        media = capture["media_type"] or _sniff(capture["raw"])
        if media in HTML:
            return clean(_main_text(decode(capture["raw"], capture["charset_hint"]), config))
        if media in PLAIN:
            return clean(decode(capture["raw"], capture["charset_hint"]))
        return Drop(row, "media_type")

    return documents(batch, extract, context)


def _sniff(raw: bytes) -> str:
    head = raw[:1024].lstrip().lower()
    return "text/html" if head.startswith((b"<!doctype html", b"<html")) or b"<head" in head else "unknown"


def _main_text(html: str, config: HtmlConfig) -> str:
    return str(
        extract_plain_text(
            html,
            main_content=config.main_content,
            preserve_formatting=True,
            list_bullets=True,
            alt_texts=False,
            links=False,
            form_fields=False,
            noscript=False,
        )
    )


STAGE = Map(
    name="normalize.html",
    version=1,
    config=HtmlConfig,
    summary="web captures to clean text with its language",
    consumes=CAPTURE,
    libraries=("resiliparse", "fasttext-community"),
    load=load,
    model_files=model_files,
    fn=fn,
)
