from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.vectors import cells, dot, hyperplanes, quantised

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False, width=32)


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), max_size=5))
def test_the_largest_number_becomes_127(rows: list[list[float]]) -> None:
    found = quantised(np.array(rows, np.float32).reshape(-1, 3))
    assert found.dtype == np.int8
    for row, made in zip(rows, found.tolist(), strict=True):
        largest = max(map(abs, row)) or 1.0
        assert made == [round(x * 127 / largest) for x in row]


@pytest.mark.parametrize("dimensions", [50, 256])
def test_quantising_moves_a_cosine_little(dimensions: int) -> None:
    values = np.random.default_rng(1).standard_normal((400, dimensions))
    values[1::2] = values[::2] + 0.5 * values[1::2]
    made = quantised(values).astype(float)
    before, after = (
        (v[::2] * v[1::2]).sum(axis=1) / np.linalg.norm(v[::2], axis=1) / np.linalg.norm(v[1::2], axis=1)
        for v in (values, made)
    )
    assert np.abs(before - after).max() < 0.004
    assert np.abs(before - after).mean() < 0.001


SMALL = st.lists(st.lists(st.integers(-127, 127), min_size=4, max_size=4), min_size=1, max_size=5)


@given(SMALL, st.integers(1, 5), st.integers(1, 16), st.integers(0, 3))
def test_cells_equal_plain_python(rows: list[list[int]], bands: int, bits: int, seed: int) -> None:
    planes = hyperplanes(4, bands * bits, seed).tolist()
    sides = [[sum(x * y for x, y in zip(row, plane, strict=True)) >= 0 for plane in planes] for row in rows]
    expected = [
        [sum(side << (bits - 1 - n) for n, side in enumerate(mine[b * bits : (b + 1) * bits])) for b in range(bands)]
        for mine in sides
    ]
    assert cells(np.array(rows, np.int8), bands, bits, seed).tolist() == expected


def test_products_are_exact() -> None:
    a = np.full(4096, 127, np.int8)
    assert dot(a, a) == 4096 * 127 * 127
    assert dot(a, -a) == -4096 * 127 * 127
    assert dot(a[:0], a[:0]) == 0


@pytest.mark.parametrize("bits", [0, 17])
def test_a_cell_has_up_to_16_bits(bits: int) -> None:
    with pytest.raises(ValueError, match="1 to 16 bits"):
        cells(np.zeros((1, 4), np.int8), 1, bits, 1)


def chance(cosine: float, bands: int, bits: int) -> float:
    """That two vectors share a cell."""
    return 1 - (1 - (1 - math.acos(cosine) / math.pi) ** bits) ** bands


def pairs_at(cosine: float, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """int8 vectors of `count` pairs with this cosine, each pair in a direction of its own."""
    draw = np.random.default_rng(seed)
    a, b = draw.standard_normal((2, count, 256))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b -= (a * b).sum(axis=1, keepdims=True) * a
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    return quantised(a), quantised(cosine * a + (1 - cosine**2) ** 0.5 * b)


@pytest.mark.parametrize("seed", [11, 22, 33])
@pytest.mark.parametrize("cosine", [0.3, 0.5, 0.6, 0.7, 0.8, 0.87, 0.9, 0.95])
def test_detection_follows_its_curve(cosine: float, seed: int) -> None:
    bands, bits, count = 60, 14, 3000
    a, b = (cells(v, bands, bits, seed) for v in pairs_at(cosine, count, seed))
    found = (a == b).any(axis=1).mean()
    expected = chance(cosine, bands, bits)
    assert abs(found - expected) <= 3 * (expected * (1 - expected) / count) ** 0.5, (found, expected)
