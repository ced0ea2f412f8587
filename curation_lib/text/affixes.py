"""Where the words of one chunk begin, by rules near spaCy's: signs come off both ends, the rest splits inside.

A chunk is what stands between white space, given as code points and their entries of `characters`' table.
"""

from __future__ import annotations

from curation_lib.text import word_rules as rules
from curation_lib.text.characters import AFFIX, ALPHABETIC, CURRENCY, JOINED, KIND, LOWER, UPPER
from curation_lib.text.chunk_arrays import Codes, Kinds, Starts, is_digit, run_of
from curation_lib.text.infixes import split_inside, stays_whole
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.special_words import ENCLITIC_LIST, UNIT_LIST, Exceptions, listed, perhaps

_DOT, _DASH, _SLASH, _PLUS, _APOSTROPHE, _CURLY, _UNDERLINE, _PERCENT = (ord(c) for c in ".-/+'’_%")
_PREFIXES = tuple(ord(c) for c in "§%=—–")
_DASHES = tuple(ord(c) for c in "—–")
_S = tuple(ord(c) for c in "sS")
_APOSTROPHES = (_APOSTROPHE, _CURLY)
_BEFORE_STOP = tuple(ord(c) for c in "%²-+|")
_ELIDED = tuple(ord(c) for c in "dlnDLN")


@kernel
def mark_starts(codes: Codes, kinds: Kinds, n: int, style: int, lists: Exceptions, starts: Starts) -> None:
    """starts[i] becomes 1 where a word begins, else 0, for the first `n`."""
    for i in range(n):
        starts[i] = 0
    starts[0] = 1
    number = style >> rules.NUMBER
    a, b, cuts, parts = 0, n, -1, 1
    while a < b:
        if perhaps(codes, a, b, number, lists):
            cuts = listed(codes, a, b, number, lists)
            if cuts >= 0:
                break
        before = 0
        if kinds[a] & KIND != JOINED or kinds[a] & AFFIX or style & rules.FRENCH:
            before = _prefix(codes, kinds, a, b, style)
        if before and a + before < b and perhaps(codes, a + before, b, number, lists):
            cuts = listed(codes, a + before, b, number, lists)
            if cuts >= 0:
                a += before
                starts[a] = 1
                parts += 1
                break
        behind = 0
        if not is_digit(codes[b - 1]):
            behind = _suffix(codes, kinds, a + before, b, style, lists)
        if behind and a < b - behind and perhaps(codes, a, b - behind, number, lists):
            cuts = listed(codes, a, b - behind, number, lists)
            if cuts >= 0:
                b -= behind
                starts[b] = 1
                parts += 1
                break
        if not before and not behind:
            break
        if before:
            a += before
            parts += 1
            if a < n:
                starts[a] = 1
        if behind and b - behind >= a:
            b -= behind
            parts += 1
            starts[b] = 1
    if a < b:
        starts[a] = 1
    if cuts > 0:
        for k in range(1, b - a):
            starts[a + k] = cuts >> k & 1
    elif cuts < 0:
        signs = 0
        for k in range(a, b):
            signs += kinds[k] & KIND != JOINED or codes[k] == _UNDERLINE
        if signs and not stays_whole(codes, kinds, a, b, style, lists):
            split_inside(codes, kinds, a, b, style, starts)
            parts += 2
    if parts > 2:  # two make a chunk that would have been found in the list
        _join_listed(codes, n, number, lists, starts)


@inlined
def _prefix(codes: Codes, kinds: Kinds, a: int, b: int, style: int) -> int:
    """Characters of the word at the start that comes off, 0 if none does."""
    code = codes[a]
    if code == _DOT:
        run = run_of(codes, a, b)
        return run if run > 1 else 0
    if kinds[a] & (AFFIX | CURRENCY) or code in _PREFIXES:
        return 1
    if code == _PLUS:
        return 0 if a + 1 < b and is_digit(codes[a + 1]) else 1
    if style & rules.FRENCH and a + 2 < b and code in _ELIDED and kinds[a + 2] & ALPHABETIC:
        return 2 if codes[a + 1] in _APOSTROPHES else 0
    return 0


@inlined
def _suffix(codes: Codes, kinds: Kinds, a: int, b: int, style: int, lists: Exceptions) -> int:
    """Characters of the word at the end that comes off, 0 if none does."""
    if a >= b:
        return 0
    code, before = codes[b - 1], codes[b - 2] if b - a > 1 else -1
    if code == _DOT:
        run = 1
        while b - run > a and codes[b - run - 1] == _DOT:
            run += 1
        if style & rules.ALL_STOPS:
            return 1
        return run if run > 1 else _full_stop(codes, kinds, a, b, style)
    if kinds[b - 1] & AFFIX:
        return 1
    if code in _DASHES:
        return 1 if style & rules.DASHES else 0
    if code == _SLASH:
        return 1 if style & rules.END_SLASH else 0
    if before < 0:
        return 0
    if code in _S and before in _APOSTROPHES:
        return 2 if style & rules.POSSESSIVE else 0
    if code == _PLUS or kinds[b - 1] & CURRENCY or (code == _PERCENT and style & rules.PERCENT):
        return 1 if is_digit(before) else 0
    return _short_ending(codes, kinds, a, b, style, lists)


@inlined
def _full_stop(codes: Codes, kinds: Kinds, a: int, b: int, style: int) -> int:
    """1 if the full stop at the end is a word."""
    if b - a < 2:
        return 0
    code, kind = codes[b - 2], kinds[b - 2]
    if is_digit(code):
        return 1 if style & rules.DIGIT_STOPS else 0
    if kind & (LOWER | AFFIX) or code in _BEFORE_STOP:
        return 1
    return 1 if b - a > 2 and kind & UPPER and kinds[b - 3] & UPPER else 0


@inlined
def _short_ending(codes: Codes, kinds: Kinds, a: int, b: int, style: int, lists: Exceptions) -> int:
    """Characters of the unit behind a digit, or of the French pronoun behind a hyphen, at the end."""
    french = style & rules.FRENCH
    for k in range(5, 0, -1):
        if b - k - 1 < a:
            continue
        code = codes[b - k - 1]
        if is_digit(code) and listed(codes, b - k, b, UNIT_LIST, lists) >= 0:
            return k
        hyphen = french and code == _DASH and b - k - 2 >= a and kinds[b - k - 2] & ALPHABETIC
        if hyphen and listed(codes, b - k, b, ENCLITIC_LIST, lists) >= 0:
            return k + 1
    return 0


@inlined
def _join_listed(codes: Codes, n: int, number: int, lists: Exceptions, starts: Starts) -> None:
    """Put emoticons together again that came apart: two or three words of few characters."""
    i = 0
    while i < n:
        one = _next(starts, i, n)
        two = _next(starts, one, n)
        if two > one and one - i <= 2 and two - one <= 2:
            three = _next(starts, two, n)
            if three > two and three - i <= 4 and _joins(codes, i, three, number, lists):
                starts[one] = starts[two] = 0
                one = three
            elif _joins(codes, i, two, number, lists):
                starts[one] = 0
                one = two
        i = one


@inlined
def _joins(codes: Codes, a: int, b: int, number: int, lists: Exceptions) -> bool:
    """Whether codes[a:b] is an exception that stays whole."""
    return perhaps(codes, a, b, number, lists) and listed(codes, a, b, number, lists) == 0


@inlined
def _next(starts: Starts, i: int, n: int) -> int:
    """Where the word behind the one at `i` begins."""
    k = i + 1
    while k < n and not starts[k]:
        k += 1
    return min(k, n)
