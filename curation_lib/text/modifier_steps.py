"""A chain of the peers' modifiers, as kernels take it: one step after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.text.ngrams import Counts
from curation_lib.text.segments import Phrases, phrases

(STRIP, LONG_WORD, FEW_WORDS, UNTERMINATED, ENDING, HOLDING, UPPERCASE, NUMERIC, COUNTER, EQUAL, SYMBOLS, CUT_ANYWHERE,
 CUT_START, CUT_END, CITATIONS, NEWLINES, WINDOWS_NEWLINES, QUOTES, PAIRS, LINKS, URLS, PARAGRAPHS, ALL_HOLDING,
 REPEATED_LINES, REPEATED_PARAGRAPHS) = range(25)  # fmt: skip
"""What a step does.

STRIP: white space at both ends goes. Lines go, up to SYMBOLS, that: hold a longer word (LONG_WORD) or fewer words
(FEW_WORDS) than the limit; do not end in a phrase (UNTERMINATED), do (ENDING), hold one (HOLDING); have a larger share
of upper-case characters or digits; are a number and a phrase (COUNTER); equal a phrase; are symbols alone. CUT_…: a
phrase goes from lines of at most that many words, where it stands. CITATIONS: `[1]`, `[]` and phrases. NEWLINES,
WINDOWS_NEWLINES: those of a run beyond the limit. QUOTES: those around a text. PAIRS: two of the phrase in a line, of
Markdown; LINKS: all of a Markdown link but its address. URLS: from a phrase to white space. PARAGRAPHS that hold a
phrase, at the top or at the bottom of a text. ALL_HOLDING: the whole text, if it holds a phrase. REPEATED_…: those met
before in the text, in any case, white space around them apart.
"""
LINE_STEPS = range(LONG_WORD, CUT_END + 1)
EMPTY_STAYS, JOINED = 1, 2
"""Flags. EMPTY_STAYS: a line without a character is not judged. JOINED: the separator before a last line that goes
goes, too."""
WHITESPACE, FIRST = 1, 2
"""Marks: of STRIP, and of the first rule."""


class Step(NamedTuple):
    """One step and the rule in whose name it takes bytes. phrases: lower-case ASCII, but for EQUAL and PAIRS."""

    kind: int
    rule: str
    limit: float = 0.0
    phrases: tuple[str, ...] = ()
    flags: int = EMPTY_STAYS | JOINED


class Steps(NamedTuple):
    """Step k has phrases [firsts[k], lasts[k]). heads[k, b]: whether byte b may begin one of them, in any case."""

    kinds: Counts
    marks: Counts
    limits: npt.NDArray[np.float64]
    flags: Counts
    firsts: Counts
    lasts: Counts
    phrases: Phrases
    heads: npt.NDArray[np.bool_]


STRIPPED = Step(STRIP, "whitespace")


def steps_of(chain: Sequence[Step]) -> tuple[Steps, tuple[str, ...]]:
    """The chain for kernels, and the rule of each mark."""
    rules = ["", "whitespace"]
    rules += [rule for rule in dict.fromkeys(step.rule for step in chain) if rule not in rules]
    ends = np.cumsum([0, *(len(step.phrases) for step in chain)])
    entries = [phrase for step in chain for phrase in step.phrases]
    steps = Steps(
        np.array([step.kind for step in chain], np.int64),
        np.array([rules.index(step.rule) for step in chain], np.int64),
        np.array([step.limit for step in chain], np.float64),
        np.array([step.flags for step in chain], np.int64),
        ends[:-1].astype(np.int64),
        ends[1:].astype(np.int64),
        phrases(entries),
        np.array([_heads(step.phrases) for step in chain], np.bool_).reshape(-1, 256),
    )
    return steps, tuple(rules)


def _heads(some: Sequence[str]) -> list[bool]:
    """Of 256 bytes; letters beyond ASCII that count as ASCII ones (see `text.patterns`) begin with these three."""
    first = {head for phrase in some for head in phrase[:1].lower() + phrase[:1].upper()}
    return [chr(byte) in first or byte in (0xC4, 0xC5, 0xE2) for byte in range(256)]
