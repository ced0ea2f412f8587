"""How right a near-dedup is on the labelled throughput set: recall and precision against every true pair."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from tests.benchmarks.corpus import DATA


def kept_ids(pattern: str, column: str = "id") -> set[str]:
    """Ids in the Parquet files that a tool wrote."""
    root, _, glob = pattern.partition("*")
    files = Path(root).glob(f"*{glob}") if glob else [Path(root)]
    return {id for file in files for id in pq.read_table(file, columns=[column]).column(column).to_pylist()}


def accuracy(everyone: Iterable[str], kept: set[str]) -> dict[str, float]:
    """`recall_80`: share of pairs with exact word-5-gram Jaccard >= 0.8 of which a tool removed at least one;
    `precision_70`: share of the removed that have another document at >= 0.7 (so for 0.9 and 0.8)."""
    removed = set(everyone) - kept
    pairs = pq.read_table(DATA / "throughput" / "pairs.parquet").to_pydict()
    jaccard = np.array(pairs["jaccard"])
    hit = np.array([a in removed or b in removed for a, b in zip(pairs["a"], pairs["b"], strict=True)])
    best: dict[str, float] = {}
    for a, b, j in zip(pairs["a"], pairs["b"], pairs["jaccard"], strict=True):
        best[a], best[b] = max(best.get(a, 0.0), j), max(best.get(b, 0.0), j)
    found = {f"recall_{round(j * 100)}": round(float(hit[jaccard >= j].mean()), 4) for j in (0.7, 0.8, 0.9)}
    precision = sum(best.get(id, 0.0) >= 0.7 for id in removed) / max(1, len(removed))
    return {"removed": len(removed), **found, "precision_70": round(precision, 4)}
