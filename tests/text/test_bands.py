from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.bands import band_keys, pairs


def random_signatures(n: int, width: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 2**32, (n, width), dtype=np.uint32)


def test_keys_agree_exactly_where_bands_agree() -> None:
    a = random_signatures(2, 112)
    a[1, 8:24] = a[0, 8:24]
    a[1, 24:31] = a[0, 24:31]  # seven of eight rows
    keys = band_keys(a, 14)
    assert keys.shape == (2, 14)
    assert (keys[0] == keys[1]).nonzero()[0].tolist() == [1, 2]


def test_a_band_is_told_from_another_with_the_same_rows() -> None:
    keys = band_keys(np.zeros((1, 112), np.uint32), 14)
    assert len(set(keys[0].tolist())) == 14


def test_keys_spread_over_partitions() -> None:
    keys = band_keys(random_signatures(1000, 112), 14).ravel()
    counts = np.bincount((keys % np.uint64(16)).astype(np.int64), minlength=16)
    assert abs(counts - len(keys) / 16).max() < 5 * (len(keys) / 16) ** 0.5


@pytest.mark.parametrize("bands", [0, 13])
def test_bands_divide_the_signature(bands: int) -> None:
    with pytest.raises(ValueError, match="do not split"):
        band_keys(random_signatures(1, 112), bands)


@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), max_size=8))
def test_pairs_share_a_key(rows: list[list[int]]) -> None:
    keys = np.array(rows, np.uint64).reshape(-1, 2)
    expected = [[i, j] for i in range(len(rows)) for j in range(i + 1, len(rows)) if set(rows[i]) & set(rows[j])]
    assert pairs(keys).tolist() == expected
