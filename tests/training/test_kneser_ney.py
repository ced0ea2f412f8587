"""The trainer against lmplz (`tests/golden/perplexity`) and against what a model must be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.text.arpa import arpa_text, parse_arpa
from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.ngram_files import load_ngram_model
from curation_lib.text.ngram_tables import Ngrams
from curation_lib.training.kneser_ney import FALLBACK, smoothed
from curation_lib.training.ngram_corpus import Corpus
from tests.golden.perplexity.texts import FOLDER, ORDER, PRUNE, folded, training_texts
from tests.text.ngram_reference import read_arpa, word_score


def corpus_of(*texts: str) -> Corpus:
    corpus = Corpus()
    for text in texts:
        corpus.add(*arrow_buffers(pa.array([text], pa.large_string())))
    return corpus


def arpa_of(corpus: Corpus, order: int, prune: tuple[int, ...]) -> str:
    made = smoothed(corpus.numbers(), len(corpus.words), order, prune)
    return b"".join(arpa_text(corpus.words, made.orders)).decode()


def test_every_ngram_has_lmplzs_probability_and_weight(data: Path) -> None:
    import zstandard

    packed = (FOLDER / "lmplz.arpa.zst").read_bytes()
    lmplz = parse_arpa(zstandard.ZstdDecompressor().decompress(packed, 1 << 28), "lmplz.arpa")
    corpus = corpus_of(*folded(training_texts(data)))
    made = smoothed(corpus.numbers(), len(corpus.words), ORDER, PRUNE)
    for ours, theirs in zip(made.orders, lmplz.orders, strict=True):
        (a, b) = (_sorted(ours), _sorted(theirs))
        assert np.array_equal(a.ids, b.ids)
        assert len(a.ids) > 1000
        np.testing.assert_allclose(a.probability, b.probability, atol=1e-5)
        np.testing.assert_allclose(a.backoff, b.backoff, atol=1e-5)
    assert all(made.estimated)


def _sorted(ngrams: Ngrams) -> Ngrams:
    order = np.lexsort(ngrams.ids.T[::-1])
    return Ngrams(ngrams.ids[order], ngrams.probability[order], ngrams.backoff[order])


@pytest.mark.parametrize("prune", [(0, 0, 0), (0, 0, 1), (0, 1, 2)])
@given(
    texts=st.lists(st.lists(st.sampled_from("abcd\n"), min_size=1, max_size=30).map(" ".join), min_size=1, max_size=4)
)
@example(texts=["a", "a", "b a \n a \n a a b a"])  # leaves nothing for backing off
@settings(max_examples=40)
def test_probabilities_sum_to_one_behind_any_context(prune: tuple[int, ...], texts: list[str]) -> None:
    corpus = corpus_of(*texts)
    if not corpus.tokens:
        return
    order, weights = read_arpa(arpa_of(corpus, 3, prune))
    words = [gram[0] for gram in weights if len(gram) == 1 and gram != ("<s>",)]
    contexts = [gram for gram in weights if len(gram) < order and gram[-1] != "</s>"] + [("d", "d"), ()]
    for context in contexts:
        total = sum(10 ** word_score(context, word, weights) for word in words)
        assert total == pytest.approx(1, abs=1e-5), context


def test_counts_of_a_text_small_enough_to_do_by_hand() -> None:
    corpus = corpus_of("a b a b\na c")
    assert corpus.words == [b"<unk>", b"<s>", b"</s>", b"a", b"b", b"c"]
    assert corpus.numbers().tolist() == [1, 3, 4, 3, 4, 2, 1, 3, 5, 2]
    corpus = corpus_of("a b a b\na c")
    made = smoothed(corpus.numbers(), 6, 2, (0, 0))
    assert (made.discounts, made.estimated) == ([FALLBACK, FALLBACK], [False, False])
    grams = {tuple(ids): 10**p for ids, p in zip(made.orders[1].ids.tolist(), made.orders[1].probability, strict=True)}
    words = {ids[0]: 10**p for ids, p in zip(made.orders[0].ids.tolist(), made.orders[0].probability, strict=True)}
    # Words before: </s> 2 (b, c), a 2 (<s>, b), b 1 (a), c 1 (a): 6 in all; discounts take 1 + 1 + 0.5 + 0.5.
    assert words[3] == pytest.approx((2 - 1) / 6 + 3 / 6 / 5, rel=1e-5)
    assert words[0] == pytest.approx(3 / 6 / 5, rel=1e-5)
    # Behind `a`: b twice, c once.
    assert grams[3, 4] == pytest.approx((2 - 1) / 3 + (1 + 0.5) / 3 * words[4], rel=1e-5)


def test_words_that_mean_something_else_to_a_model_are_passed_over() -> None:
    assert corpus_of("a <s> b </s> <unk> <UNK>\n<s>").numbers().tolist() == [1, 3, 4, 2]


def test_a_corpus_in_pieces_is_the_corpus() -> None:
    texts = ["a b c\nd", "", "e a\n\n", "b b f g"]
    apart, together = corpus_of(*texts), Corpus()
    together.add(*arrow_buffers(pa.array(texts, pa.large_string())))
    assert apart.words == together.words
    assert apart.numbers().tolist() == together.numbers().tolist()


def test_an_arpa_that_was_written_is_read_again(tmp_path: Path) -> None:
    corpus = corpus_of("a b a b c\nä b\n中 文 a")
    made = smoothed(corpus.numbers(), len(corpus.words), 3, (0, 0, 0))
    text = b"".join(arpa_text(corpus.words, made.orders))
    again = parse_arpa(text, "again")
    for ours, read in zip(made.orders, again.orders, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(ours, read, strict=True))
    (tmp_path / "m.arpa").write_bytes(text)
    assert load_ngram_model(str(tmp_path / "m.arpa")).order == 3
