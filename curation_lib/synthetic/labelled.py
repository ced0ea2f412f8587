"""Cuts a text at the labels that begin its parts."""

from __future__ import annotations

import re

from curation_lib.synthetic.replies import Unparsed


def labelled(text: str, label: re.Pattern[str], what: str) -> list[tuple[str, str]]:
    """(label, part) for each match of `label`, whose last group is the label's name where it has one.

    Raises Unparsed, naming `what` begins each part, where the text has no label or something stands before the first.
    """
    found = list(label.finditer(text))
    if not found:
        raise Unparsed(f"has no {what}")
    if before := text[: found[0].start()].strip():
        raise Unparsed(f"{before[:60]!r} stands before the first {what}")
    stops = [*(one.start() for one in found[1:]), len(text)]
    return [
        (one.group(one.lastindex or 0), text[one.end() : stop].strip()) for one, stop in zip(found, stops, strict=True)
    ]


def one_line(text: str) -> str:
    """The text with every run of white space as one space, without bold marks around it."""
    return " ".join(text.split()).strip("*").strip()
