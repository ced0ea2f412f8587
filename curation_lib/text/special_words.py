"""The fast splitter's exceptions as one hash table: chunks that stay whole, or split where no rule says so."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.text.blocks import text_hash
from curation_lib.text.buffers import Hashes
from curation_lib.text.chunk_arrays import Codes
from curation_lib.text.chunks import MARKS, enter, entry_of
from curation_lib.text.kernels import inlined
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
    entries: dict[int, int] = {}
    letters, ends = np.zeros(MARKS, np.uint8), np.zeros((len(_SALTS), 64), np.uint64)
    for number, code in enumerate(STYLES):
        for word in _listed(code):
            _add(entries, letters, ends, number, word)
    prefixes = [*PREFIXES.split(), *PREFIXES.title().split()]
    for number, others in ((UNIT_LIST, UNITS.split()), (ENCLITIC_LIST, ENCLITICS.split()), (PREFIX_LIST, prefixes)):
        for word in others:
            _add(entries, letters, ends, number, word)
    slots = np.zeros(1 << 14, np.uint64)
    for key, cuts in entries.items():
        enter(slots, np.array([key], np.uint64), cuts)
    return Exceptions(slots, letters, ends)


@cache
def listed_words(language: str | None) -> dict[str, list[str]]:
    """The exceptions of this language, each with its words."""
    code = code_of(language)
    parts = [_parts(word) for word in reversed(_listed(code))]
    return {"".join(part): part for part in parts}


def _parts(word: str) -> list[str]:
    """An entry's words, which bars part; a bar in an emoticon is one."""
    return [word] if word in (":|", ":-|", "=|") else word.split("|")


def _add(entries: dict[int, int], letters: npt.NDArray[np.uint8], ends: Hashes, number: int, word: str) -> None:
    parts = _parts(word)
    text = "".join(parts)
    data = np.frombuffer(text.encode(), np.uint8)
    if text.isalpha() and number < UNIT_LIST:
        letters[int(text_hash(data, 0, len(data))) % MARKS] = 1
    ends[number, ord(text[-1]) & 63] |= np.uint64(1 << (ord(text[0]) & 63))
    cuts, at = 0, 0
    for part in parts[:-1]:
        at += len(part)
        cuts |= 1 << at
    codes = np.array([ord(c) for c in text], np.int32)
    entries.setdefault(int(_key(codes, 0, len(codes), number)), cuts)


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
