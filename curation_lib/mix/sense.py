"""Which settings of a mix make no sense together: each check says what is wrong and the remedy, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from curation_lib.mix.shares import MOST

if TYPE_CHECKING:
    from curation_lib.mix.settings import SampleConfig


def objections(config: SampleConfig) -> Iterator[str]:
    """What is wrong, in a fixed order."""
    for check in (_weights, _written, _rule, _rest, _synthetic, _anchor, _curves):
        yield from check(config)


def _weights(config: SampleConfig) -> Iterator[str]:
    if not any([*(entry.weight for entry in config.weights), config.rest_weight()]):
        more = "" if config.rule == "weights" else ", or say by: source or by: language"
        yield f"every weight is 0: give one of weights, or default_weight, a positive weight{more}"


def _written(config: SampleConfig) -> Iterator[str]:
    missing = [i for i, entry in enumerate(config.weights) if "weight" not in entry.model_fields_set]
    if config.rule == "weights" and missing:
        yield (
            f"weights.{missing[0]}.weight is missing: the rule is weights, so write one, "
            "or choose rule: natural, temperature or unimax"
        )


def _rule(config: SampleConfig) -> Iterator[str]:
    if config.rule == "temperature" and config.temperature is None:
        yield "rule temperature needs temperature: 1 is natural, 3.33 mT5's, more is more even"
    if config.rule != "temperature" and config.temperature is not None:
        yield f"temperature is not used by rule {config.rule}: write rule: temperature, or leave temperature out"
    if config.rule in ("temperature", "unimax") and config.token_budget is None:
        yield (
            f"rule {config.rule} shares out a token_budget, which is null: give one, "
            "or choose rule: natural, which takes everything once"
        )


def _rest(config: SampleConfig) -> Iterator[str]:
    if config.by and config.rule == "weights":
        yield (
            f"by makes an entry per {config.by}, without weights: choose rule: natural, temperature or "
            "unimax (the same share for each), or list weights and leave by out"
        )
    if config.by and config.default_weight:
        yield (
            f"default_weight has no use with by, which makes an entry per {config.by} of what weights do not match: "
            "leave one of them out"
        )


def _synthetic(config: SampleConfig) -> Iterator[str]:
    share, most = config.synthetic_share, config.max_synthetic_share
    if share is not None and share > most:
        yield (
            f"synthetic_share {share:g} is over max_synthetic_share {most:g}: a model learns little from text that "
            f"is mostly generated; ask for less, or allow up to {MOST:g}"
        )


def _anchor(config: SampleConfig) -> Iterator[str]:
    if config.anchor and config.synthetic_share and config.anchor.share + config.synthetic_share > 1:
        yield (
            f"anchor.share {config.anchor.share:g} and synthetic_share {config.synthetic_share:g} are more than 1 "
            "together, and the anchor's documents are natural: ask for less of one"
        )


def _curves(config: SampleConfig) -> Iterator[str]:
    listed = ((f"weights.{i}.curve", weight.curve) for i, weight in enumerate(config.weights))
    for where, curve in (("curve", config.curve), *listed):
        if curve and config.token_budget is None and curve.most > config.max_epochs:
            yield (
                f"{where} gives up to {curve.most:g} epochs, max_epochs is {config.max_epochs:g}: raise max_epochs, "
                "or give a token_budget, which curves share out in proportion"
            )
