"""The answer as plain data: for the terminal, JSON and the page; and as weights for a recipe's `weights_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import yaml

from curation_lib.mix.search.baselines import UNIMAX, baselines
from curation_lib.mix.search.drift import drifting_optima
from curation_lib.mix.search.fits import FOLDS
from curation_lib.mix.search.joint import DRIFTING, LeftOut
from curation_lib.mix.search.laws import coefficients
from curation_lib.mix.search.limits import Limits, divergence
from curation_lib.mix.search.natural import Natural
from curation_lib.mix.search.question import Question
from curation_lib.mix.search.runs import Floats, Runs, require_fittable
from curation_lib.mix.search.scaling import Claim, scale_claim
from curation_lib.mix.search.verdict import BOOSTED, OPTIMUM, Searched, searched
from curation_lib.mix.search.words import notes, verdict

DIGITS = 6
DRAWS = 200


def answer(runs: Runs, question: Question, natural: Natural, draws: int = DRAWS) -> dict[str, Any]:
    """The best mixture for the question, beside mixtures that need no runs, and the scale claim where runs have scales.

    Raises ConfigError for runs that do not determine a law, or limits that leave no mixture.
    """
    asked = question.at_scale(runs)
    require_fittable(asked, coefficients(asked.weights), FOLDS)
    limits = question.limits(asked, natural)
    others = baselines(natural.shares, limits.caps)
    found = searched(asked, question.importance(), limits, others, draws)
    claim = scale_claim(runs, natural.shares, draws) if len(runs.scales()) > 1 else None
    drift = _drift(runs, question, limits, claim)
    told: dict[str, Any] = _rounded(
        _told(asked, question, natural, limits, found) | {"claim": _claim(claim), "drift": drift}
    )
    return told


def _drift(runs: Runs, question: Question, limits: Limits, claim: Claim | None) -> list[dict[str, Any]]:
    """The best mixture of each size, where one that drifts with it is the better law."""
    if claim is None or claim.left_out is None or claim.left_out.choice != DRIFTING:
        return []
    sizes = [*claim.scales, *([question.beyond] if question.beyond is not None else [])]
    found = drifting_optima(runs, limits, sizes)
    return [
        {"parameters": size, "weights": dict(zip(runs.domains, mixture.tolist(), strict=True))}
        for size, mixture in zip(sizes, found, strict=True)
    ]


def _told(runs: Runs, question: Question, natural: Natural, limits: Limits, found: Searched) -> dict[str, Any]:
    laws = [one.law.name for one in found.objective.fits]
    targets = [
        {"target": name, "value": value, "law": law, "unseen": {k: v._asdict() for k, v in found.told[name].items()}}
        for name, value, law in zip(runs.targets, found.objective.values.tolist(), laws, strict=True)
    ]
    low, high = found.interval(found.gains)
    return {
        "runs": len(runs),
        "scale": None if runs.parameters is None else float(runs.parameters[0]),
        "natural": natural.origin,
        "targets": targets,
        "limits": {
            "kl": limits.kl,
            "kl_penalty": limits.penalty or None,
            "budget": question.budget,
            "max_epochs": None if question.budget is None else question.max_epochs,
            "license_caps": dict(question.license_caps),
        },
        "mixtures": [_mixture(name, found, limits) for name in found.mixtures],
        "domains": _domains(runs, found, natural, question),
        "gain": {"over": UNIMAX, "value": found.gain, "low": low, "high": high, "optimism": found.optimism},
        "ships": found.ships,
        "mixture": OPTIMUM if found.ships else UNIMAX,
        "verdict": verdict(found),
        "notes": notes(runs, limits, found),
    }


def _mixture(name: str, found: Searched, limits: Limits) -> dict[str, Any]:
    low, high = found.interval(found.draws[name])
    kl = divergence(found.mixtures[name], limits.natural)
    told = {"loss": found.losses[name], "low": low, "high": high, BOOSTED: found.boosted[name]}
    return {"mixture": name, **told, "kl": kl if np.isfinite(kl) else None}


def _domains(runs: Runs, found: Searched, natural: Natural, question: Question) -> list[dict[str, Any]]:
    low, high = found.interval(found.weights)
    epochs = _epochs(found.mixtures[OPTIMUM], natural, question)
    rows = [
        {
            "domain": name,
            **{kind: mixture[n] for kind, mixture in found.mixtures.items()},
            "low": low[n],
            "high": high[n],
            "epochs": None if epochs is None else epochs[n],
        }
        for n, name in enumerate(runs.domains)
    ]
    return sorted(rows, key=lambda row: (-row[OPTIMUM], row["domain"]))


def _epochs(mixture: Floats, natural: Natural, question: Question) -> Floats | None:
    if question.budget is None or natural.tokens is None:
        return None
    found: Floats = question.budget * mixture / np.maximum(natural.tokens, 1)
    return found


def _claim(claim: Claim | None) -> dict[str, Any] | None:
    if claim is None:
        return None
    return {
        "verdict": claim.verdict,
        "law": claim.law,
        "scales": [{"parameters": size, "runs": n} for size, n in zip(claim.scales, claim.runs, strict=True)],
        "slopes": [
            {
                **{name: getattr(one, name) for name in ("normalisation", "strength", "value", "low", "high")},
                "kl": list(one.kl),
            }
            for one in claim.slopes
        ],
        "left_out": None if claim.left_out is None else _left_out(claim.left_out),
        "transfer": [{"from": size, "to": claim.scales[-1], **one._asdict()} for size, one in claim.transfer.items()],
    }


def _left_out(found: LeftOut) -> dict[str, Any]:
    return {"choice": found.choice, "laws": {name: asdict(one) for name, one in found.laws.items()}}


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(float(value), DIGITS) + 0.0 if isinstance(value, float | np.floating) else value


def weights_file(report: Mapping[str, Any]) -> str:
    """weights.yaml: what is to be shipped, as `mixes.<phase>.weights_file` takes it."""
    weights = [{"source": row["domain"], "weight": row[report["mixture"]]} for row in report["domains"]]
    told = {"mixture": report["mixture"], "verdict": report["verdict"], "weights": weights}
    return str(yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=1000))
