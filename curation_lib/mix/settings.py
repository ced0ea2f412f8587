"""Settings of `mix.sample`."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from curation_lib.core.config import Role, keep, locate
from curation_lib.core.weights_files import WeightsFrom
from curation_lib.mix.caps import LicenseCap
from curation_lib.mix.cells import Sorting
from curation_lib.mix.curves import Curve
from curation_lib.mix.entries import By
from curation_lib.mix.matches import Anchor
from curation_lib.mix.phase_settings import PhaseConfig
from curation_lib.mix.rules import Rule, RuleName
from curation_lib.mix.sense import objections
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
    documents that it matches, at most `license_caps` those of documents under licences that match a glob. Of weights
    that a file gave, `weights_from` says which: each entry then has to match some document."""

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
    license_caps: tuple[LicenseCap, ...] = keep(())
    weights_from: WeightsFrom | None = locate(None)

    def only(self, *roles: Role) -> dict[str, Any]:
        """Of what decides, only the keys of metadata shape key rows: other weights or curves read no document again."""
        found = super().only(*roles)
        return found if "keep" in roles else {**found, "metadata_keys": self.metadata_keys()}

    @model_validator(mode="after")
    def _makes_sense(self) -> SampleConfig:
        for objection in objections(self):
            raise ValueError(objection)
        return self

    def limits(self) -> Limits:
        """Budget, epochs, shares and rule."""
        rule, anchor = Rule(self.rule, self.temperature), self.anchor.share if self.anchor else 0.0
        share, most = self.synthetic_share, self.max_synthetic_share
        return Limits(self.token_budget, self.max_epochs, share, most, rule, anchor, self.license_caps)

    def metadata_keys(self) -> list[str]:
        """The keys of metadata that decide where a document belongs, sorted."""
        matches = [*self.weights, *filter(None, [self.anchor])]
        curves = filter(None, [self.curve, *(weight.curve for weight in self.weights)])
        return sorted({*(name for one in matches for name in one.metadata), *(curve.by for curve in curves)})

    def sorting(self) -> Sorting:
        """What tells an entry's documents apart."""
        curves = [weight.curve or self.curve for weight in self.weights]
        licenses = [cap.license for cap in self.license_caps]
        return Sorting(self.metadata_keys(), [*curves, self.curve], self.anchor, licenses)

    def rest_weight(self) -> float:
        """The weight of each entry of what `weights` do not match."""
        return 1.0 if self.by else self.default_weight
