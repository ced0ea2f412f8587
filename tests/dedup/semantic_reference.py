"""The greedy rule of `dedup.semantic` in plain Python, over given vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = Sequence[int]


def cosine(a: Vector, b: Vector) -> float:
    """Of whole numbers, rounded twice: the root and the quotient."""
    products = [sum(x * y for x, y in zip(p, q, strict=True)) for p, q in ((a, b), (a, a), (b, b))]
    return products[0] / math.sqrt(products[1] * products[2])


def judged(
    order: Sequence[str], vectors: dict[str, Vector], near: dict[str, set[str]], threshold: float
) -> dict[str, tuple[str, float]]:
    """doc_id -> (twin, score) of each dropped one; `near` are those that share a cell with it."""
    kept: list[str] = []
    dropped = {}
    for doc in order:
        scores = [(cosine(vectors[doc], vectors[k]), -n, k) for n, k in enumerate(kept) if k in near[doc]]
        score, _, twin = max([s for s in scores if s[0] >= threshold], default=(0.0, 0, ""))
        if twin:
            dropped[doc] = (twin, score)
        else:
            kept.append(doc)
    return dropped
