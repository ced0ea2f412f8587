"""Settings of `mix.sample`, and what of them makes no sense together."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from curation_lib.core.config import Role, keep
from curation_lib.mix.cells import Sorting
from curation_lib.mix.curves import Curve
from curation_lib.mix.entries import By
from curation_lib.mix.matches import Anchor
from curation_lib.mix.phase_settings import PhaseConfig
from curation_lib.mix.rules import Rule, RuleName
from curation_lib.mix.shares import CAP, MOST, Limits
from curation_lib.mix.weights import Weight
from curation_lib.text.tokenizers.settings import ESTIMATE, TokenizerSetting

COLDEST = 0.01
"""Below it, all but the largest entry vanish: of two whose tokens differ by a tenth, it asks for 14,000 times more."""


class SampleConfig(PhaseConfig):
    """Settings of one phase. The first of `weights` that matches a document counts; for the rest there is
    `default_weight`, or with `by` an entry of weight 1 per source or language. Weight 0 excludes. `rule` says how
    entries share `token_budget`; null takes every weighted document once. `synthetic_share` of the tokens are those
    of documents of format `synthetic`; null leaves that to the rule, up to `max_synthetic_share`. `curve` repeats an
    entry's documents by a number in their metadata. At least the anchor's share of the tokens are those of natural
    documents that it matches."""

    rule: RuleName = keep("weights")
    temperature: float | None = keep(None, ge=COLDEST)
    by: By | None = keep(None)
    weights: tuple[Weight, ...] = keep(())
    default_weight: float = keep(0.0, ge=0)
    token_budget: int | None = keep(None, gt=0)
    max_epochs: float = keep(1.0, gt=0)
    seed: int = Field(0, ge=0, lt=2**63)
    tokenizer: TokenizerSetting = ESTIMATE
    synthetic_share: float | None = keep(None, ge=0)
    max_synthetic_share: float = keep(CAP, ge=0, le=MOST)
    curve: Curve | None = keep(None)
    anchor: Anchor | None = keep(None)

    def only(self, *roles: Role) -> dict[str, Any]:
        """Of what decides, only the keys of metadata shape key rows: other weights or curves read no document again."""
        found = super().only(*roles)
        return found if "keep" in roles else {**found, "metadata_keys": self.metadata_keys()}

    @model_validator(mode="after")
    def _takes_something(self) -> SampleConfig:
        if not any([*(entry.weight for entry in self.weights), self.rest_weight()]):
            more = "" if self.rule == "weights" else ", or say by: source or by: language"
            raise ValueError(f"every weight is 0: give one of weights, or default_weight, a positive weight{more}")
        return self

    @model_validator(mode="after")
    def _weights_are_written(self) -> SampleConfig:
        missing = [i for i, entry in enumerate(self.weights) if "weight" not in entry.model_fields_set]
        if self.rule == "weights" and missing:
            raise ValueError(
                f"weights.{missing[0]}.weight is missing: the rule is weights, so write one, "
                "or choose rule: natural, temperature or unimax"
            )
        return self

    @model_validator(mode="after")
    def _has_what_its_rule_needs(self) -> SampleConfig:
        if self.rule == "temperature" and self.temperature is None:
            raise ValueError("rule temperature needs temperature: 1 is natural, 3.33 mT5's, more is more even")
        if self.rule != "temperature" and self.temperature is not None:
            raise ValueError(
                f"temperature is not used by rule {self.rule}: write rule: temperature, or leave temperature out"
            )
        if self.rule in ("temperature", "unimax") and self.token_budget is None:
            raise ValueError(
                f"rule {self.rule} shares out a token_budget, which is null: give one, "
                "or choose rule: natural, which takes everything once"
            )
        return self

    @model_validator(mode="after")
    def _rest_has_one_home(self) -> SampleConfig:
        if self.by and self.rule == "weights":
            raise ValueError(
                f"by makes an entry per {self.by}, without weights: choose rule: natural, temperature or "
                "unimax (the same share for each), or list weights and leave by out"
            )
        if self.by and self.default_weight:
            raise ValueError(
                f"default_weight has no use with by, which makes an entry per {self.by} of what weights do not match: "
                "leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _mostly_natural(self) -> SampleConfig:
        share, most = self.synthetic_share, self.max_synthetic_share
        if share is not None and share > most:
            raise ValueError(
                f"synthetic_share {share:g} is over max_synthetic_share {most:g}: a model learns little from text that "
                f"is mostly generated; ask for less, or allow up to {MOST:g}"
            )
        return self

    @model_validator(mode="after")
    def _shares_fit(self) -> SampleConfig:
        if self.anchor and self.synthetic_share and self.anchor.share + self.synthetic_share > 1:
            raise ValueError(
                f"anchor.share {self.anchor.share:g} and synthetic_share {self.synthetic_share:g} are more than 1 "
                "together, and the anchor's documents are natural: ask for less of one"
            )
        return self

    @model_validator(mode="after")
    def _curves_are_within_epochs(self) -> SampleConfig:
        for where, curve in [
            ("curve", self.curve),
            *((f"weights.{i}.curve", weight.curve) for i, weight in enumerate(self.weights)),
        ]:
            if curve and self.token_budget is None and curve.most > self.max_epochs:
                raise ValueError(
                    f"{where} gives up to {curve.most:g} epochs, max_epochs is {self.max_epochs:g}: raise max_epochs, "
                    "or give a token_budget, which curves share out in proportion"
                )
        return self

    def limits(self) -> Limits:
        """Budget, epochs, shares and rule."""
        rule, anchor = Rule(self.rule, self.temperature), self.anchor.share if self.anchor else 0.0
        share, most = self.synthetic_share, self.max_synthetic_share
        return Limits(self.token_budget, self.max_epochs, share, most, rule, anchor)

    def metadata_keys(self) -> list[str]:
        """The keys of metadata that decide where a document belongs, sorted."""
        matches = [*self.weights, *filter(None, [self.anchor])]
        curves = filter(None, [self.curve, *(weight.curve for weight in self.weights)])
        return sorted({*(name for one in matches for name in one.metadata), *(curve.by for curve in curves)})

    def sorting(self) -> Sorting:
        """What tells an entry's documents apart."""
        curves = [weight.curve or self.curve for weight in self.weights]
        return Sorting(self.metadata_keys(), [*curves, self.curve], self.anchor)

    def rest_weight(self) -> float:
        """The weight of each entry of what `weights` do not match."""
        return 1.0 if self.by else self.default_weight
