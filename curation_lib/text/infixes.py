"""Where a chunk that has lost its prefixes and suffixes splits inside, by rules near spaCy's."""

from __future__ import annotations

from curation_lib.text import word_rules as rules
from curation_lib.text.characters import ALONE, ALPHABETIC, ICON, JOINED, KIND, LOWER, QUOTE, UPPER
from curation_lib.text.chunk_arrays import Codes, Kinds, Starts, is_digit, run_of
from curation_lib.text.hosts import is_url
from curation_lib.text.kernels import inlined
from curation_lib.text.special_words import PREFIX_LIST, Exceptions, listed

_DOT, _COMMA, _DASH, _SLASH, _APOSTROPHE, _UNDERLINE, _CURLY, _ELLIPSIS = (ord(c) for c in ".,-/'_’…")
_EN, _EM, _TILDE = (ord(c) for c in "–—~")
_OPERATORS = tuple(ord(c) for c in "+-*^")
_COMPARISONS = tuple(ord(c) for c in ":<>=")
_CLOSING = tuple(ord(c) for c in "()[]!?")


@inlined
def stays_whole(codes: Codes, kinds: Kinds, a: int, b: int, style: int, lists: Exceptions) -> bool:
    """Whether nothing splits inside: a URL, or a French compound."""
    if is_url(codes, kinds, a, b):
        return True
    i = a
    while style & rules.FRENCH and i < b and kinds[i] & ALPHABETIC:
        i += 1
    return a < i < b - 1 and codes[i] == _DASH and listed(codes, a, i, PREFIX_LIST, lists) >= 0


@inlined
def split_inside(codes: Codes, kinds: Kinds, a: int, b: int, style: int, starts: Starts) -> None:
    i = a
    while i < b:
        width = 1
        if style & rules.COMPOUNDS and (i == a or kinds[i - 1] & KIND != JOINED):
            width = _compound(codes, kinds, i, b)
            if width > 1:
                if i > a:
                    starts[i] = 1
                    if i + width < b:
                        starts[i + width] = 1
                i += width
                continue
        if kinds[i] & KIND != JOINED or codes[i] == _UNDERLINE or style & rules.UNSPACED:
            width = _infix(codes, kinds, a, i, b, style)
            if width > 0 and i > a:
                starts[i] = 1
                if i + width < b:
                    starts[i + width] = 1
            elif width < 0:
                starts[i + 1] = 1
            width = max(width, 1)
        i += width


@inlined
def _compound(codes: Codes, kinds: Kinds, i: int, b: int) -> int:
    """Characters of the words joined by hyphens that start at `i`, 1 if it is a single word."""
    k, last = i, -1
    while k < b and (kinds[k] & KIND == JOINED or (codes[k] == _DASH and k > i)):
        if codes[k] == _DASH:
            if k + 1 >= b or kinds[k + 1] & KIND != JOINED:
                break
            last = k
        k += 1
    return k - i if last >= 0 else 1


@inlined
def _infix(codes: Codes, kinds: Kinds, a: int, i: int, b: int, style: int) -> int:
    """Characters of the word at `i` that splits what is around it, 0 if nothing does, -1 for a cut behind `i`."""
    code, kind = codes[i], kinds[i]
    if code == _ELLIPSIS or kind & ICON:
        return 1
    if style & rules.UNSPACED and kind & KIND == ALONE:
        return 1
    if code == _DOT:
        run = run_of(codes, i, b)
        if run > 1:
            return run
    if i > a and style & rules.ALL_HYPHENS and code in (_DASH, _EN, _EM, _TILDE):
        return 1
    if i == a or i + 1 >= b:
        return 0
    before, after, next_ = kinds[i - 1], kinds[i + 1], codes[i + 1]
    letters, digit = before & ALPHABETIC, is_digit(codes[i - 1])
    if code == _DOT:
        return _stop_inside(before, digit, after, next_, style)
    if code in _OPERATORS and digit:
        signs = style & rules.ARITHMETIC and (code != _DASH or style & rules.HYPHENS)
        if signs and (is_digit(next_) or next_ == _DASH):
            return 1
        if code == _DASH and style & rules.CLOSE and not style & rules.ALL_HYPHENS and is_digit(next_):
            return 1 if style & rules.SLASHES else 0
    if code in (_DASH, _EN, _EM, _TILDE):
        return _hyphen(codes, kinds, i, b, style)
    if code == _SLASH and style & rules.SLASHES:
        digits = style & rules.END_SLASH and is_digit(next_)
        behind = digit and not style & rules.ALL_STOPS
        return 1 if (letters or behind) and (after & ALPHABETIC or digits) else 0
    if not after & ALPHABETIC:
        return -1 if _elides(codes, kinds, i, style) and (is_digit(next_) and not style & rules.FRENCH) else 0
    if code in _COMPARISONS:
        return 1 if letters or (digit and style & rules.DIGIT_COLONS) else 0
    if not letters:
        return 0
    if code == _COMMA:
        return 1
    if style & rules.CLOSE and code != _APOSTROPHE:
        return 1 if kind & QUOTE or code in _CLOSING else 0
    return -1 if _elides(codes, kinds, i, style) else 0


@inlined
def _elides(codes: Codes, kinds: Kinds, i: int, style: int) -> bool:
    if not style & rules.ELISION or not kinds[i - 1] & ALPHABETIC:
        return False
    elides: bool = codes[i] in (_APOSTROPHE, _CURLY)
    return elides


@inlined
def _stop_inside(before: int, digit: bool, after: int, next_: int, style: int) -> int:
    """1 if a full stop splits."""
    if style & rules.ALL_STOPS:
        return 1 if (before & ALPHABETIC or digit) and (after & UPPER or is_digit(next_)) else 0
    quote = QUOTE if style & rules.QUOTE_STOPS else 0
    return 1 if before & (LOWER | quote) and after & (UPPER | quote) else 0


@inlined
def _hyphen(codes: Codes, kinds: Kinds, i: int, b: int, style: int) -> int:
    """Characters of the hyphen or dash at `i` if it splits."""
    run = run_of(codes, i, b) if codes[i] in (_DASH, _EM) else 1
    letter = kinds[i - 1] & ALPHABETIC
    if i + run >= b or run > (3 if codes[i] == _DASH else 2) or not kinds[i + run] & ALPHABETIC:
        return 0
    if style & rules.CLOSE:
        return 2 if run == 2 and letter else 0
    if not style & rules.HYPHENS or not (letter or (style & rules.AFTER_DIGITS and is_digit(codes[i - 1]))):
        return 0
    return run if style & rules.BEFORE_CAPITALS or kinds[i + run] & LOWER else 0
