"""How well a classifier does on documents that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 10
_DIGITS = 6

Scores = npt.NDArray[np.float32]
Truth = npt.NDArray[np.int64]


def evaluation(labels: Sequence[str], truth: Truth, scores: Scores) -> dict[str, Any]:
    """JSON-ready measures of `scores` float32[rows, labels], whose rows' true labels have the numbers `truth`.

    documents, accuracy, macro_f1; confusion {true: {predicted: documents}}; by_label: documents, precision, recall,
    f1 of the label with the highest score, and auc and calibration of the label's own score. A measure that does not
    exist (precision of a label never predicted) is None.
    """
    predicted = scores.argmax(axis=1)
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(confusion, (truth, predicted), 1)
    by_label = {name: _label(n, confusion, truth, scores[:, n]) for n, name in enumerate(labels)}
    named = {a: dict(zip(labels, row, strict=True)) for a, row in zip(labels, confusion.tolist(), strict=True)}
    return {
        "documents": len(truth),
        "accuracy": _share(np.trace(confusion), len(truth)),
        "macro_f1": round(float(np.mean([one["f1"] or 0.0 for one in by_label.values()])), _DIGITS),
        "confusion": named,
        "by_label": by_label,
    }


def _label(n: int, confusion: npt.NDArray[np.int64], truth: Truth, scores: npt.NDArray[np.float32]) -> dict[str, Any]:
    right, true, said = confusion[n, n], confusion[n].sum(), confusion[:, n].sum()
    return {
        "documents": int(true),
        "precision": _share(right, said),
        "recall": _share(right, true),
        "f1": _share(2 * right, true + said),
        "auc": auc(truth == n, scores),
        "calibration": calibration(truth == n, scores),
    }


def auc(positive: npt.NDArray[np.bool_], scores: npt.NDArray[np.float32]) -> float | None:
    """The share of pairs of a positive and another document in which the positive one scores higher, equal scores
    counting half; None without either."""
    pairs = int(positive.sum()) * int((~positive).sum())
    if not pairs:
        return None
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    doubled = 2 * np.cumsum(counts) - counts + 1  # twice the mean rank of each distinct score
    ranks = int(doubled[places][positive].sum())
    least = int(positive.sum()) * (int(positive.sum()) + 1)
    return round((ranks - least) / (2 * pairs), _DIGITS)


def calibration(positive: npt.NDArray[np.bool_], scores: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Reliability in BINS of equal width: what was predicted and how often it was so; ece: their mean distance,
    weighted by documents (Guo et al. 2017, arXiv 1706.04599)."""
    places = np.minimum((scores.astype(np.float64) * BINS).astype(np.int64), BINS - 1)
    bins: list[dict[str, Any]] = []
    apart = 0.0
    for n in range(BINS):
        inside = places == n
        found = int(inside.sum())
        mean = round(float(scores[inside].astype(np.float64).mean()), _DIGITS) if found else None
        share = _share(positive[inside].sum(), found)
        bins.append({"from": n / BINS, "to": (n + 1) / BINS, "documents": found, "mean_score": mean, "share": share})
        if mean is not None and share is not None:
            apart += found * abs(mean - share)
    return {"ece": round(apart / max(len(scores), 1), _DIGITS), "bins": bins}


def _share(part: Any, whole: Any) -> float | None:
    return round(int(part) / int(whole), _DIGITS) if whole else None
