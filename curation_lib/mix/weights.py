"""Who gets how much of a token budget: weights, matched by source, language and metadata.

An entry is one line of the recipe's weights. Its share of the budget is its weight, or what another rule makes of it
(`mix/rules.py`), over those of all entries that have tokens. No entry gives more than `max_epochs` times its tokens;
what it cannot fill goes to the others in proportion to their shares, and so on until the budget is spent or every
entry is full. For equal shares this is the allocation of UniMax (Chung et al. 2023, https://arxiv.org/abs/2304.09151).
All sums are exact fractions (`mix/water.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from curation_lib.mix.curves import Curve
from curation_lib.mix.matches import Match


class Weight(Match):
    """One entry: documents that match share `weight`; only where weights alone are the rule it has to be written.
    `curve` takes the place of the mix's."""

    weight: float = Field(1.0, ge=0)
    curve: Curve | None = None


def in_words(weights: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Weights as a recipe lists them, to be shown: what each entry matches, and its weight."""
    entries = [Weight.model_validate(one) for one in weights]
    return [(one.words(), f"{one.weight:g}") for one in entries]


def entry_of(source: str, language: str, metadata: Mapping[str, str], weights: Sequence[Weight]) -> int:
    """Index of the first entry that matches, or len(weights): the default entry."""
    return next((i for i, weight in enumerate(weights) if weight.matches(source, language, metadata)), len(weights))
