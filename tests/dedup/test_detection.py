"""The detection curve: how often a pair of known similarity becomes a candidate, for every preset.

Draws and permutations are fixed by SEEDS. Of other draws one in 370 lies beyond three standard errors by chance;
over 2,500 of them the deviations from the curve had mean 0.0 and standard deviation 1.0, in standard errors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import Context
from curation_lib.dedup.minhash import MinHashConfig, key
from curation_lib.text.character_shingles import character_shingles
from curation_lib.text.shingles import in_common, shingle_hashes, shingle_sets
from curation_lib.text.words import word_hashes

PAIRS = 2000
SIMILARITIES = [percent / 100 for percent in range(60, 100, 5)]
SEEDS = (1, 2, 3)
UNION = 40
"""Shingles that either text of a pair has: every similarity above is a whole number of these."""
PIECES = {"words": 2**32, "characters": 10_000}
"""How many words, or characters, there are to draw from."""


def texts(kind: str, ngram: int, similarity: float, random: np.random.Generator) -> list[str]:
    """PAIRS pairs, one behind the other. The two of a pair begin alike and end in as many shingles of their own."""
    alike = round(similarity * UNION)
    head, tail = alike + ngram - 1, (UNION - alike) // 2
    pieces = random.integers(0, PIECES[kind], (PAIRS, head + 2 * tail))
    pieces[:, head + tail :] += PIECES[kind]  # the ends of a pair have nothing in common
    pairs = ((row[: head + tail], row[:head] + row[head + tail :]) for row in pieces.tolist())
    return [_said(kind, text) for pair in pairs for text in pair]


def _said(kind: str, pieces: Sequence[int]) -> str:
    return " ".join(f"w{p}" for p in pieces) if kind == "words" else "".join(chr(0x4E00 + p) for p in pieces)


def documents(column: Sequence[str]) -> pa.RecordBatch:
    columns = [pa.array(column, f.type) if f.name == "text" else pa.nulls(len(column), f.type) for f in DOCUMENT]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema([f.with_nullable(True) for f in DOCUMENT]))


def found(column: Sequence[str], config: MinHashConfig) -> float:
    """Share of the pairs that meet in a bucket."""
    keys = key(documents(column), config, Context()).column("partition_key").to_numpy().reshape(-1, 2, config.bands)
    return float((keys[:, 0] == keys[:, 1]).any(1).mean())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("preset", ["fineweb", "curator", "dolma3"])
def test_candidates_are_as_many_as_the_curve_says(preset: str, similarity: float, seed: int) -> None:
    config = MinHashConfig(preset=preset, seed=seed)
    column = texts(config.shingle, config.ngram, similarity, np.random.default_rng(seed))
    chance = 1 - (1 - similarity**config.rows) ** config.bands
    error = (chance * (1 - chance) / PAIRS) ** 0.5
    assert abs(found(column, config) - chance) <= 3 * error


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("preset", ["fineweb", "curator"])
def test_the_pairs_are_as_similar_as_they_are_meant_to_be(preset: str, similarity: float) -> None:
    config = MinHashConfig(preset=preset)
    column = pa.array(
        texts(config.shingle, config.ngram, similarity, np.random.default_rng(SEEDS[0])), pa.large_string()
    )
    words = config.shingle == "words"
    shingles = shingle_hashes(*word_hashes(column), config.ngram) if words else character_shingles(column, config.ngram)
    values, offsets = shingle_sets(*shingles)
    for a, b, end in zip(offsets[:-2:2], offsets[1:-1:2], offsets[2::2], strict=True):
        common = in_common(values, a, b, b, end)
        assert common / (end - a - common) == pytest.approx(similarity, abs=1e-12)
        assert end - a - common == UNION
