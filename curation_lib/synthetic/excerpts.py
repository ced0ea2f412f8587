"""Which part of a text a generator is shown: all of it, or the whole paragraphs in a row that hold the most prose."""

from __future__ import annotations

import re
from itertools import accumulate

Span = tuple[int, int]
_BREAKS = (re.compile(rb"\n[ \t\r]*\n\s*"), re.compile(rb"\n\s*"))
"""What lies between paragraphs, and between lines."""
_ENDS = re.compile(rb"(?:[.!?]|\xe3\x80\x82|\xef\xbc\x81|\xef\xbc\x9f)[\"')\]`*]*\Z")
"""How a paragraph of sentences ends; the last three are the full stop and marks of Chinese and Japanese."""
_ITEM = re.compile(rb"(?:[-*+]|\xe2\x80\xa2|\d+[.)])\s")
_SIGNS = b"{}<>|=\\_#*[]$/~^"
MIN_PROSE, MAX_SIGNS = 60, 0.04
"""Bytes of the shortest paragraph that counts as prose, and the share of signs from which on one is none: menus,
signatures and code are long, too."""
MAX_HEADING = 80
"""Bytes of a line before the first paragraph that is taken with it."""


def excerpt(text: bytes, least: int, most: int) -> Span | None:
    """Bytes [start, stop) of UTF-8 `text` to show.

    All of it but white space around where that fits into `most` bytes. Else the paragraphs in a row, lines where no
    paragraph fits, that hold most bytes of prose, of equal ones the first, with a heading before them. None where
    that is less than `least` bytes.
    """
    start, stop = len(text) - len(text.lstrip()), len(text.rstrip())
    if stop - start <= most:
        return (start, stop) if stop - start >= least else None
    for pattern in _BREAKS:
        spans = _spans(text, pattern, start, stop)
        found = _densest(text, spans, most)
        if found and found[1] - found[0] >= least:
            return found
    return None


def prose(paragraph: bytes) -> bool:
    """Whether it reads as sentences, and as no item of a list."""
    return (
        len(paragraph) >= MIN_PROSE
        and _signs(paragraph) <= MAX_SIGNS * len(paragraph)
        and _ENDS.search(paragraph.rstrip()) is not None
        and _ITEM.match(paragraph) is None
    )


def _signs(text: bytes) -> int:
    return len(text) - len(text.translate(None, _SIGNS))


def _spans(text: bytes, pattern: re.Pattern[bytes], start: int, stop: int) -> list[Span]:
    """Paragraphs or lines between `start` and `stop`."""
    breaks = [found.span() for found in pattern.finditer(text, start, stop)]
    return list(zip([start, *(b for _, b in breaks)], [*(a for a, _ in breaks), stop], strict=True))


def _densest(text: bytes, spans: list[Span], most: int) -> Span | None:
    """From a paragraph of prose to another, at most `most` bytes; a heading before them where there is room."""
    whole = [i for i, (start, stop) in enumerate(spans) if prose(text[start:stop])]
    held = [0, *accumulate(spans[i][1] - spans[i][0] for i in whole)]
    best, last, found = 0, 0, None
    for first, i in enumerate(whole):
        while last < len(whole) and spans[whole[last]][1] - spans[i][0] <= most:
            last += 1
        if held[last] - held[first] > best:
            best, found = held[last] - held[first], (i, whole[last - 1])
        last = max(last, first + 1)
    if found is None:
        return None
    stop = spans[found[1]][1]
    return _headed(text, spans, found[0], stop - most), stop


def _headed(text: bytes, spans: list[Span], first: int, earliest: int) -> int:
    """Where the paragraph begins, or the heading before it: one line of words."""
    if first:
        start, stop = spans[first - 1]
        line = text[start:stop]
        fits = len(line) <= MAX_HEADING and start >= earliest
        if fits and b"\n" not in line and not _signs(line) and not line.endswith((b")", b";", b",")):
            return start
    return spans[first][0]
