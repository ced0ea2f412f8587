"""The sample is the same whatever the order and split of parts, and bounded."""

from __future__ import annotations

import pandas as pd
import xxhash

from curation_lib.contracts.columns import SAMPLE
from curation_lib.contracts.sample import sample_documents


def test_the_smallest_hashes_are_taken(write, document):
    rows = [document(n, text="x" * 600, url=None) for n in range(300)]
    frame = sample_documents([write(rows)], size=20)
    by_hash = sorted((xxhash.xxh3_64_intdigest(r["doc_id"].encode()), r["doc_id"]) for r in rows)
    assert set(frame["doc_id"]) == {doc_id for _, doc_id in by_hash[:20]}
    assert list(frame.columns) == list(SAMPLE)
    assert set(frame["text"]) == {"x" * 500}
    assert frame["url"].tolist() == [None] * 20


def test_order_and_split_of_parts_do_not_matter(write, document):
    rows = [document(n) for n in range(100)]
    whole = sample_documents([write(rows)], size=7)
    split = sample_documents([write(rows[60:]), write(rows[:60])], size=7)
    pd.testing.assert_frame_equal(whole, split)


def test_repeated_ids_do_not_grow_it_and_nothing_gives_nothing(write, document):
    twice = [document(0), document(0, text="other"), document(1)]
    assert len(sample_documents([write(twice)], size=2)) == 2
    assert len(sample_documents([write(twice)])) == 3
    assert len(sample_documents([])) == len(sample_documents([write([])])) == 0
