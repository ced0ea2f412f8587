"""Which part of a text a generator is shown: all of it, or the whole paragraphs that fit."""

from __future__ import annotations

import re

_BREAKS = (re.compile(rb"\n[ \t\r]*\n\s*"), re.compile(rb"\n\s*"))
"""Where a text may end: behind a paragraph, else behind a line."""


def excerpt(text: bytes, least: int, most: int) -> tuple[int, int] | None:
    """Bytes [start, stop) of UTF-8 `text` to show: from its first to its last character that is no white space, or as
    many whole paragraphs from there as fit into `most` bytes, or whole lines where no paragraph fits. None where that
    is less than `least` bytes."""
    start = len(text) - len(text.lstrip())
    whole = len(text.rstrip())
    if whole - start <= most:
        return (start, whole) if whole - start >= least else None
    window = text[start : start + most + 1]
    for pattern in _BREAKS:
        stops = [found.start() for found in pattern.finditer(window) if found.start() >= least]
        if stops:
            return start, start + stops[-1]
    return None
