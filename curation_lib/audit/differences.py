"""What two texts have in common and where they differ, short enough to read."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any

from curation_lib.text.codepoints import UNSPACED

LIMIT = 6000
"""Characters of each text that are compared: 0.1 s at worst."""
CONTEXT = 80
"""Characters shown on each side of a difference."""
_LETTER = "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED)
_PIECE = re.compile(rf"[{_LETTER}]\s*|[^\s{_LETTER}]+\s*|\s+")
Differences = dict[str, Any]


def differences(kept: str, dropped: str) -> Differences:
    """`parts`, a list of {kind, text}: `same` in both, `kept` or `dropped` only, `skipped` where a long stretch is the
    same; `cut` where a text goes on beyond LIMIT characters. Word by word, letter by letter in unspaced scripts."""
    a, b = (_PIECE.findall(text[:LIMIT]) for text in (kept, dropped))
    parts: list[dict[str, str]] = []
    blocks = SequenceMatcher(None, a, b).get_opcodes()  # its junk rule keeps texts of few words from taking minutes
    for n, (kind, a_start, a_end, b_start, b_end) in enumerate(blocks):
        if kind == "equal":
            parts += _shortened("".join(a[a_start:a_end]), first=n == 0, last=n == len(blocks) - 1)
            continue
        parts += [{"kind": "kept", "text": "".join(a[a_start:a_end])}] if a_end > a_start else []
        parts += [{"kind": "dropped", "text": "".join(b[b_start:b_end])}] if b_end > b_start else []
    return {"parts": parts, "cut": max(len(kept), len(dropped)) > LIMIT}


def _shortened(text: str, first: bool, last: bool) -> list[dict[str, str]]:
    """A stretch that is the same: only what stands beside differences, and of two equal texts their beginning."""
    head, tail = (0 if first and not last else CONTEXT), (0 if last else CONTEXT)
    if len(text) <= head + tail + CONTEXT:
        return [{"kind": "same", "text": text}]
    parts = [
        ("same", text[:head]),
        ("skipped", f"{len(text) - head - tail:,} characters"),
        ("same", text[-tail:] if tail else ""),
    ]
    return [{"kind": kind, "text": part} for kind, part in parts if part]
