"""Numbers as values, whatever way they are written: figures, words, ordinals, percent, with or without separators.

A value is a string in one normal form: no thousands separators, no leading zeros, no `.0` at the end, scale words
multiplied out (`30 million` is `30000000`). A version (`3.10.8`) stays as it is. A sign is left out.
"""

from __future__ import annotations

import re
from decimal import Decimal

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
SMALL: dict[str, int] = {
    **{word: n for n, word in enumerate(_ONES)},
    **{word: 10 * n for n, word in enumerate(_TENS, 2)},
}
"""Number words below a hundred."""
ORDINALS: dict[str, int] = {
    **{word: n for n, word in enumerate(_ORDINALS)},
    **{word[:-1] + "ieth": 10 * n for n, word in enumerate(_TENS, 2)},
}
SCALES: dict[str, int] = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
VAGUE = frozenset({"one", "first", "second", "third", "zero"})
"""Words that count or order without saying a number (`the first`, `one of`): no fact by themselves."""

FIGURES = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[_'’]\d{3})+|\d+(?:\.\d+)*")


def figure_value(figures: str) -> str:
    """The value of a number in figures: `1,000` and `1_000` are `1000`, `2.0` is `2`, `007` is `7`."""
    plain = "".join(str(int(c)) if c.isdecimal() else c for c in re.sub(r"[,_'’]", "", figures))
    whole, *parts = plain.split(".")
    if len(parts) == 1 and not parts[0].strip("0"):
        parts = []
    return ".".join([whole.lstrip("0") or "0", *parts])


def scaled(value: str, scale: str) -> str:
    """`value` times a word of SCALES; the value itself where it is a version or a time."""
    if value.count(".") > 1 or ":" in value:
        return value
    return figure_value(format(Decimal(value) * SCALES[scale], "f"))


def word_value(words: list[str]) -> tuple[str, int] | None:
    """`(value, words used)` of the longest number that begins a list of lower-case words, None where none does.

    `twenty five`, `two hundred and six`, `thirty thousand`, `fifth`. A scale alone (`thousands`, `a million`) is none.
    """
    total, current, used = 0, None, 0
    for place, word in enumerate(words):
        if word in SMALL and _joins(current, SMALL[word]):
            current, used = (current or 0) + SMALL[word], place + 1
        elif word in ORDINALS and _joins(current, ORDINALS[word]):
            return str(total + (current or 0) + ORDINALS[word]), place + 1
        elif word == "hundred" and current is not None and 0 < current < 100:
            current, used = current * 100, place + 1
        elif word in SCALES and word != "hundred" and current:
            total, current, used = total + current * SCALES[word], None, place + 1
        elif not (word == "and" and used == place and current is not None and current >= 100):
            break
    return (str(total + (current or 0)), used) if used else None


def _joins(current: int | None, value: int) -> bool:
    """Whether a word below a hundred continues the number: `twenty` + `five`, `two hundred` + `six`."""
    if current is None:
        return True
    ones = current % 100
    return (ones == 0 and current > 0) or (ones >= 20 and ones % 10 == 0 and 0 < value < 10)
