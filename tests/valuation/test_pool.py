"""Pools: what is written is read back; which documents a part takes depends on what they say alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.valuation.bpe import trained
from curation_lib.valuation.pool import FILES, PoolWriter, open_pool, read_document, sampled
from curation_lib.valuation.shuffled import shuffled

TEXTS = [f"Document {n} says that {n * 7} follows {n}." for n in range(50)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    from curation_lib.text.tokenizers.loading import load_tokenizer

    path = tmp_path_factory.mktemp("bpe") / "tokenizer.json"
    path.write_text(trained(TEXTS, 300))
    return load_tokenizer(str(path))


def made(folder, tokenizer, documents):
    folder.mkdir()
    writer = PoolWriter(folder, tokenizer)
    for first in range(0, len(documents), 7):
        writer.write(documents[first : first + 7])
    facts = writer.close()
    return open_pool({name: folder / name for name in FILES}, facts["vocabulary"], facts["eos"]), facts


def test_a_document_is_its_tokens_and_an_end(tmp_path, tokenizer):
    pool, facts = made(tmp_path / "pool", tokenizer, [read_document(text) for text in TEXTS])
    assert facts["documents"] == len(TEXTS)
    assert facts["bytes"] == sum(len(text.encode()) for text in TEXTS) == pool.bytes.sum()
    spelt = tokenizer.encode(pa.array(TEXTS))
    for n in range(len(TEXTS)):
        expected = [*spelt.ids[spelt.offsets[n] : spelt.offsets[n + 1]], tokenizer.eos]
        assert pool.ids[pool.offsets[n] : pool.offsets[n + 1]].tolist() == expected


def test_a_prompt_is_given_and_not_counted(tmp_path, tokenizer):
    pool, _ = made(
        tmp_path / "pool", tokenizer, [read_document("answer", "question? "), read_document("", "nothing is said")]
    )
    assert len(pool.bytes) == 1
    assert pool.bytes.tolist() == [len("answer")]
    assert pool.skipped.tolist() == np.diff(tokenizer.encode(pa.array(["question? "])).offsets).tolist()


def test_parts_are_apart_and_together_all_whatever_the_order_of_documents(tmp_path, tokenizer):
    pool, _ = made(tmp_path / "pool", tokenizer, [read_document(text) for text in TEXTS])
    back, _ = made(tmp_path / "back", tokenizer, [read_document(text) for text in reversed(TEXTS)])
    low, high = pool.chosen(0, 0.6, None), pool.chosen(0.6, 1, None)
    assert sorted([*low, *high]) == list(range(len(TEXTS)))
    assert 0 < len(low) < len(TEXTS)
    assert pool.digests[low].tolist() == back.digests[back.chosen(0, 0.6, None)].tolist()
    few = pool.chosen(0, 1, 40)
    assert few.tolist() == pool.chosen(0, 1, None)[: len(few)].tolist()
    assert pool.lengths()[few].sum() >= 40 > pool.lengths()[few[:-1]].sum()


def test_a_sample_is_the_same_in_whatever_order_documents_come():
    documents = [read_document(text) for text in TEXTS]
    assert sampled(documents, 9) == sampled(documents[::-1], 9)
    assert len(sampled(documents, 9)) == 9


def test_the_same_texts_train_the_same_tokenizer():
    assert trained(TEXTS, 320) == trained(list(TEXTS), 320)


@given(st.text())
def test_shuffling_keeps_words_and_white_space(text):
    other = shuffled(text)
    assert sorted(other.split()) == sorted(text.split())
    assert len(other) == len(text)
    assert shuffled(text) == other


def test_words_stand_elsewhere():
    text = " ".join(map(str, range(200)))
    moved = sum(a != b for a, b in zip(text.split(), shuffled(text).split(), strict=True))
    assert moved > 150


@given(st.lists(st.text(min_size=1), max_size=30), st.integers(1, 8), st.integers(1, 60), st.randoms())
def test_a_sample_of_enough_text_is_the_beginning_of_one_by_number(texts, most, enough, random):
    """As many documents as have enough bytes, the last of them whole."""
    documents = [read_document(text) for text in texts]
    wanted, held = [], 0
    for one in sampled(documents, most):
        if held < enough:
            wanted.append(one)
        held += len(one.text.encode())
    random.shuffle(documents)
    assert sampled(documents, most, enough) == wanted


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=20), st.randoms())
def test_a_tokenizer_is_the_same_in_whatever_order_its_texts_come(texts, random):
    shuffled_ = list(texts)
    random.shuffle(shuffled_)
    assert trained(shuffled_, 300) == trained(texts, 300)
