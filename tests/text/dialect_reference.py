"""Scores of the dialects of Dolma, DCLM and NeMo Curator in plain Python, from what these peers' rules say.

Each function gives the scores of `filters.gopher_quality`, `gopher_repetition` and `c4_quality` for one text. Slow and
plain; needs no package beside the standard library, so that it runs in a peer's environment as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from statistics import median
from typing import Any

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
Scores = dict[str, dict[str, float]]


def share(part: float, whole: float, nothing: float = 0.0) -> float:
    return part / whole if whole else nothing


def grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def size(items: Any) -> int:
    return sum(map(len, items))


def repeated(items: list[str]) -> tuple[int, int]:
    """Items that occur more than once, every occurrence counted, and their characters."""
    counts = Counter(items)
    again = [item for item in items if counts[item] > 1]
    return len(again), size(again)


def met_before(items: list[str]) -> tuple[int, int]:
    unique = dict.fromkeys(items)
    return len(items) - len(unique), size(items) - size(unique)


def dolma(text: str) -> Scores:
    words = text.split()
    lines = re.split(r"\n+", text) if text else []
    letters = size(words)
    again, again_characters = repeated(lines)
    repetition = {
        "dup_line_frac": share(again, len(lines)),
        "dup_line_char_frac": again_characters / max(letters, 1),
    }
    for n in range(2, 11):
        found = grams(words, n)
        counts = Counter(found)
        if n < 5:
            gram, times = counts.most_common(1)[0] if found else ((), 0)
            repetition[f"top_{n}_gram_frac"] = share(times * size(gram), letters)
        else:
            all_of_them = sum(map(size, found))
            repetition[f"dup_{n}_gram_frac"] = share(sum(size(g) for g in found if counts[g] > 1), all_of_them)
    quality = {
        "words": len(words),
        "median_word_length": median(map(len, words)) if words else 0,
        "symbol_ratio": share(sum("#" in w or "…" in w for w in words), len(words)),
        "bullet_line_ratio": share(sum(line.startswith(("*", "-")) for line in lines), len(lines)),
        "ellipsis_line_ratio": share(sum(line.endswith("…") for line in lines), len(lines)),
        "alphabetic_word_ratio": share(sum(any(c.isalpha() for c in w) for w in words), len(words)),
        "stop_words": sum(w in STOP_WORDS for w in words),
    }
    low = text.lower()
    c4 = {"lorem_ipsum": low.count("lorem ipsum"), "curly_brackets": text.count("{")}
    return {
        "gopher_quality": quality,
        "gopher_repetition": repetition,
        "c4_quality": {**c4, "javascript": low.count("javascript")},
    }


def dclm(text: str, unicode_words: Callable[[str], list[str]]) -> Scores:
    """`unicode_words`: UAX #29, spaces and punctuation among them."""
    words, lines = text.split(), filled(text, "\n")
    tokens = [t for t in re.split("[ \n\r\t\v\f\0]+", text) if t and t[0].isalnum()]
    counted = [w for w in unicode_words(text) if w[0].isalnum()]
    repetition: dict[str, float] = {"lines": len(lines)}
    for name, pieces in (("para", filled(text, "\n\n")), ("line", lines)):
        again, characters = repeated(pieces)
        repetition[f"dup_{name}_frac"] = share(again, len(pieces))
        repetition[f"dup_{name}_char_frac"] = share(characters, size(pieces))
    for n in range(2, 11):
        found = grams(counted, n)
        counts = Counter(found)
        most = max(counts.values(), default=0)
        if n < 5:
            longest = max((size(g) for g, times in counts.items() if times == most), default=0)
            repetition[f"top_{n}_gram_frac"] = share(longest * most, size(counted)) if most > 1 else 0.0
        else:
            covered = {i + k for i, g in enumerate(found) if counts[g] > 1 for k in range(n)}
            repetition[f"dup_{n}_gram_frac"] = share(size(counted[i] for i in covered), size(counted))
    symbols = sum(map(text.count, ("#", "...", ". . .", "…")))
    quality = {
        "words": len(tokens),
        "mean_word_length": share(size(words), len(words)),
        "symbol_ratio": share(symbols, len(words)),
        "bullet_line_ratio": share(sum(line.startswith(("●", "•", "*", "-")) for line in lines), len(lines)),
        "ellipsis_line_ratio": share(sum(line.endswith(("...", ". . .", "…")) for line in lines), len(lines)),
        "alphabetic_word_ratio": share(sum(any(c.isalpha() for c in w) for w in words), len(words)),
        "stop_words": sum(w.lower() in STOP_WORDS for w in words),
    }
    c4 = {"lorem_ipsum": text.lower().count("lorem ipsum"), "curly_brackets": text.count("{")}
    return {"gopher_quality": quality, "gopher_repetition": repetition, "c4_quality": c4}


def filled(text: str, separator: str) -> list[str]:
    return [piece for part in text.split(separator) if (piece := part.strip())]


def curator(text: str, alphabetic: Callable[[str], bool], lists: Any) -> Scores:
    """`alphabetic`: whether a character is so to Unicode. `lists` has BULLETS, ELLIPSES, TERMINALS, BOILERPLATE."""
    words = text.split()
    lines, paragraphs = [line for line in text.split("\n") if line.strip()], text.split("\n\n")
    repetition: dict[str, float] = {}
    for name, pieces in (("para", paragraphs), ("line", lines)):
        again, characters = met_before(pieces)
        repetition[f"dup_{name}_frac"] = share(again, len(pieces))
        repetition[f"dup_{name}_char_frac"] = share(characters, size(pieces))
    for n in range(2, 11):
        found = grams(words, n)
        kind = "top" if n < 5 else "dup"
        spent = cut_out(text, found) if n < 5 else again_characters(found, n)
        repetition[f"{kind}_{n}_gram_frac"] = share(spent, len(text)) if found else 1.0
    stripped = [line.strip() for line in lines]
    symbols = [w in lists.ELLIPSES or 2 * len(re.findall("#+", w)) > len(w) for w in words]
    quality = {
        "words": len(words),
        "mean_word_length": share(size(words), len(words)),
        "symbol_ratio": share(sum(symbols), len(words)),
        "bullet_line_ratio": share(sum(s.startswith(lists.BULLETS) for s in stripped), len(lines)),
        "ellipsis_line_ratio": share(sum(lower(s).endswith(lists.ELLIPSES) for s in stripped), len(lines)),
        "alphabetic_word_ratio": share(sum(any(map(alphabetic, w)) for w in words), len(words)),
        "stop_words": sum(w in STOP_WORDS for w in words),
        "non_alphanumeric_ratio": share(len(re.sub(r"[a-zA-Z0-9\n?!,.]", "", text)), len(text), 1.0),
    }
    boilerplate = sum(any(p in lower(paragraph) for p in lists.BOILERPLATE) for paragraph in paragraphs)
    lorem = any("lorem ipsum" in lower(paragraph) for paragraph in paragraphs)
    c4 = {
        "unterminated_line_ratio": share(sum(not s.endswith(lists.TERMINALS) for s in stripped), len(lines)),
        "boilerplate_para_ratio": 1.0 if lorem else boilerplate / len(paragraphs),
        "word_length": max(map(len, words), default=0),
    }
    return {"gopher_quality": quality, "gopher_repetition": repetition, "c4_quality": c4}


def lower(text: str) -> str:
    """In lower case, the Kelvin sign apart, which is no k to us."""
    return "\u212a".join(part.lower() for part in text.split("\u212a"))


def cut_out(text: str, found: list[tuple[str, ...]]) -> int:
    """Characters that go with the commonest n-gram, the first of several."""
    if not found:
        return 0
    gram = " ".join(max(counts := Counter(found), key=lambda g: counts[g]))
    return len(text) - len(text.replace(gram, ""))


def again_characters(found: list[tuple[str, ...]], n: int) -> int:
    """Characters of n-grams met before with the spaces between, nothing counted twice."""
    seen, characters, behind = set(), 0, -n
    for i, gram in enumerate(found):
        if gram in seen:
            overlap = max(n - (i - behind), 0)
            characters += size(gram[overlap:]) + min(n - overlap, n - 1)
            behind = i
        seen.add(gram)
    return characters
