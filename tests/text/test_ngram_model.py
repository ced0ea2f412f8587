"""Scores of n-gram models: equal to the definition on any text, to KenLM's own on real ones (`tests/golden/text`)."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.text.arpa import parse_arpa
from curation_lib.text.ngram_building import build_model
from curation_lib.text.ngram_files import binary_bytes, load_ngram_model
from curation_lib.text.ngram_model import WORD, NgramModel
from curation_lib.text.ngram_scores import AHEAD, score_texts
from curation_lib.text.ngram_tables import FIXED, SANITY
from tests.text.ngram_reference import read_arpa, text_score

ARPA = """\\data\\
ngram 1=6
ngram 2=6
ngram 3=3

\\1-grams:
-1.5\t<unk>
-99\t<s>\t-0.30103
-1.25\t</s>
-0.75\ta\t-0.25
-1e+0\tb\t-0.5
-1.0625\tc\t0

\\2-grams:
-0.5\t<s> a\t-0.125
-0.375\ta b\t-0.0625
-0.625\tb a\t0
-0.875\tb b\t-0.75
-0.4375\tb </s>
-1.375\ta a

\\3-grams:
-0.25\t<s> a b
-0.1875\ta b </s>
-0.3125\tb a b

\\end\\
"""
WORDS = ["a", "b", "c", "d", "<s>", "</s>", "<unk>", "ab", "\n", "\n\n", "\u00a0", "ä"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)


def model_of(text: str) -> NgramModel:
    return build_model(*parse_arpa(text.encode(), "test.arpa"))


def scored(texts: list[str], model: NgramModel, lines: bool = True) -> list[tuple[float, int]]:
    found = score_texts(pa.array(texts, pa.large_string()), model, lines)
    return list(zip(found.log10.tolist(), found.tokens.tolist(), strict=True))


@given(st.lists(TEXTS, min_size=1, max_size=5), st.booleans())
@settings(max_examples=300)
def test_scores_equal_the_definition(texts: list[str], lines: bool) -> None:
    order, weights = read_arpa(ARPA)
    expected = [text_score(text, order, weights, lines) for text in texts]
    found = scored(texts, model_of(ARPA), lines)
    assert [n for _, n in found] == [n for _, n in expected]
    np.testing.assert_allclose([s for s, _ in found], [s for s, _ in expected], rtol=2e-6)


def test_a_text_longer_than_what_is_looked_up_at_once_scores_the_same() -> None:
    order, weights = read_arpa(ARPA)
    text = " ".join("abacbbad"[(i * i) % 8] for i in range(3 * AHEAD + 5))
    for texts in ([text], ["a b", text, "", text[:-2]]):
        found = scored(texts, model_of(ARPA))
        np.testing.assert_allclose([s for s, _ in found], [text_score(t, order, weights)[0] for t in texts], rtol=1e-6)


def test_texts_are_scored_apart() -> None:
    texts = ["a b", "b", "", "a b a b c", "\n", "c\nc"]
    assert scored(texts, model_of(ARPA)) == [scored([text], model_of(ARPA))[0] for text in texts]


def test_an_empty_text_is_an_end_behind_a_beginning() -> None:
    score, tokens = scored([""], model_of(ARPA))[0]
    assert (round(score, 5), tokens) == (round(-0.30103 - 1.25, 5), 1)


def test_unknown_words_are_counted() -> None:
    found = score_texts(pa.array(["a d <unk> b", "a\nb"], pa.large_string()), model_of(ARPA))
    assert (found.unknown.tolist(), found.sentences.tolist(), found.tokens.tolist()) == ([2, 0], [1, 2], [5, 4])


def test_an_ending_that_was_pruned_is_backed_off_to() -> None:
    pruned = (
        ARPA.replace("-0.375\ta b\t-0.0625\n", "").replace("ngram 2=6", "ngram 2=5").replace("-0.1875\ta b </s>\n", "")
    )
    pruned = pruned.replace("ngram 3=3", "ngram 3=2")  # `<s> a b` is left, `a b` is not
    order, weights = read_arpa(pruned)
    texts = ["a b", "a b b", "b a b a b", "c a b"]
    found = [s for s, _ in scored(texts, model_of(pruned))]
    np.testing.assert_allclose(found, [text_score(t, order, weights)[0] for t in texts], rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("\\data\\", "data"), "no \\\\data\\\\ line"),
        (("ngram 2=6", "ngram 2=7"), "comes too early"),
        (("ngram 2=6", "ngram 2=5"), r"no \\3-grams"),
        (("a b </s>", "a q </s>"), "holds a word that is no unigram"),
        (("-0.375\ta b", "0.375\ta b"), "positive"),
        (("-0.375\ta b", "-0.375\tb"), "no unigram"),
        (("-0.375\ta b", "x\ta b"), "is no n-gram line"),
        (("\\end\\", ""), "cut short"),
        (("-0.625\tb a\t0", "-0.625\ta b\t0"), "stands twice"),
        (("a b </s>", "c c </s>"), "beginning of an n-gram"),
        (("\\2-grams:", "\\5-grams:"), r"no \\2-grams"),
        (("ngram 2=", "ngram 2=9999999999999"), "its counts ask for"),
    ],
)
def test_a_broken_arpa_is_refused(change: tuple[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        model_of(ARPA.replace(*change))


def test_a_model_without_unknown_words_gives_them_next_to_nothing() -> None:
    without = ARPA.replace("-1.5\t<unk>\n", "").replace("ngram 1=6", "ngram 1=5")
    assert scored(["d"], model_of(without))[0][0] == pytest.approx(-0.30103 - 100 - 1.25, abs=1e-4)


def test_packed_and_plain_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "m.arpa").write_text(ARPA)
    (tmp_path / "m.arpa.gz").write_bytes(gzip.compress(ARPA.replace("\n", "\r\n").encode()))
    first, second = (load_ngram_model(str(tmp_path / name)) for name in ("m.arpa", "m.arpa.gz"))
    assert scored(["a b c"], first) == scored(["a b c"], second) == scored(["a b c"], model_of(ARPA))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_ngram_model(str(tmp_path / "nothing.arpa"))
    (tmp_path / "cut.bin").write_bytes(b"mmap lm http://kheafield.com/code format version 5\n\0")
    with pytest.raises(ConfigError, match="another version or machine"):
        load_ngram_model(str(tmp_path / "cut.bin"))


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (len(SANITY) + FIXED.size, 2**62, "its head asks for more than its"),  # number of words
        (len(SANITY) + 4, 0, "its head asks for more than its"),  # buckets per entry, and what follows
        (-1, 2**32 - 1, "a word has a number that no unigram has"),
    ],
)
def test_a_damaged_binary_is_refused(tmp_path: Path, at: int, value: int, said: str) -> None:
    model = model_of(ARPA)
    data = bytearray(binary_bytes(model, []))
    assert load_ngram_model(_written(tmp_path / "whole.bin", data)).memory.tobytes() == model.memory.tobytes()
    if at < 0:
        words = range(int(model.tables[0, 0]), int(model.tables[1, 0]), WORD)
        at = 4 * (next(slot for slot in words if model.memory[slot]) + 2)
        data[at : at + 4] = value.to_bytes(4, "little")
    else:
        data[at : at + 8] = value.to_bytes(8, "little")
    with pytest.raises(ConfigError, match=said):
        load_ngram_model(_written(tmp_path / "damaged.bin", data))


def _written(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)
