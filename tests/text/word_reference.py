"""The fast splitter's words in plain Python, from the rules in text.word_rules: slow, plain, what kernels must equal."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from curation_lib.text import word_rules as rules
from curation_lib.text.characters import AFFIXES, QUOTES
from curation_lib.text.codepoints import UNSPACED
from curation_lib.text.special_words import listed_words
from curation_lib.text.word_lists import ENCLITICS, PREFIXES, UNITS

APOSTROPHES = "'’"
DASHES = "-–—~"
OPENING = '(["`*'


def category(c: str) -> str:
    return unicodedata.category(c)


def letter(c: str) -> bool:
    return c != "" and c.isalpha()


def digit(c: str) -> bool:
    return c != "" and c in "0123456789"


def lower(c: str) -> bool:
    vowel_sign = "\u0591" <= c < "\u0e00" and category(c)[0] == "M" if c else False
    return (letter(c) and not c.isupper()) or vowel_sign


def upper(c: str) -> bool:
    return letter(c) and not c.islower()


def alone(c: str) -> bool:
    unspaced = any(first <= ord(c) <= last for first, last in UNSPACED)
    return unspaced and (category(c)[0] == "L" or category(c) == "Nl")


def joined(c: str) -> bool:
    return c == "_" or (category(c)[0] in "LN" and not alone(c))


def icon(c: str) -> bool:
    return category(c) == "So" and c != "°"


def affix(c: str) -> bool:
    return c in AFFIXES + QUOTES or icon(c)


def words(text: str, language: str | None = None) -> list[str]:
    """Every chunk's words. White space is str.isspace's."""
    chunks = "".join(" " if c.isspace() else c for c in text).split(" ")
    return [word for chunk in chunks if chunk for word in split(chunk, language)]


def split(chunk: str, language: str | None) -> list[str]:
    style, cases = rules.style_of(language), listed_words(language)
    before: list[str] = []
    behind: list[str] = []
    case = None
    while chunk:
        case = cases.get(chunk)
        if case is not None:
            break
        start = prefix(chunk, style)
        if start and chunk[start:] in cases:
            before.append(chunk[:start])
            chunk, case = chunk[start:], cases[chunk[start:]]
            break
        end = suffix(chunk[start:], style)
        if end and chunk[:-end] in cases:
            behind.append(chunk[-end:])
            chunk, case = chunk[:-end], cases[chunk[:-end]]
            break
        if not start and not end:
            break
        if start:
            before.append(chunk[:start])
        if end:
            behind.append(chunk[-end:])
        chunk = chunk[start : len(chunk) - end]
    middle = ([chunk] if whole(chunk, style) else inside(chunk, style)) if case is None and chunk else case or []
    return join([*before, *middle, *reversed(behind)], cases)


def prefix(chunk: str, style: int) -> int:
    dots = len(chunk) - len(chunk.lstrip("."))
    if dots:
        return dots if dots > 1 else 0
    if affix(chunk[0]) or category(chunk[0]) == "Sc" or chunk[0] in "§%=—–":
        return 1
    if chunk[0] == "+":
        return not digit(chunk[1:2])
    elided = chunk[0] in "dlnDLN" and chunk[1:2] in tuple(APOSTROPHES) and letter(chunk[2:3])
    return 2 if style & rules.FRENCH and elided else 0


def suffix(chunk: str, style: int) -> int:
    if not chunk:
        return 0
    last, previous = chunk[-1], chunk[-2:-1]
    if last == ".":
        dots = len(chunk) - len(chunk.rstrip("."))
        return 1 if style & rules.ALL_STOPS else dots if dots > 1 else full_stop(chunk[:-1], style)
    if affix(last):
        return 1
    if last in "—–":
        return bool(style & rules.DASHES)
    if last == "/":
        return bool(style & rules.END_SLASH)
    if last in "sS" and previous in tuple(APOSTROPHES):
        return 2 if style & rules.POSSESSIVE else 0
    if last == "+" or category(last) == "Sc" or (last == "%" and style & rules.PERCENT):
        return digit(previous)
    return ending(chunk, style)


def full_stop(head: str, style: int) -> int:
    last = head[-1:]
    if digit(last):
        return bool(style & rules.DIGIT_STOPS)
    if last and (lower(last) or affix(last) or last in "%²-+|"):
        return 1
    return upper(last) and upper(head[-2:-1])


def ending(chunk: str, style: int) -> int:
    for size in range(5, 0, -1):
        head, tail = chunk[:-size], chunk[-size:]
        if digit(head[-1:]) and tail in UNITS.split():
            return size
        if style & rules.FRENCH and head[-1:] == "-" and letter(head[-2:-1]) and tail in ENCLITICS.split():
            return size + 1
    return 0


def whole(chunk: str, style: int) -> bool:
    if url(chunk):
        return True
    first, dash, rest = chunk.partition("-")
    starts = {*PREFIXES.split(), *PREFIXES.title().split()}
    return bool(style & rules.FRENCH and dash and rest and first.isalpha() and first in starts)


def url(chunk: str) -> bool:
    named = 0
    while named < len(chunk) and (joined(chunk[named]) or alone(chunk[named]) or chunk[named] in "+-."):
        named += 1
    starts = [0, *(i + 1 for i, c in enumerate(chunk) if c == "@" and i > 0)]
    if named >= 2 and chunk[named : named + 3] == "://":
        starts.append(named + 3)
    return any(host(chunk[i:]) for i in starts)


def host(text: str) -> bool:
    def name(c: str) -> bool:
        return (joined(c) and c != "_") if c < "\x80" else "\xa1" <= c <= "\uffff"

    size = 0
    while size < len(text) and (name(text[size]) or text[size] in "-_."):
        if text[size] in "-_" and (size == 0 or text[size - 1] == "."):
            break
        size += 1
    labels, rest = text[:size].split("."), text[size:]
    if len(labels) < 2 or not 2 <= len(labels[-1]) <= 63 or not all(map(lower, labels[-1])):
        return False
    if not all(0 < len(label) <= 64 and name(label[-1]) for label in labels[:-1]):
        return False
    return re.match(r"(:[0-9]{2,5})?([/?#]|$)", rest) is not None


def inside(chunk: str, style: int) -> list[str]:
    cuts, i = {0}, 0
    while i < len(chunk):
        if style & rules.COMPOUNDS and (i == 0 or not joined(chunk[i - 1])):
            size = compound(chunk[i:])
            if size > 1:
                cuts |= {i, i + size} if i else set()
                i += size
                continue
        size = 1
        if not joined(chunk[i]) or chunk[i] == "_" or style & rules.UNSPACED:
            size = infix(chunk, i, style)
            if size < 0:
                cuts.add(i + 1)
            elif size and i:
                cuts |= {i, i + size}
        i += max(size, 1)
    at = [*sorted(cut for cut in cuts if cut < len(chunk)), len(chunk)]
    return [chunk[a:b] for a, b in pairwise(at)]


def compound(text: str) -> int:
    size, dashes = 0, False
    while size < len(text) and (joined(text[size]) or (text[size] == "-" and size)):
        if text[size] == "-":
            if size + 1 == len(text) or not joined(text[size + 1]):
                break
            dashes = True
        size += 1
    return size if dashes else 1


def infix(chunk: str, i: int, style: int) -> int:
    """Characters of the word at `i`, 0 if it does not split, -1 where it splits behind itself."""
    c, before, after = chunk[i], chunk[i - 1] if i else "", chunk[i + 1 : i + 2]
    if c == "…" or icon(c) or (style & rules.UNSPACED and alone(c)):
        return 1
    dots = len(chunk[i:]) - len(chunk[i:].lstrip("."))
    if dots > 1:
        return dots
    if i and style & rules.ALL_HYPHENS and c in DASHES:
        return 1
    if not before or not after:
        return 0
    if c == ".":
        return stop_inside(before, after, style)
    if c in "+-*^" and digit(before):
        signs = style & rules.ARITHMETIC and (c != "-" or style & rules.HYPHENS)
        if signs and (digit(after) or after == "-"):
            return 1
        if c == "-" and style & rules.CLOSE and not style & rules.ALL_HYPHENS and digit(after):
            return bool(style & rules.SLASHES)
    if c in DASHES:
        return hyphen(chunk, i, style)
    if c == "/" and style & rules.SLASHES:
        behind = letter(before) or (digit(before) and not style & rules.ALL_STOPS)
        return behind and (letter(after) or bool(style & rules.END_SLASH and digit(after)))
    elides = style & rules.ELISION and letter(before) and c in APOSTROPHES
    if not letter(after):
        return -1 if elides and digit(after) and not style & rules.FRENCH else 0
    if c in ":<>=":
        return letter(before) or bool(digit(before) and style & rules.DIGIT_COLONS)
    if not letter(before):
        return 0
    if c == ",":
        return 1
    if style & rules.CLOSE and c != "'":
        return c in QUOTES or c in "()[]!?"
    return -1 if elides else 0


def stop_inside(before: str, after: str, style: int) -> int:
    if style & rules.ALL_STOPS:
        return (letter(before) or digit(before)) and (upper(after) or digit(after))
    quotes = QUOTES if style & rules.QUOTE_STOPS else ""
    return (lower(before) or before in quotes) and (upper(after) or after in quotes)


def hyphen(chunk: str, i: int, style: int) -> int:
    c, rest = chunk[i], chunk[i:]
    run = len(rest) - len(rest.lstrip(c)) if c in "-—" else 1
    before, after = chunk[i - 1], rest[run : run + 1]
    if run > (3 if c == "-" else 2) or not letter(after):
        return 0
    if style & rules.CLOSE:
        return 2 if run == 2 and letter(before) else 0
    if not style & rules.HYPHENS or not (letter(before) or (style & rules.AFTER_DIGITS and digit(before))):
        return 0
    return run if style & rules.BEFORE_CAPITALS or lower(after) else 0


def join(parts: list[str], cases: dict[str, list[str]]) -> list[str]:
    """Emoticons that came apart are one word again."""
    found: list[str] = []
    i = 0
    while i < len(parts):
        size = 1
        if len(parts) > i + 1 and len(parts[i]) <= 2 and len(parts[i + 1]) <= 2:
            for many in (3, 2):
                glued = "".join(parts[i : i + many])
                if len(parts) >= i + many and (many == 2 or len(glued) <= 4) and cases.get(glued) == [glued]:
                    size = many
                    break
        found.append("".join(parts[i : i + size]))
        i += size
    return found
