"""Experiments whose truth is known: what seeds of arms would measure."""

from __future__ import annotations

from curation_lib.valuation.arms import Arm
from curation_lib.valuation.runs import Losses

CONTROL = Arm("control")
SETS = ("target/code", "target/maths", "guard/web", "task/quiz", "seen/c", "unseen/c")


def candidate(share, name="c"):
    return Arm("candidate", name, share)


def negative(share, name="c"):
    return Arm("negative", name, share)


def observe(rng, arms, sets=SETS, seeds=5, documents=60, noise=(0.002, 0.003, 0.01)):
    """Losses of `seeds` of each arm. arms: bits per byte by which an arm is below the control, a number or by set. noise:
    spread between seeds, of a seed on a document, and of an arm on a document, in bits per byte."""
    seed, each, shared = noise
    texts = {
        name: (rng.lognormal(7, 0.7, documents).astype(int) + 1, rng.normal(1.2, 0.25, documents)) for name in sets
    }
    observed = {}
    for arm, below in arms.items():
        rates = {name: rate + rng.normal(0, shared, documents) for name, (_, rate) in texts.items()}
        observed[arm] = [
            {
                name: Losses(size * (rates[name] - _of(below, name) + seed * rng.normal() + each * rng.normal(size=documents)), size)
                for name, (size, _) in texts.items()
            }
            for _ in range(seeds)
        ]  # fmt: skip
    return observed


def _of(below, name):
    return below.get(name, below.get(name.partition("/")[0], 0.0)) if isinstance(below, dict) else below
