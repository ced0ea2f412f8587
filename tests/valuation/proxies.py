"""Four sources and a scale, for proxy runs."""

from __future__ import annotations

import numpy as np

from curation_lib.valuation.model_settings import ModelSettings, Optimisation
from curation_lib.valuation.proxy import Scale, Source

HELD = np.array([60e6, 30e6, 9e6, 1e6])
NATURAL = HELD / HELD.sum()
TARGET = 50_000_000
SOURCES = [Source(name, f"pools/{name}", 500, 200_000, int(held)) for name, held in zip("abcd", HELD, strict=True)]


def scale(tokens: int = 40_000, hidden: int = 32, **more: int) -> Scale:
    model = ModelSettings(hidden=hidden, layers=1, heads=2, sequence_length=32)
    return Scale(model=model, optimisation=Optimisation(batch_tokens=256, warmup_tokens=0), tokens=tokens, **more)
