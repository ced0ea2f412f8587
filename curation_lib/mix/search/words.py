"""The answer in sentences: what ships and why, and what to be wary of."""

from __future__ import annotations

from curation_lib.mix.search.laws import LAWS
from curation_lib.mix.search.limits import Limits, divergence
from curation_lib.mix.search.runs import Runs
from curation_lib.mix.search.verdict import BOOSTED, OPTIMUM, Searched

DOUBT = 0.9
"""A law is doubted where LightGBM's error on unseen runs is below so much of its own."""


def verdict(found: Searched) -> str:
    """What is to be shipped, and why, in a sentence."""
    low, high = found.interval(found.gains)
    gain = f"{found.gain:.4f} ({low:.4f} to {high:.4f})"
    if found.ships:
        return f"Ship the optimum: its predicted loss is {gain} below UniMax's, and LightGBM agrees"
    if low > 0:
        return f"Ship UniMax: the law puts the optimum {gain} below it, but LightGBM does not"
    return f"Ship UniMax: the optimum does not beat it outside of noise, its gain is {gain}"


def notes(runs: Runs, limits: Limits, found: Searched) -> list[str]:
    """Where the answer stands on weak ground."""
    told = []
    furthest = max(divergence(mixture, limits.natural) for mixture in runs.weights)
    if divergence(found.mixtures[OPTIMUM], limits.natural) > furthest:
        told.append("the optimum is further from natural than any run: its loss is extrapolated")
    for target, by in found.told.items():
        if all(by[BOOSTED].error < DOUBT * by[law.name].error for law in LAWS):
            told.append(f"{target}: LightGBM tells unseen runs better than the law, whose form may be wrong")
    for mask, share in limits.together:
        over = [name for name, mixture in found.mixtures.items() if mask @ mixture > share + 1e-4]
        if over:
            told.append(f"{', '.join(over)}: above a licence cap of {share:g}, which binds the optimum only")
    return told
