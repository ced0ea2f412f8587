"""The peers' modifiers in plain Python, from what their rules say: slow, plain, what kernels must equal.

Each takes a text and returns what is left of it. Needs the standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Modifier = Callable[[str], str]

COUNTED = "likes shares comments retweets reposts quotes bookmarks upvotes downvotes downloads views followers".split()
COUNTER = re.compile(rf"\W*\d[\d,.]*[kmb]?\s+(?:{'|'.join(COUNTED)})\W*")
POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")


def keep_lines(text: str, stays: Callable[[str], object]) -> str:
    return "\n".join(line for line in text.split("\n") if stays(line))


def chained(*modifiers: Modifier) -> Modifier:
    def apply(text: str) -> str:
        for modifier in modifiers:
            text = modifier(text)
        return text

    return apply


def share(test: Callable[[str], bool], line: str) -> float:
    return sum(map(test, line)) / len(line) if line else 0.0


def dclm_uppercase(text: str, most: float = 0.5) -> str:
    return keep_lines(text, lambda line: share(str.isupper, line) <= most).strip()


def dclm_numeric(text: str) -> str:
    return keep_lines(text, lambda line: share(str.isdigit, line) <= 0.999999).strip()


def dclm_counters(text: str) -> str:
    return keep_lines(text, lambda line: not COUNTER.fullmatch(line.lower())).strip()


def dclm_short(least: int) -> Modifier:
    return lambda text: keep_lines(text, lambda line: not line or len(line.split()) >= least)


def dclm_cut(pattern: str, most: int = 10) -> Modifier:
    """`pattern` goes from lines of at most `most` words; what is blank then, goes."""

    def cut(text: str) -> str:
        left = []
        for line in text.split("\n"):
            new = line
            if len(line.split()) <= most:
                new = re.sub(pattern, "", line, flags=re.IGNORECASE)
                if line and not new.strip():
                    continue
            left.append(new)
        return "\n".join(left).strip()

    return cut


def dclm_holding(*phrases: str) -> Modifier:
    pattern = re.compile("|".join(map(re.escape, phrases)), re.IGNORECASE)
    return lambda text: keep_lines(text, lambda line: not pattern.search(line)).strip()


def dclm_citations(text: str) -> str:
    return re.sub(r"\[\d*\]|\[edit\]|\[citation needed\]", "", text)


def dclm_terminated(text: str) -> str:
    ended = keep_lines(text, lambda line: not line or line.rstrip().endswith((".", "!", "?", '"', "…")))
    return keep_lines(ended, lambda line: not line.rstrip().endswith(("...", "…")))


def dclm_word_length(text: str) -> str:
    return keep_lines(text, lambda line: all(len(word) <= 1000 for word in line.split()))


def dclm_newlines(text: str) -> str:
    return re.sub("\n{3,}", "\n\n", text)


def dclm_repeated(separator: str) -> Modifier:
    def once(text: str) -> str:
        seen: set[str] = set()
        left = []
        for segment in text.split(separator):
            key = lower(segment.strip())
            if not key or key not in seen:
                left.append(segment)
            seen.add(key)
        return separator.join(left)

    return once


def lower(text: str) -> str:
    """Each letter by itself, and as it is where that gives two."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


DCLM_REFINEDWEB = chained(
    dclm_uppercase, dclm_numeric, dclm_counters, dclm_short(2),
    dclm_cut(r"\s?items in cart"), dclm_cut(r"\s?read more...$"), dclm_cut(r"^sign-in\s?"),
)  # fmt: skip
DCLM_C4 = chained(
    dclm_word_length, dclm_citations, dclm_terminated, dclm_short(5), dclm_holding("javascript"), dclm_holding(*POLICY)
)


def dclm_words(text: str) -> int:
    """Words that DCLM counts before and after."""
    return sum(token[0].isalnum() for token in re.split("[ \n\r\t\v\f\0]+", text) if token)


def removed_ratio(before: str, after: str) -> float:
    words = dclm_words(before)
    return (words - dclm_words(after)) / words if words else 1.0


def dolma_lines(text: str) -> str:
    lines = re.findall("[^\n]*\n|[^\n]+", text)
    return "".join(x for x in lines if x.strip().endswith((".", "?", "!", '"')) and len(x.split()) >= 3)


def curator_newlines(text: str) -> str:
    return re.sub("(\r\n){3,}", "\r\n\r\n", re.sub("\n{3,}", "\n\n", text))


def curator_urls(text: str) -> str:
    return re.sub(r"https?://\S+|www\.\S+", "", text, flags=re.IGNORECASE)


def curator_markdown(text: str) -> str:
    lines = text.split("\n")
    for pattern in (r"\*\*(.*?)\*\*", r"\*(.*?)\*", r"_(.*?)_", r"\[.*?\]\((.*?)\)"):
        lines = [re.sub(pattern, r"\1", line) for line in lines]
    return "\n".join(lines)


def curator_quotation(text: str) -> str:
    if len(text) > 2 and text.startswith('"') and text.endswith('"') and not re.match('[^\n]*"\n', text):
        return text[1:-1]
    return text


def curator_lines(*lines: str) -> Modifier:
    return lambda text: keep_lines(text, lambda line: line not in lines)


def curator_paragraphs(phrases: Sequence[str]) -> Modifier:
    def cut(text: str) -> str:
        paragraphs = text.split("\n\n")
        if any("lorem ipsum" in p.lower() for p in paragraphs):
            return ""
        bad = "".join("x" if any(phrase in p.lower() for phrase in phrases) else "." for p in paragraphs)
        if not re.fullmatch(r"x+\.+|\.+x+", bad):
            return text
        return "\n\n".join(p for p, sign in zip(paragraphs, bad, strict=True) if sign == ".")

    return cut


def datatrove_symbol_lines(symbols: set[str]) -> Modifier:
    """What stays keeps its separator (datatrove joins anew)."""

    def cut(text: str) -> str:
        lines = text.splitlines(keepends=True)
        bodies = [line.splitlines()[0] for line in lines]
        gone = [bool(b.strip()) and set(b) <= symbols | {" "} for b in bodies]
        return "".join(line for line, goes in zip(lines, gone, strict=True) if not goes)

    return cut
