"""Trains the model of `filters.density` from texts that are dense and texts that are polished.

Word rarity, the words of stories and talk and the byte n-grams come from the texts, every source weighing alike; then
a logistic regression over standardised signals, no weight against its signal's sign. The penalty on weights is chosen
by leaving out one source at a time. Last, on top of the weights, as much brevity as gives the score the rank
correlation with length that the settings ask for. All arithmetic is in fixed order: equal texts give equal models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.text.byte_ngrams import costs_of, count_ngrams
from curation_lib.text.density_counts import density_counts
from curation_lib.text.density_signals import COMPRESSION, DensityModel, Floats, lengths, measured, usual
from curation_lib.text.density_words import (
    FIRST_PERSON_WORDS,
    FUNCTION_WORDS,
    HEDGE_WORDS,
    PROMOTION_WORDS,
    UNIT_WORDS,
)
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
)
from curation_lib.training.density_fit import brevity, cross_validated, fit, rank_correlation
from curation_lib.training.density_texts import Text, cut, mixtures, word_keys

WORDS = 20_000
"""Words whose frequency the model keeps; what lies beyond counts as rare as the last, and two bits more."""
FEWEST_SOURCES = 3
"""Polished sources that must use a word before it counts as one of stories and talk."""
STORY_BITS = 4.0
"""Most that a word can count: sixteen times as frequent in polished texts."""
FOLDS = 5
KNOTS = np.arange(6.0, 17.0)
_LISTS = (
    (FUNCTION, FUNCTION_WORDS), (FIRST_PERSON, FIRST_PERSON_WORDS), (HEDGE, HEDGE_WORDS), (PROMOTION, PROMOTION_WORDS),
    (UNIT, UNIT_WORDS),
)  # fmt: skip


Runs = dict[tuple[str, bool], list[Any]]
"""Counts of each source's text, by label, cut to the length of each knot."""


class DensityTraining(StageConfig):
    """Settings of a training.

    length_correlation: rank correlation of score and length over the training texts, reached by preferring the shorter
    of two texts that are equally dense: the best training documents are short and dense. 0 prefers none.
    """

    length_correlation: float = Field(default=-0.05, ge=-0.5, le=0)


class Trained(NamedTuple):
    """A model and what was found on the way: `auc[penalty]` mean over left-out sources, `left_out[source]` at the
    chosen penalty, `length_correlation[term]` over the training texts: of the signals alone, and of the whole score."""

    model: DensityModel
    penalty: float
    auc: Mapping[float, float]
    left_out: Mapping[str, float]
    length_correlation: Mapping[str, float]


def train(texts: Sequence[Text], settings: DensityTraining) -> Trained:
    """Raises ConfigError unless each label comes from two sources at least, of which one can be left out."""
    for label in (True, False):
        if len({one.source for one in texts if one.dense is label}) < 2:
            raise ConfigError("density: each of --dense and --polished needs texts of two sources; give more files")
    everything, mixed, rows, runs = _counted(texts)
    dense = np.array([one.dense for one in everything])
    sources = np.array([one.source for one in everything])
    weights = _weights(dense, sources, mixed)
    base = _standards(_vocabulary(texts), rows, runs, dense, weights)
    held = cross_validated(base.standardised(rows), dense, sources, weights)
    mean = {penalty: float(np.mean(list(found.values()))) for penalty, found in held.items()}
    best = max(mean, key=lambda one: mean[one])
    error = float(np.std(list(held[best].values()), ddof=1)) / len(held[best]) ** 0.5
    penalty = max(one for one in mean if mean[one] >= mean[best] - error)
    found, bias = fit(base.standardised(rows), dense, weights, penalty)
    model = replace(base, weights=found, bias=bias)
    added, correlations = _brevity(model, rows[~mixed], settings.length_correlation)
    return Trained(replace(model, brevity=added), penalty, mean, held[penalty], correlations)


def _brevity(model: DensityModel, rows: Any, target: float) -> tuple[float, dict[str, float]]:
    """The model's brevity, and how the score correlates with length without and with it. Texts only: mixtures are long
    because they are padded."""
    score, short = (model.standardised(rows) * model.weights).sum(axis=1), model.shortness(rows)
    found = brevity(score, short, target)
    scores = {"signals": score, "score": score + found * short}
    return found, {name: rank_correlation(one, -short) for name, one in scores.items()}


def _counted(texts: Sequence[Text]) -> tuple[list[Text], npt.NDArray[np.bool_], Any, Runs]:
    """`(texts, mixed, rows, runs)`: the texts with their mixtures, each counted by words that were learned without its
    fold, else every text would be told by its own words. Padding comes from sources of the passage's fold."""
    everything: list[Text] = []
    mixed: list[bool] = []
    rows, runs, folds = [], {}, _folds(texts)
    for fold in range(FOLDS):
        mine = [one for one in texts if folds[one.source, one.dense] == fold]
        known = _vocabulary([one for one in texts if folds[one.source, one.dense] != fold])
        here = [*mine, *mixtures(mine)]
        rows.append(_count([one.text for one in here], known))
        for name in sorted({(one.source, one.dense) for one in mine}):
            whole = "\n\n".join(one.text for one in mine if (one.source, one.dense) == name)
            runs[name] = [_count(cut(whole, int(2**knot)), known) for knot in KNOTS]
        everything += here
        mixed += [number >= len(mine) for number in range(len(here))]
    return everything, np.array(mixed), np.concatenate(rows), runs


def _count(texts: Sequence[str], known: DensityModel) -> Any:
    return density_counts(pa.array(texts, pa.large_string()), known.lexicon, known.costs)


def _folds(texts: Sequence[Text]) -> dict[tuple[str, bool], int]:
    """The fold of each source, by its place among those of its label in order of name."""
    found: dict[tuple[str, bool], int] = {}
    for dense in (True, False):
        names = sorted({one.source for one in texts if one.dense is dense})
        found |= {(name, dense): place % FOLDS for place, name in enumerate(names)}
    return found


def _vocabulary(texts: Sequence[Text]) -> DensityModel:
    """A model of words and bytes, without weights."""
    keys, shares, dense = _shares(texts)
    mean = shares[~dense].mean(axis=0)
    kept = np.argsort(-mean, kind="stable")[:WORDS]
    rarity = np.clip(np.rint(-8 * np.log2(np.maximum(mean[kept], 1e-9))), 1, 238).astype(np.int64)
    story = _story(shares[:, kept], dense)
    rows = zip(keys[kept], rarity, story, strict=True)
    entries = {int(k): int(r) << RARITY_SHIFT | int(s) << STORY_SHIFT for k, r, s in rows}
    for key, bits in classes(_LISTS).items():
        kept_bits = ~(255 << STORY_SHIFT) if bits & FIRST_PERSON else -1  # first person is a signal of its own
        entries[key] = entries.get(key, 0) & kept_bits | bits
    empty = np.zeros(0)
    known = lexicon(entries, int(rarity.max()) + 16)
    return DensityModel(known, _costs([one for one in texts if not one.dense]), KNOTS, empty, empty, empty, 0.0, 0.0)


def _shares(texts: Sequence[Text]) -> tuple[npt.NDArray[np.uint64], Floats, npt.NDArray[np.bool_]]:
    """`(keys, shares, dense)`: shares[source, word] of the source's words, sources in order of name."""
    names = sorted({(one.source, one.dense) for one in texts})
    found = word_keys([one.text for one in texts])
    by_source = [
        np.unique(
            np.concatenate([f for f, one in zip(found, texts, strict=True) if (one.source, one.dense) == name]),
            return_counts=True,
        )
        for name in names
    ]
    keys = np.unique(np.concatenate([k for k, _ in by_source]))
    shares = np.zeros((len(names), len(keys)))
    for row, (mine, counts) in enumerate(by_source):
        shares[row, np.searchsorted(keys, mine)] = counts / counts.sum()
    return keys, shares, np.array([dense for _, dense in names])


def _story(shares: Floats, dense: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Eighths of a bit by which polished sources use each word more often, as the median source would say."""
    floor = 1e-5
    polished = np.log2(shares[~dense] + floor).mean(axis=0)
    others = np.log2(shares[dense] + floor).mean(axis=0)
    ratio = np.where((shares[~dense] > 0).sum(axis=0) >= FEWEST_SOURCES, polished - others, 0.0)
    found: npt.NDArray[np.int64] = np.rint(8 * np.clip(ratio, 0, STORY_BITS)).astype(np.int64)
    return found


def _costs(texts: Sequence[Text]) -> npt.NDArray[np.uint8]:
    total: npt.NDArray[Any] = np.zeros(0)
    for name in sorted({one.source for one in texts}):
        counts = count_ngrams(pa.array([one.text for one in texts if one.source == name], pa.large_string()))
        share = counts * (100_000 / max(1, int(counts.sum())))
        total = share if not total.size else total + share
    return costs_of(total)


def _weights(dense: Any, sources: Any, mixed: Any) -> Floats:
    """Of each text: labels weigh alike, texts and mixtures too, sources by the root of their texts."""
    weights = np.zeros(len(dense))
    for one in (True, False):
        for kind in (True, False):
            group = (dense == one) & (mixed == kind)
            for source in np.unique(sources[group]):
                rows = group & (sources == source)
                weights[rows] = 1 / np.sqrt(rows.sum())
            weights[group] /= 4 * max(weights[group].sum(), 1e-12)
    found: Floats = weights / weights.sum()
    return found


def _standards(base: DensityModel, rows: Any, runs: Runs, dense: Any, weights: Floats) -> DensityModel:
    """With what is usual at each length (of compression: for dense texts), and the spread around that."""
    curves = _curve(runs, True), _curve(runs, False)
    expected = (curves[0] + curves[1]) / 2
    expected[COMPRESSION] = curves[0][COMPRESSION]
    rest = measured(rows) - usual(lengths(rows), KNOTS, expected)
    spread = np.sqrt((weights[:, None] * rest**2).sum(axis=0))
    return replace(base, expected=expected, spread=np.maximum(spread, 1e-6))


def _curve(runs: Runs, dense: bool) -> Floats:
    """float64[signal, knot]: the same texts cut to each length, so that length alone makes the difference."""
    curves = [
        np.stack([measured(rows).mean(axis=0) for rows in source], axis=1)
        for (_, label), source in runs.items()
        if label is dense
    ]
    found: Floats = np.mean(curves, axis=0)
    return found
