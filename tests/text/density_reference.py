"""What `text.density_counts` counts, in plain Python over characters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from curation_lib.text.byte_ngrams import SYMBOLS
from curation_lib.text.density_counts import FIELDS, SLOTS, WINDOW
from curation_lib.text.lexicon import (
    FIRST_PERSON,
    FUNCTION,
    HEDGE,
    PROMOTION,
    RARITY_SHIFT,
    STORY_SHIFT,
    UNIT,
    pair_key,
    word_key,
)

CHARACTER = "[0-9A-Za-z_\u00c0-\u1fff\u2040-\U0010ffff]"
TOKEN = re.compile(f"(?P<word>{CHARACTER}+(?:['’-]{CHARACTER}+)*)|(?P<other>.)", re.DOTALL)
SPACE_NEXT = re.compile(r"[!\"'’”)*.?\]_]*(?:[ \t\n\v\f\r]|\Z)")


def counts(text: str, entries: Mapping[int, int], unknown: int, costs: Any) -> dict[str, int]:
    """The FIELDS of one text."""
    out = dict.fromkeys(FIELDS, 0)
    data = text.encode()
    out |= {"bytes": len(data), "surprisal": surprisal(data, costs), "compressed": compressed(data)}
    recent: dict[int, tuple[int, int]] = {}
    sentence: list[tuple[bool, bool]] = []  # of each word: new, a fact
    previous, behind_number = 0, False

    def end() -> None:
        if sentence:
            out["sentences"] += 1
            facts, new = any(fact for _, fact in sentence), sum(new for new, _ in sentence)
            out["empty_sentences"] += not facts and new <= 1
            sentence.clear()

    for token in TOKEN.finditer(text):
        if token["other"]:
            at, sign = token.start(), token["other"]
            spaced = SPACE_NEXT.match(text, at + 1) is not None
            if sign in "!?" and spaced and _after_word(text[at - 1] if at else " "):
                out["exclamations" if sign == "!" else "questions"] += 1
            if (sign == "\n" and text[at + 1 : at + 2] in ("", "\n")) or (sign in ".!?" and spaced):
                if sentence:
                    previous = 0
                end()
            continue
        word = token["word"]
        key = word_key(word)
        entry = entries.get(key, 0)
        flags = entry & 255 | entries.get(pair_key(previous, key), 0) & 255
        uppers, digits = len(re.findall("[A-Z]", word)), len(re.findall("[0-9]", word))
        letters = uppers + len(re.findall("[a-z]|[^\x00-\x7f’]", word))
        number = word[0] in "0123456789"
        mixed = letters > 0 and ("_" in word or (digits > 0 and not number))
        named = bool((sentence and "A" <= word[0] <= "Z" and not flags & FIRST_PERSON) or uppers > 1 or mixed)
        counted = number or bool(behind_number and flags & UNIT)
        first = bool(flags & FIRST_PERSON) and uppers < 2
        fresh = False
        if letters > 2 and not flags & FUNCTION and not first:
            out["content_words"] += 1
            before = recent.get(key % SLOTS)
            fresh = before is None or before[0] != key or out["content_words"] - before[1] > WINDOW
            recent[key % SLOTS] = key, out["content_words"]
            out["new_words"] += fresh
            out["rarity"] += entry >> RARITY_SHIFT & 255 or unknown
        out["words"] += 1
        out["story"] += entry >> STORY_SHIFT & 255
        for name, met in (
            ("entities", named), ("numbers", counted), ("first_person", first), ("hedges", flags & HEDGE),
            ("promotion", flags & PROMOTION),
        ):  # fmt: skip
            out[name] += bool(met)
        sentence.append((fresh, named or counted))
        previous, behind_number = key, number
    end()
    return out


def _after_word(character: str) -> bool:
    return character > "\x7f" or character.isalnum() or character in "_'-!?)"


def surprisal(data: bytes, costs: Any) -> int:
    """Of each symbol behind the two before it."""
    folded = [31, 31, *(symbol(byte) for byte in data)]
    return sum(
        int(costs[(a * SYMBOLS + b) * SYMBOLS + c]) for a, b, c in zip(folded, folded[1:], folded[2:], strict=False)
    )


def symbol(byte: int) -> int:
    character = chr(byte)
    if byte > 127:
        return 30
    if character.isalpha():
        return ord(character.lower()) - ord("a")
    for number, signs in ((26, "0123456789"), (27, " \t"), (28, ".,;:!?"), (31, "\r\n")):
        if character in signs:
            return number
    return 29


def compressed(data: bytes) -> int:
    """Greedy matches of four bytes or more, found where a hash of four bytes was seen last."""
    places: dict[int, int] = {}
    cost = i = 0
    while i + 4 <= len(data):
        slot = (int.from_bytes(data[i : i + 4], "little") * 2_654_435_761 % 2**32) >> 20
        before = places.get(slot, -1)
        places[slot] = i
        length = 0
        while (
            before >= 0
            and i - before <= 65_535
            and i + length < len(data)
            and data[before + length] == data[i + length]
        ):
            length += 1
        cost, i = (cost + 3, i + length) if length >= 4 else (cost + 1, i + 1)
    return cost + len(data) - i
