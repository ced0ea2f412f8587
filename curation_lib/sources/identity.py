"""The digest that tells two captures of one address apart."""

from __future__ import annotations

import base64
import hashlib
import re

_DIGEST = re.compile(r"(md5|sha1|sha256|sha512|blake3|xxh3|xxh128):[A-Za-z0-9+/_=-]{16,128}")


def payload_digest(given: str | None, payload: bytes) -> str:
    """The record's own WARC-Payload-Digest if well formed, else sha1 of the body as sent, in its notation.

    Crawlers hash the same bytes, so a record keeps its identity where a tool drops the header.
    """
    if given and _DIGEST.fullmatch(given):
        return given
    return f"sha1:{base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()}"
