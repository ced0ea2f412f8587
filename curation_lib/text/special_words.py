"""The fast splitter's exceptions as one hash table: chunks that stay whole, or split where no rule says so."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Hashes
from curation_lib.text.chunk_arrays import Codes
from curation_lib.text.chunks import entry_of, letter_marks, put
from curation_lib.text.kernels import inlined
from curation_lib.text.ngrams import Counts
from curation_lib.text.occurrences import spread
from curation_lib.text.word_lists import APART, ENCLITICS, EVERYWHERE, PREFIXES, UNITS, WHOLE
from curation_lib.text.word_rules import STYLES, code_of

UNIT_LIST, ENCLITIC_LIST, PREFIX_LIST = 13, 14, 15
_SALTS = np.array([n * 0x9E3779B97F4A7C15 % 2**64 for n in range(16)], np.uint64)
_LONGEST = 16
_1, _PRIME = np.uint64(1), np.uint64(0x100000001B3)  # FNV-1a, over code points


class Exceptions(NamedTuple):
    """slots: hash of a chunk, salted by its list, and where it splits: bit k, before character k.
    letters: uint8[MARKS], not 0 at the last bits of the hashes of those of letters alone.
    ends: per list and last 6 bits of the last character a set of last 6 bits of the first, to spare most look-ups."""

    slots: Hashes
    letters: npt.NDArray[np.uint8]
    ends: Hashes


@cache
def exceptions() -> Exceptions:
    """All lists, made once a process."""
    words = [(number, word) for number, code in enumerate(STYLES) for word in _listed(code)]
    prefixes = [*PREFIXES.split(), *PREFIXES.title().split()]
    for number, others in ((UNIT_LIST, UNITS.split()), (ENCLITIC_LIST, ENCLITICS.split()), (PREFIX_LIST, prefixes)):
        words += [(number, word) for word in others]
    parts = [_parts(word) for _, word in words]
    texts = ["".join(part) for part in parts]
    codes, offsets = np.frombuffer("".join(texts).encode("utf-32-le"), np.int32), _offsets(texts)
    numbers = np.array([number for number, _ in words], np.int64)
    cuts = np.array([sum(1 << at for at in _offsets(part)[1:-1].tolist()) for part in parts], np.uint64)
    slots, ends = np.zeros(1 << 14, np.uint64), np.zeros((len(_SALTS), 64), np.uint64)
    _enter(codes, offsets, numbers, cuts, slots, ends)
    alone = [text for (number, _), text in zip(words, texts, strict=True) if text.isalpha() and number < UNIT_LIST]
    return Exceptions(slots, letter_marks(alone), ends)


def _offsets(texts: Sequence[str]) -> Counts:
    """Where each begins when they are joined, and where the last ends."""
    return np.cumsum([0, *map(len, texts)], dtype=np.int64)


@njit(nogil=True, cache=True)
def _enter(codes: Codes, offsets: Counts, numbers: Counts, cuts: Hashes, slots: Hashes, ends: Hashes) -> None:
    """Fill the table; of equal words of one list the first stays."""
    for w in range(len(numbers)):
        a, b, number = offsets[w], offsets[w + 1], numbers[w]
        ends[number, codes[b - 1] & 63] |= _1 << np.uint64(codes[a] & 63)
        key = _key(codes, a, b, number)
        if entry_of(slots, key) < 0:
            put(slots, key, cuts[w])


@cache
def listed_words(language: str | None) -> dict[str, list[str]]:
    """The exceptions of this language, each with its words."""
    code = code_of(language)
    parts = [_parts(word) for word in reversed(_listed(code))]
    return {"".join(part): part for part in parts}


def _parts(word: str) -> list[str]:
    """An entry's words, which bars part; a bar in an emoticon is one."""
    return [word] if word in (":|", ":-|", "=|") else word.split("|")


def _listed(code: str) -> list[str]:
    everywhere = [w for w in EVERYWHERE.split() if code != "pl" or not w[0].isalpha() or len(w) != 2]
    found = [*WHOLE.get(code, "").split(), *APART.get(code, "").split(), *everywhere]
    return [*_contractions(), *_times(), *found] if code == "en" else found


def _times() -> list[str]:
    return [f"{hour}|{half}" for hour in range(1, 13) for half in ("a.m.", "p.m.", "am", "pm")]


def _contractions() -> list[str]:
    """don't, they're, could've... with either apostrophe or none; spaCy leaves out those that are words."""
    negated = "ai are ca could did do does had has have is may might must need ought sha should was wo would dare"
    people = "i you he she it we they who what when where why how there that this these those"
    found = [f"{verb}|n{a}t" for verb, a in product([*negated.split(), "were"], "'’")]
    found += [f"{verb}|nt" for verb in negated.split()]
    ends = ("ll", "ve", "d", "re")
    for who, end in product(people.split(), ends):
        found += [f"{who}|{a}{end}" for a in ("'", "’", "")]
    found += [f"{verb}|{a}ve" for verb, a in product("could might must should would".split(), ("'", "’", ""))]
    found += [f"{who}|s" for who in "he she it what when where why how there that this who".split()]
    found += ["i|'m", "i|’m", "i|m"]
    words = "i|ll he|ll she|ll we|ll she|d we|re who|re i|re he|re she|re it|re this|re that|re it|s".split()
    found = [word for word in found if word not in words]
    return found + [word[0].upper() + word[1:] for word in found]


@inlined
def perhaps(codes: Codes, a: int, b: int, number: int, lists: Exceptions) -> bool:
    """Whether codes[a:b] can be an exception, by its length, its first and last character."""
    if b - a > _LONGEST:
        return False
    found: bool = lists.ends[number, codes[b - 1] & 63] >> np.uint64(codes[a] & 63) & _1 != 0
    return found


@inlined
def listed(codes: Codes, a: int, b: int, number: int, lists: Exceptions) -> int:
    """Where the exception codes[a:b] splits, -1 if it is none."""
    return entry_of(lists.slots, _key(codes, a, b, number))


@inlined
def _key(codes: Codes, a: int, b: int, number: int) -> np.uint64:
    h: Any = _SALTS[number]
    for i in range(a, b):
        h = (h ^ np.uint64(codes[i])) * _PRIME
    return spread(h)
