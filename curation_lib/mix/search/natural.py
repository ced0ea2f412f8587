"""The natural mixture: what there is. From a file of tokens or shares by domain, else the runs' mean mixture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.core.places import on_disk
from curation_lib.core.yaml_files import load_yaml
from curation_lib.mix.search.runs import Floats, Runs

SHARES = 1.01
"""What numbers of a file sum to at most where they are shares, not tokens."""


@dataclass(frozen=True)
class Natural:
    """shares: float64[domains], sum 1. tokens: float64[domains], None where only shares are known. licenses: by domain.
    origin: where it is from, for people."""

    shares: Floats
    origin: str
    tokens: Floats | None = None
    licenses: Mapping[str, str] = field(default_factory=dict)


def mean_mixture(runs: Runs) -> Natural:
    """What the runs hold on average: of a swarm drawn around natural that is nearly natural."""
    mean = runs.weights.mean(axis=0)
    return Natural(mean / mean.sum(), "the mean of the runs' mixtures")


def read_natural(path: str, domains: Sequence[str]) -> Natural:
    """YAML or JSON at a path or URL: `domain: tokens`, `domain: share`, or `domain: {tokens: …, license: …}`.

    Raises ConfigError where a domain lacks, is unknown, or has no number.
    """
    with on_disk(path, "--natural: ") as local:
        found = load_yaml(local, "--natural", {})
    if not isinstance(found, Mapping):
        raise ConfigError(f"--natural {path}: holds no mapping; write `domain: tokens` lines")
    for name in domains:
        if name not in found:
            raise ConfigError(
                f"--natural {path}: lacks domain {name}, which the runs have; write `{name}: 0` where there is none"
            )
    for name in found:
        if name not in domains:
            raise ConfigError(f"--natural {path}: the runs have no domain {name}; they have {', '.join(domains)}")
    held = np.array([_number(path, name, found[name]) for name in domains])
    if held.sum() <= 0:
        raise ConfigError(f"--natural {path}: all domains are 0")
    licenses = {
        name: str(one["license"]) for name, one in found.items() if isinstance(one, Mapping) and "license" in one
    }
    return Natural(held / held.sum(), path, held if held.sum() > SHARES else None, licenses)


def _number(path: str, name: str, value: Any) -> float:
    number = value.get("tokens") if isinstance(value, Mapping) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not number >= 0:
        raise ConfigError(f"--natural {path}: {name}: {number!r} is no number of tokens and no share")
    return float(number)
