"""What a dataset is called that was given by its address alone."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from curation_lib.core.fingerprint import fingerprint
from curation_lib.valuation.arms import UNNAMED

GENERIC = re.compile(
    r"[\d-]*|(part|shard|chunk|file|train|test|validation|data|dataset|documents|docs|text|texts|corpus|output|export|"
    r"exports|main|raw|parquet|json|jsonl|csv|warc|all)(-?\d+)*(-of-\d+)?"
)
"""Names that many datasets have."""
GLOB = frozenset("*?[{")
DIGITS = 6


def name_of(url: str) -> str:
    """The last part of an address that is no glob, up to its first dot, as names are written; where many datasets are
    called so, or an arm without a candidate is, the beginning of the address's hash behind it."""
    parts = [part for part in unquote(urlsplit(url).path).split("/") if part.strip(".") and not GLOB & set(part)]
    last = parts[-1].partition(".")[0].lower() if parts else ""
    name = re.sub(r"[^a-z0-9]+", "-", last).strip("-")
    if GENERIC.fullmatch(name) or name in UNNAMED:
        return f"{name or 'candidate'}-{fingerprint(url)[:DIGITS]}"
    return name
