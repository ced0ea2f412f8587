"""Coherence: a text is more coherent than its sentences shuffled, by its definition and on real documents."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from itertools import pairwise, permutations
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.filters.coherence import STAGE
from curation_lib.text.coherence import Coherence, coherence, expected_return
from tests.filters.judging import failures, rules_of, scores_of
from tests.golden.perplexity.texts import rows
from tests.text.coherence_reference import reference, sentences
from tests.text.reference import TEXTS

SPLIT = re.compile(r"((?<=[.!?])\s+|(?<=[.!?][\"”’)\]])\s+|\n+)")


def measured(texts: Sequence[str]) -> Coherence:
    return coherence(pa.array(texts, pa.large_string()))


def pieces_of(text: str) -> list[str]:
    """Sentences and what stands between them, in turn."""
    return SPLIT.split(text)


def shuffled(text: str, rng: random.Random) -> str:
    """The text's sentences in another order; what stands between them stays where it is."""
    pieces = pieces_of(text)
    pieces[::2] = rng.sample(pieces[::2], len(pieces[::2]))
    return "".join(pieces)


def is_prose(text: str) -> bool:
    """Ten sentences or more, of 8 to 40 words on average, most of which end as sentences do."""
    spoken = [piece.strip() for piece in pieces_of(text)[::2] if piece.strip()]
    words = sum(len(piece.split()) for piece in spoken)
    ended = sum(piece[-1] in '.!?”"' for piece in spoken)
    return len(spoken) >= 10 and 8 * len(spoken) <= words <= 40 * len(spoken) and ended > 0.6 * len(spoken)


def prose(data: Path, name: str) -> list[str]:
    """500 real documents, fewer where there are no more, of ten sentences or more, that were not looked at when the measure was chosen."""
    found = [row["text"][:20_000] for n, row in enumerate(rows(data / name)) if n % 4 or "multi" not in name]
    if name == "text/english.jsonl.zst":
        found = [text for text in found if crc32(pieces_of(text)[0].strip().encode()) % 2]
    return [text for text in sorted(found, key=lambda text: crc32(text.encode())) if is_prose(text)][:500]


@pytest.mark.parametrize(
    ("name", "documents", "least"),
    [
        ("text/english.jsonl.zst", 500, 0.95),
        ("text/multilingual.jsonl.zst", 500, 0.9),
        ("quality/polished_blog.18f.jsonl.zst", 200, 0.95),
    ],
)
def test_shuffled_copies_of_real_documents_are_less_coherent(
    data: Path, name: str, documents: int, least: float
) -> None:
    texts = prose(data, name)
    assert len(texts) >= documents
    rng = random.Random(20)
    kept, lost = measured(texts), measured([shuffled(text, rng) for text in texts])
    won = kept.score > lost.score
    assert won.mean() >= least, won.mean()
    assert abs(np.mean(lost.score)) < 0.02  # by chance the score is 0


def test_the_score_of_all_orders_is_zero_on_average_and_one_at_best() -> None:
    text = ["Ann met Bob.", "Bob fed cows.", "Cows ate hay.", "Ann ate.", "Rain fell."]
    scores = measured([" ".join(order) for order in permutations(text)]).score
    assert abs(scores.mean()) < 1e-12
    assert scores.max() <= 1
    assert measured(["Ann met Bob.\nAnn fed cows.\nRain fell.\nRain stopped.\nHay grew."]).score.tolist() == [1.0]


@given(st.integers(2, 9), st.data())
def test_the_expected_return_is_the_mean_over_all_places(n: int, data: st.DataObject) -> None:
    from itertools import combinations

    k = data.draw(st.integers(2, n))
    means = [sum(1 / (b - a) for a, b in pairwise(places)) / (k - 1) for places in combinations(range(n), k)]
    assert expected_return(n, k) == pytest.approx(sum(means) / len(means))


def test_the_expected_return_in_a_long_text_is_exact_enough() -> None:
    n, k = 5000, 40
    exact = sum(math.comb(n - d, k - 1) / math.comb(n, k) / d for d in range(1, n - k + 2))
    assert expected_return(n, k) == pytest.approx(exact, rel=1e-9)


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=200)
def test_scores_equal_the_definition(texts: list[str]) -> None:
    found = measured(texts)
    assert found.sentences.tolist() == [len(sentences(text)) for text in texts]
    np.testing.assert_allclose(found.score, [reference(text) for text in texts], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["polished_blog.18f", "dense_reference.powershell"])
def test_scores_of_real_documents_equal_the_definition(data: Path, name: str) -> None:
    texts = [row["text"] for row in rows(data / f"quality/{name}.jsonl.zst")[:20]]
    np.testing.assert_allclose(measured(texts).score, [reference(text) for text in texts], rtol=1e-9)


def test_sentences_are_those_a_reader_counts() -> None:
    texts = [
        "One. Two! Three?",
        "Version 3.5 of a.b.c runs.",
        "“Is it?” he said. (No.) Yes",
        "1\n2\r\n\n3",
        "一。二！三",
        "...",
    ]
    assert measured(texts).sentences.tolist() == [3, 1, 4, 3, 3, 0]


def test_short_texts_have_no_score_and_pass() -> None:
    short = "Cats eat fish. Fish swim. Dogs bark."
    scores = scores_of(STAGE, short, "\n".join([short] * 5), "Ann.\n" * 15, "")
    assert scores.column("coherence").is_null().to_pylist() == [True, False, True, True]
    assert scores.column("sentences").to_pylist() == [3, 15, 15, 0]
    assert failures(STAGE, short) == {}
    assert scores_of(STAGE, short, min_sentences=3).column("coherence")[0].as_py() == 1.0


def test_a_text_whose_words_keep_away_from_each_other_is_dropped() -> None:
    text = " ".join(f"{'abcdef'[n % 6] * 3} {'ghijk'[n % 5] * 3}." for n in range(18))
    assert list(failures(STAGE, text)) == ["min_coherence"]
    assert rules_of(STAGE, text, min_coherence=None) == []
