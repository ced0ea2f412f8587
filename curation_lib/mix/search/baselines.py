"""Mixtures that need no runs: natural, by temperature and UniMax, as `mix.sample` makes them (`mix/rules.py`)."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np

from curation_lib.mix.rules import Rule
from curation_lib.mix.search.runs import Floats
from curation_lib.mix.water import fill

PARTS = 10**9
"""A mixture is divided in so many parts, for the exact rules."""
TEMPERATURE = 3.33
"""That of mT5 and XLM-R (`mix/rules.py`)."""
UNIMAX = "unimax"


def baselines(natural: Floats, caps: Floats | None) -> dict[str, Floats]:
    """Weights by name, each within `caps` (float64[domains], the largest weights; None: there are none)."""
    rules = {"natural": Rule("natural"), "temperature": Rule("temperature", TEMPERATURE), UNIMAX: Rule("unimax")}
    held = [floor(PARTS * share) for share in natural]
    rooms = [PARTS if tokens else 0 for tokens in held] if caps is None else [floor(PARTS * min(c, 1.0)) for c in caps]
    return {name: _made(rule, held, rooms) for name, rule in rules.items()}


def _made(rule: Rule, held: list[int], rooms: list[int]) -> Floats:
    shares = rule.shares(held, [1.0] * len(held))
    asked = [share if room else Fraction(0) for share, room in zip(shares, rooms, strict=True)]
    given = np.array(fill(rooms, asked, PARTS), np.float64)
    weights: Floats = given / given.sum()
    return weights
