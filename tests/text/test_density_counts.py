from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.text.byte_ngrams import CONTEXTS, SYMBOLS, UNITS, costs_of, count_ngrams
from curation_lib.text.density_counts import FIELDS, SLOTS, WINDOW, density_counts
from curation_lib.text.lexicon import (
    FIRST_PERSON,
    FUNCTION,
    HEDGE,
    PROMOTION,
    RARITY_SHIFT,
    STORY_SHIFT,
    UNIT,
    classes,
    lexicon,
    word_key,
)
from tests.text import density_reference as reference

UNKNOWN = 170
ENTRIES = classes(
    [(FUNCTION, ["the", "a", "don't"]), (FIRST_PERSON, ["i", "my", "us"]), (HEDGE, ["just", "kind of", "I mean"]),
     (PROMOTION, ["great", "kind of"]), (UNIT, ["km", "C"])]
)  # fmt: skip
ENTRIES |= {word_key("dog"): 90 << RARITY_SHIFT | 7 << STORY_SHIFT, word_key("naïve"): 120 << RARITY_SHIFT}
TABLE = lexicon(ENTRIES, UNKNOWN)
COSTS = np.random.default_rng(1).integers(1, 256, SYMBOLS * CONTEXTS).astype(np.uint8)
PIECES = st.sampled_from(
    ["the", "dog", "Dog", "I", "US", "my", "kind", "of", "just", "great", "5", "5km", "km", "NATO", "foo_bar", "x2", "don’t",
     "don't", "naïve", "-", "'", "’", "!", "?", ".", "”", '"', ")", "\n", "\n\n", " ", " ", " ", "\u00a0", "é", "語", "°", "_"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=40))


def counted(texts: list[str]) -> list[dict[str, int]]:
    rows = density_counts(pa.array(texts, pa.large_string()), TABLE, COSTS)
    return [dict(zip(FIELDS, row.tolist(), strict=True)) for row in rows]


@settings(max_examples=300)
@given(st.lists(TEXTS, max_size=5))
@example(["", "dog dog dog", "kind of", "I mean. I mean", "5 km 5 C", "!?! ?", "a!=b x?y", "’ 'a' -b-"])
def test_counts_are_those_of_the_reference(texts: list[str]) -> None:
    assert counted(texts) == [reference.counts(text, ENTRIES, UNKNOWN, COSTS) for text in texts]


def test_every_code_point() -> None:
    codes = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    common, others = codes[:0x3100], codes[0x3100:]
    texts = ["".join(f"a{c}b {c}. " for c in common), *("".join(others[n : n + 16]) for n in range(0, len(others), 16))]
    assert counted(texts) == [reference.counts(text, ENTRIES, UNKNOWN, COSTS) for text in texts]


def test_a_sentence_of_each_kind() -> None:
    (found,) = counted(["I just kind of like the dog! Is NATO 5 km from my dog_house?\n\nThe dog."])
    wanted = {"words": 16, "first_person": 2, "hedges": 2, "promotion": 1, "exclamations": 1, "questions": 1,
              "entities": 2, "numbers": 2, "sentences": 3, "empty_sentences": 1, "story": 14}  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted


def test_a_word_is_new_again_after_256_others() -> None:
    names = (f"word{chr(97 + n // 26)}{chr(97 + n % 26)}q" for n in range(26 * 26))
    slots = {word_key("dog") % SLOTS}  # one word a slot, else they forget each other
    others = [name for name in names if not (slots >= (own := {word_key(name) % SLOTS}) or slots.update(own))][:257]

    def new_words(between: int) -> int:
        return counted([" ".join(["dog", *others[:between], "dog"])])[0]["new_words"]

    assert len(others) == 257
    assert [new_words(between) - between for between in (20, WINDOW - 1, WINDOW, WINDOW + 1)] == [1, 1, 2, 2]


def test_texts_do_not_see_each_other() -> None:
    texts = ["dog and dog", "a dog of 5 km", "dog and dog", "x" * 5000, "x" * 5000]
    assert counted(texts) == [counted([text])[0] for text in texts]


def test_a_slice_counts_as_the_whole() -> None:
    texts = pa.array(["dog", "I just mean it!", "5 km"], pa.large_string())
    assert density_counts(texts.slice(1), TABLE, COSTS).tolist() == density_counts(texts, TABLE, COSTS).tolist()[1:]


def test_costs_are_those_of_a_probability() -> None:
    texts = pa.array(["the cat sat on the mat. " * 40, "0 1 2\n"], pa.large_string())
    costs = costs_of(count_ngrams(texts)).reshape(-1, SYMBOLS)
    assert np.allclose((2.0 ** (-costs.astype(int) / UNITS)).sum(axis=1), 1, atol=0.06)
    rows = density_counts(pa.array(["the cat sat", "xq zvj kwq!"], pa.large_string()), TABLE, costs.reshape(-1))
    assert rows["surprisal"][0] * 3 < rows["surprisal"][1]


def test_repetition_compresses() -> None:
    plain, repeated = counted(["Zinc melts at 420 C, tin at 232, lead at 327 and iron at 1538.", "Zinc melts. " * 40])
    assert plain["compressed"] > 0.85 * plain["bytes"]
    assert repeated["compressed"] < 0.1 * repeated["bytes"]
