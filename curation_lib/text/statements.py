"""Where a text's statements lie: sentences, list items, table rows, questions with their answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_END = re.compile(
    r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bU\.S\.)(?<!\bSt\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bca\.)"
    r"(?<!\bcf\.)(?<!\bNo\.)[\"”’)*]*\s+(?=[\"“‘(*`_\[]*[A-Z0-9])|\n+"
)
_MARK = re.compile(r"\s*(?:#{1,6}|[-*+•>]|\(?\d{1,3}[.)](?=\s))\s*")
_ITEM = re.compile(r"\s*(?:[-*+•>]|\(?\d{1,3}[.)])\s")
_LABEL = re.compile(
    r"\s*[*_]*(?:question|answer|q|a|user|assistant|student|teacher|tutor|learner|expert|summary|problem|solution"
    r"|step|speaker|host|guest)\s*(?:\d{1,3}|[ab])?\s*[*_]*\s*[:.)]\s*[*_]*\s*", re.I,
)  # fmt: skip
_RULE = re.compile(r"[ \t|:=-]*(?:\n|\Z)")


@dataclass(frozen=True)
class Statement:
    """Characters [start, stop) of a text. row: of a table, cells apart by `|`. question: it asks. heading: a line
    without an end or a table's header, in which capital letters say nothing."""

    start: int
    stop: int
    row: bool = False
    question: bool = False
    heading: bool = False


def statements(text: str) -> list[Statement]:
    """The statements in order, without marks of lists, labels (`Answer:`) and rulers."""
    out: list[Statement] = []
    for start, stop in _lines(text):
        if out and out[-1].row and _RULE.match(text, start, stop) and "-" in text[start:stop]:
            out[-1] = replace(out[-1], heading=True)
        out += _statements(text, start, stop)
    return out


def _lines(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for line in text.split("\n"):
        yield at, at + len(line)
        at += len(line) + 1


def _statements(text: str, start: int, stop: int) -> Iterator[Statement]:
    line, line_start = text[start:stop], start
    if _RULE.match(line):
        return
    if line.lstrip().startswith("|"):
        yield Statement(start, stop, row=True)
        return
    while (found := _MARK.match(text, start, stop) or _LABEL.match(text, start, stop)) and found.end() > start:
        start = found.end()
    begun = -1 if _ITEM.match(text, line_start, start) else start
    for match in _END.finditer(text, start, stop):
        yield from _one(text, start, match.start(), begun)
        start = match.end()
    yield from _one(text, start, stop, begun)


def _one(text: str, start: int, stop: int, line: int) -> Iterator[Statement]:
    body = text[start:stop].strip()
    if body:
        ended = body.rstrip('"”’)*_').endswith((".", "!", "?", ":", ";", ","))
        heading = start == line and not ended and len(body) < 80
        yield Statement(start, stop, question=body.rstrip('"”’)*_').endswith("?"), heading=heading)
