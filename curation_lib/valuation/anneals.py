"""The runs of a valuation: a trunk, each arm's anneals from it, and what is measured of them without training on."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.arms import CONTROL, Arm, percent
from curation_lib.valuation.experiment import Valuation
from curation_lib.valuation.runs import Benchmarks, Part, Run

SHARED = ("target", "guard", "task")
"""Kinds of measure sets that every arm is measured with."""


class Pools(NamedTuple):
    """Store keys. candidates, shuffled: by name; shuffled only where there are negatives. tokens: of each candidate's
    trainable part. measures: of measure sets, by name as `arms.Measured` has them. benchmarks: of every anneal."""

    base: str
    candidates: Mapping[str, str]
    shuffled: Mapping[str, str]
    tokens: Mapping[str, int]
    measures: Mapping[str, str]
    benchmarks: Benchmarks | None = None


def trunk_of(valuation: Valuation, pools: Pools) -> Run:
    """The run that all anneals start from: the base at a constant rate, weights and optimiser kept."""
    return Run(
        model=valuation.model,
        optimisation=valuation.optimisation,
        parts=(_base(valuation, pools, 1.0),),
        tokens=valuation.trunk_tokens,
        decay="none",
        measures={name: key for name, key in pools.measures.items() if name.startswith("guard/")},
        keep=True,
    )


def answering(trunk: Run, pools: Pools) -> Run | None:
    """The trunk as it is, answering benchmarks; None where there are none. A run of its own, so that trunk and
    leaderboards stay what they are where a valuation is given others."""
    if pools.benchmarks is None:
        return None
    return _as_it_is(trunk, benchmarks=pools.benchmarks)


def _as_it_is(run: Run, measures: Mapping[str, str] | None = None, benchmarks: Benchmarks | None = None) -> Run:
    """A run of no tokens that measures and answers with what another was trained to."""
    asked = {"measures": dict(measures or {}), "benchmarks": benchmarks}
    return run.model_copy(update={"tokens": 0, "start": run.print, "keep": False, **asked})


def arms_of(valuation: Valuation, tokens: Mapping[str, int]) -> tuple[list[Arm], list[str]]:
    """All arms, and notes on shares that were lowered so that no candidate is read more than `max_epochs` times."""
    arms, notes = [Arm("control"), Arm("placebo", "", max(valuation.shares))], []
    for name in valuation.candidates:
        most = valuation.max_epochs * tokens[name] / valuation.anneal_tokens
        capped = [min(share, round(most, 4)) for share in sorted(valuation.shares)]
        shares = list({percent(share): share for share in reversed(capped)}.values())[::-1]
        if lowered := [percent(share) for share in valuation.shares if share > most]:
            notes.append(
                f"{name}: {tokens[name]:,} tokens, read {valuation.max_epochs:g} times at most, make {most:.1%} of an "
                f"anneal, not {' or '.join(lowered)}"
            )
        if shares[0] * valuation.sequences < 1:
            raise ConfigError(
                f"candidates.{name}: {tokens[name]:,} tokens, read max_epochs {valuation.max_epochs:g} times at most, "
                "make less than one sequence of an anneal; give more documents"
            )
        arms += [Arm("candidate", name, share) for share in shares]
        arms += [Arm("negative", name, shares[-1])] if valuation.negative else []
    return arms, notes


def anneals_of(valuation: Valuation, pools: Pools, arms: Sequence[Arm], trunk: Run) -> dict[Arm, list[Run]]:
    """Every arm's runs, one per seed. No two of all runs see the same order of data: arms are not paired.

    Nothing of a run depends on candidates that are not its own, so that another candidate trains its own arms alone.
    Controls leave their weights, for `gaps_of`."""
    return {
        arm: [
            Run(
                model=valuation.model,
                optimisation=valuation.optimisation,
                parts=tuple(_parts(valuation, pools, arm)),
                tokens=valuation.anneal_tokens,
                start=trunk.print,
                seed=_seed(arm, valuation.seed, seed),
                measures=_measures(pools, arm),
                keep="weights" if arm == CONTROL else False,
                benchmarks=pools.benchmarks,
            )
            for seed in range(valuation.seeds)
        ]
        for arm in arms
    }


def gaps_of(valuation: Valuation, pools: Pools, controls: Sequence[Run]) -> dict[str, list[Run]]:
    """By candidate each control as it is, measuring the candidate's documents: the gap between seen and unseen ones
    that is there without it. Runs of their own, so that controls are the same whatever the candidates."""
    return {name: [_as_it_is(run, measures=_pair(pools, name)) for run in controls] for name in valuation.candidates}


def _measures(pools: Pools, arm: Arm) -> dict[str, str]:
    """What all arms are measured with, and a candidate beside it with its own documents."""
    shared = {name: key for name, key in pools.measures.items() if name.partition("/")[0] in SHARED}
    return shared | (_pair(pools, arm.candidate) if arm.kind == "candidate" else {})


def _pair(pools: Pools, candidate: str) -> dict[str, str]:
    return {name: pools.measures[name] for name in (f"seen/{candidate}", f"unseen/{candidate}")}


def _seed(arm: Arm, of_all: int, seed: int) -> int:
    """By the arm's name alone, not by its place among arms: another candidate moves no seed."""
    return zlib.crc32(f"{arm.label} {of_all} {seed}".encode())


def _parts(valuation: Valuation, pools: Pools, arm: Arm) -> list[Part]:
    base = _base(valuation, pools, 1 - arm.share)
    if arm.kind == "control":
        return [base]
    if arm.kind == "placebo":
        low = 1 - valuation.guard_part - valuation.placebo_part
        return [base, Part(pool=pools.base, share=arm.share, low=low, high=1 - valuation.guard_part)]
    pool = pools.candidates[arm.candidate] if arm.kind == "candidate" else pools.shuffled[arm.candidate]
    return [base, Part(pool=pool, share=arm.share)]


def _base(valuation: Valuation, pools: Pools, share: float) -> Part:
    return Part(pool=pools.base, share=share, high=1 - valuation.guard_part - valuation.placebo_part)
