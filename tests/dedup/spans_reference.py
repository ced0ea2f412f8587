"""`dedup.spans` by its definition, in plain Python: what is cut out of which text, and why."""

from __future__ import annotations

from collections.abc import Sequence

from curation_lib.dedup.spans import SpansConfig
from tests.text.test_words import kind

Cut = tuple[str, int, int]
"""Rule, and the characters [start, end) that go."""


def words(text: str) -> list[tuple[str, int]]:
    """Each word in lower case, and where it begins."""
    found: list[tuple[str, int]] = []
    before, alone = "separator", False
    for place, char in enumerate(text):
        now = kind(char)
        if now == "alone" or (now == "joined" and alone) or (now != "separator" and before == "separator"):
            found.append((char.lower(), place))
            alone = now == "alone"
        elif now != "separator":
            found[-1] = (found[-1][0] + char.lower(), found[-1][1])
        before = now
    return found


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Where each begins, and where its last line ends."""
    found: list[tuple[int, int]] = []
    place, inside = 0, False
    for line in text.split("\n"):
        if line.strip() and inside:
            found[-1] = (found[-1][0], place + len(line))
        elif line.strip():
            found.append((place, place + len(line)))
        inside = bool(line.strip())
        place += len(line) + 1
    return found


def collapsed(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in " ".join(text.split()))


def cuts(texts: Sequence[str], config: SpansConfig) -> list[tuple[list[Cut], bool]]:
    """For each of the texts, which are in survivor order: its cuts, and whether it keeps a word."""
    seen_paragraphs: set[str] = set()
    seen_runs: set[tuple[str, ...]] = set()
    found = []
    for text in texts:
        blocks, spoken = paragraphs(text), words(text)
        names = [collapsed(text[a:b]) for a, b in blocks]
        long = [sum(a <= place < b for _, place in spoken) >= config.min_paragraph_tokens for a, b in blocks]
        named = [config.paragraphs and far and name in seen_paragraphs for name, far in zip(names, long, strict=True)]
        size = config.min_tokens or len(spoken) + 1
        runs = [tuple(w for w, _ in spoken[n : n + size]) for n in range(len(spoken) - size + 1)]
        gone = {n + m for n, run in enumerate(runs) if run in seen_runs for m in range(size)}
        found.append(_cut(text, blocks, spoken, named, gone))
        seen_paragraphs.update(name for name, far in zip(names, long, strict=True) if far)
        seen_runs.update(runs)
    return found


def _cut(
    text: str, blocks: list[tuple[int, int]], spoken: list[tuple[str, int]], named: list[bool], gone: set[int]
) -> tuple[list[Cut], bool]:
    found: list[Cut] = []
    left, trailing, tail = False, 0, 0
    for n, (a, b) in enumerate(blocks):
        mine = [m for m, (_, place) in enumerate(spoken) if a <= place < b]
        stay = [m for m in mine if m not in gone]
        behind = blocks[n + 1][0] if n + 1 < len(blocks) else len(text)
        if named[n] or (mine and not stay):
            found.append(("repeated_paragraph" if named[n] else "repeated_span", a, behind))
            continue
        left |= bool(stay)
        for m in mine:
            if m in gone and m - 1 not in set(mine) & gone:
                start, after = spoken[m][1], next((s for s in stay if s > m), None)
                if after is None:
                    found.append(("repeated_span", a + len(text[a:start].rstrip()), b))
                else:
                    found.append(("repeated_span", start, spoken[after][1]))
        trailing, tail = len(found), b
    if trailing < len(found):
        rule, _, end = found[trailing]
        found[trailing] = (rule, tail, end)
    return found, left


def in_bytes(text: str, cut: Cut) -> Cut:
    rule, start, end = cut
    return rule, len(text[:start].encode()), len(text[:end].encode())
