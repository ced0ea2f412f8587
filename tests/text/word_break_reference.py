"""Unicode's word boundaries (UAX #29) in plain Python, rule by rule."""

from __future__ import annotations

from functools import cache

from curation_lib.text.unicode_ranges import RANGES, ranges

SKIPPED = {"Extend", "Format", "ZWJ"}
ENDS = {"CR", "LF", "Newline"}
LETTERS = {"ALetter", "Hebrew_Letter"}
MIDDLES = {"MidLetter", "MidNumLet", "Single_Quote"}
NUMBER_MIDDLES = {"MidNum", "MidNumLet", "Single_Quote"}


@cache
def codes_of(name: str) -> frozenset[int]:
    return frozenset(code for first, last in ranges(name) for code in range(first, last + 1))


@cache
def kind(char: str) -> str:
    names = [n for n in RANGES if n not in ("Extended_Pictographic", "Alphabetic")]
    return next((n for n in names if ord(char) in codes_of(n)), "Other")


def unicode_words(text: str) -> list[str]:
    """Everything between two boundaries: words, spaces, punctuation."""
    found: list[str] = []
    for i, char in enumerate(text):
        if i and not boundary(text, i):
            found[-1] += char
        else:
            found.append(char)
    return found


def boundary(text: str, i: int) -> bool:
    """Whether there is one before character `i`, which is not the first."""
    last, now = kind(text[i - 1]), kind(text[i])
    if last in ENDS or now in ENDS:  # WB3 to 3b
        return not (last == "CR" and now == "LF")
    if last == "ZWJ" and ord(text[i]) in codes_of("Extended_Pictographic"):  # WB3c
        return False
    if last == now == "WSegSpace" or now in SKIPPED:  # WB3d, WB4
        return False
    before = [k for c in text[:i] if (k := kind(c)) not in SKIPPED]
    after = [k for c in text[i + 1 :] if (k := kind(c)) not in SKIPPED]
    earlier, prev, following = (before[-2:-1] or [""])[0], (before[-1:] or [""])[0], (after or [""])[0]
    return not (
        (prev in LETTERS and now in LETTERS)  # WB5
        or (prev in LETTERS and now in MIDDLES and following in LETTERS)  # WB6
        or (earlier in LETTERS and prev in MIDDLES and now in LETTERS)  # WB7
        or (prev == "Hebrew_Letter" and now == "Single_Quote")  # WB7a
        or (prev == following == "Hebrew_Letter" and now == "Double_Quote")  # WB7b
        or (earlier == now == "Hebrew_Letter" and prev == "Double_Quote")  # WB7c
        or (prev in LETTERS | {"Numeric"} and now == "Numeric")  # WB8, WB9
        or (prev == "Numeric" and now in LETTERS)  # WB10
        or (earlier == now == "Numeric" and prev in NUMBER_MIDDLES)  # WB11
        or (prev == following == "Numeric" and now in NUMBER_MIDDLES)  # WB12
        or prev == now == "Katakana"  # WB13
        or (prev in LETTERS | {"Numeric", "Katakana", "ExtendNumLet"} and now == "ExtendNumLet")  # WB13a
        or (prev == "ExtendNumLet" and now in LETTERS | {"Numeric", "Katakana"})  # WB13b
    )  # flags (WB15, WB16) are no letters or numbers, so where they break shapes no word here
