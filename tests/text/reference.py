"""The filters' statistics in plain Python, from their definitions: slow, plain, what kernels must equal."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import zstandard
from hypothesis import strategies as st

from curation_lib.text.characters import NO_SENTENCE_ENDS, SYMBOLS, TERMINALS
from curation_lib.text.codepoints import UNSPACED
from curation_lib.text.statistics import STOP_WORDS
from tests.text.word_reference import words as words

TERMINAL_SET = {chr(c) for first, last in TERMINALS for c in range(first, last + 1)}
SENTENCE_ENDS = TERMINAL_SET - {chr(c) for first, last in NO_SENTENCE_ENDS for c in range(first, last + 1)}
CONTROLS = {chr(c) for c in (*range(9), *range(11, 32), *range(127, 160))}
SYMBOL_SET = TERMINAL_SET | set(SYMBOLS) | CONTROLS

SCRIPTS = "aZé_ß1٣-–.’',…•#{ \n\r\t\u00a0\u2028\x1c\x85\u0301\u200d語がカー々。〇กำ؟한𠀀𝒜🙂!?“\"\u00ad"
PIECES = [
    "the ",
    "of ",
    "lorem ipsum",
    "Lorem IPSUM",
    "...",
    "\n\n",
    "\r\n",
    "- ",
    "• ",
    "a b c ",
    "end.\n",
    "1,000",
]
TEXTS = st.one_of(
    st.text(),
    st.text(st.sampled_from(SCRIPTS)),
    st.text(st.sampled_from("ab.\n")),
    st.lists(st.sampled_from(PIECES)).map("".join),
    st.lists(st.sampled_from(["a", "b", "cd"]), max_size=80).map(" ".join),
)


def kind(char: str) -> str:
    """S space, J joined, A alone, M mark, P sign."""
    category = unicodedata.category(char)
    if char.isspace():
        return "S"
    if category[0] == "M" or category == "Cf":
        return "M"
    if category[0] in "LN":
        unspaced = any(first <= ord(char) <= last for first, last in UNSPACED)
        return "A" if unspaced and (category[0] == "L" or category == "Nl") else "J"
    return "J" if char == "_" else "P"


def sentences(text: str) -> int:
    """Sentences as spaCy's sentencizer finds them in each line, given our words."""
    return sum(line_sentences(line.strip()) for line in text.splitlines())


def line_sentences(line: str) -> int:
    """White space other than one blank is a word to the sentencizer, which parts sentences but is none."""
    found = [
        w for piece in re.split(r"(\s+)", line) for w in ([""] if piece != " " and piece.isspace() else words(piece))
    ]
    count, ended = int(bool(found)), False
    for word in found:
        end = word in SENTENCE_ENDS
        if ended and not end and any(unicodedata.category(c)[0] != "P" for c in word or " "):
            count, ended = count + 1, False
        ended = ended or end
    return count


def repeated(items: list[str]) -> tuple[int, int]:
    """How many items were met before, and their characters."""
    again = [item for i, item in enumerate(items) if item in items[:i]]
    return len(again), sum(map(len, again))


def statistics(text: str, short: int = 30) -> dict[str, int]:
    """Every column of text.statistics.ROW."""
    found, lines = words(text), text.splitlines()
    plain = [w for w in found if set(w) - SYMBOL_SET]
    pieces = re.split("\n+", text) if text else []
    filled = [line for line in text.split("\n") if line.strip()]
    paragraphs = re.split("\n{2,}", text.strip())
    return {
        "characters": len(text),
        "newlines": text.count("\n"),
        "words": len(found),
        "symbol_free_words": len(plain),
        "symbol_free_characters": sum(map(len, plain)),
        "alphabetic_words": sum(any(c.isalpha() for c in w) for w in found),
        "stop_words": len(set(STOP_WORDS) & set(found)),
        "hashes": text.count("#"),
        "ellipses": text.count("...") + text.count("…"),
        "curly_brackets": text.count("{"),
        "lorem_ipsum": len(re.findall("lorem ipsum", text, re.IGNORECASE | re.ASCII)),
        "sentences": sentences(text),
        "lines": len(lines),
        "bullet_lines": sum(line.lstrip().startswith(("•", "-")) for line in lines),
        "ellipsis_lines": sum(line.rstrip().endswith(("...", "…")) for line in lines),
        "line_pieces": len(pieces),
        "repeated_lines": repeated(pieces)[0],
        "repeated_line_characters": repeated(pieces)[1],
        "filled_lines": len(filled),
        "terminated_lines": sum(line[-1] in TERMINAL_SET for line in filled),
        "short_lines": sum(len(line) <= short for line in filled),
        "repeated_filled_characters": repeated(filled)[1],
        "paragraphs": len(paragraphs),
        "repeated_paragraphs": repeated(paragraphs)[0],
        "repeated_paragraph_characters": repeated(paragraphs)[1],
    }


def ngrams(found: list[str]) -> dict[int, int]:
    """Characters per n of text.ngrams, from `words`."""
    out = dict.fromkeys(range(2, 11), 0)
    for n in range(2, min(4, len(found)) + 1):
        grams = [tuple(found[i : i + n]) for i in range(len(found) - n + 1)]
        gram, times = Counter(grams).most_common(1)[0]
        out[n] = len(" ".join(gram)) * times
    for n in range(5, 11):
        seen: set[tuple[str, ...]] = set()
        i = 0
        while i + n <= len(found):
            gram = tuple(found[i : i + n])
            out[n] += len("".join(gram)) if gram in seen else 0
            i += n if gram in seen else 1
            seen.add(gram)
    return out


def real_texts(data: Path, count: int, longest: int = 20_000) -> list[str]:
    """`count` texts spread over the multilingual documents, cut to `longest` characters."""
    with zstandard.open(data / "text" / "multilingual.jsonl.zst", "rt", encoding="utf-8") as lines:
        found = [json.loads(line)["text"][:longest] for i, line in enumerate(lines) if i % 100 == 0]
    return found[:count]
