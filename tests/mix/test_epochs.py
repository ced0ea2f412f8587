from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.mix.epochs import Share, share_out

BUCKETS = st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=12), min_size=1, max_size=5)


def run(buckets, target):
    return share_out([np.cumsum(bucket, dtype=np.int64) for bucket in buckets], target)


def in_plain_python(buckets, target):
    """Document by document, with no running totals and no search."""
    held = sum(sum(bucket) for bucket in buckets)
    whole, rest = divmod(target, held) if held else (0, 0)
    taken, spent, passed = [0] * len(buckets), 0, 0
    if rest:
        for i, bucket in enumerate(buckets):
            passed += sum(bucket)
            while taken[i] < len(bucket) and spent + bucket[taken[i]] <= rest * passed // held:
                spent += bucket[taken[i]]
                taken[i] += 1
        for i, bucket in enumerate(buckets):
            while taken[i] < len(bucket) and spent + bucket[taken[i]] <= rest:
                spent += bucket[taken[i]]
                taken[i] += 1
    return [Share(whole, count) for count in taken]


@given(BUCKETS, st.integers(0, 3000))
def test_equals_plain_python(buckets, target):
    assert run(buckets, target) == in_plain_python(buckets, target)


@given(BUCKETS, st.integers(1, 3000))
def test_never_over_target_and_short_by_less_than_any_next_document(buckets, target):
    shares = run(buckets, target)
    spent = sum(s.whole * sum(b) + sum(b[: s.taken]) for s, b in zip(shares, buckets, strict=True))
    following = [b[s.taken] for s, b in zip(shares, buckets, strict=True) if s.taken < len(b)]
    assert spent <= target
    if sum(sum(b) for b in buckets) and spent < target:
        assert target - spent < min(following)


def test_buckets_share_in_proportion_to_their_tokens():
    shares = run([[1] * 1000, [1] * 3000, [1] * 6000], 25_000)
    assert shares == [Share(2, 500), Share(2, 1500), Share(2, 3000)]


def test_what_one_bucket_cannot_place_goes_to_the_next():
    assert run([[100], [1] * 100], 50) == [Share(0, 0), Share(0, 50)]
    assert run([[1] * 10, [100]], 60) == [Share(0, 10), Share(0, 0)]
