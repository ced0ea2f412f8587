"""Who gets how much of a token budget: weights, matched by source, language and metadata, under an epoch cap.

An entry is one line of the recipe's weights. Its share of the budget is its weight, or what another rule makes of it
(`mix/rules.py`), over those of all entries that have tokens. No entry gives more than `max_epochs` times its tokens;
what it cannot fill goes to the others in proportion to their shares, and so on until the budget is spent or every
entry is full. For equal shares this is the allocation of UniMax (Chung et al. 2023, https://arxiv.org/abs/2304.09151).
All sums are exact fractions, so the answer does not depend on order or rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from fractions import Fraction
from math import floor

from pydantic import BaseModel, ConfigDict, Field

UNDETERMINED = "und"
"""How a document without a language, or without an entry of its metadata, is matched (BCP 47's word for it)."""


class Weight(BaseModel):
    """One entry: documents whose source, language and metadata match every glob (null matches all) share `weight`;
    only where weights alone are the rule it has to be written.

    metadata: globs by key, such as those that filters write: `{topic: mathematics, quality_bucket: "1[5-9]"}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str | None = None
    language: str | None = None
    metadata: Mapping[str, str] = Field(default_factory=dict)
    weight: float = Field(1.0, ge=0, allow_inf_nan=False)

    def matches(self, source: str, language: str, metadata: Mapping[str, str]) -> bool:
        """Whether every glob matches; case counts."""
        pairs = [(source, self.source or "*"), (language, self.language or "*")]
        pairs += [(metadata.get(name, UNDETERMINED), glob) for name, glob in self.metadata.items()]
        return all(fnmatchcase(value, glob) for value, glob in pairs)


def metadata_keys(weights: Sequence[Weight]) -> list[str]:
    """The keys of metadata that decide where a document belongs, sorted."""
    return sorted({name for weight in weights for name in weight.metadata})


def entry_of(source: str, language: str, metadata: Mapping[str, str], weights: Sequence[Weight]) -> int:
    """Index of the first entry that matches, or len(weights): the default entry."""
    return next((i for i, weight in enumerate(weights) if weight.matches(source, language, metadata)), len(weights))


def fill(caps: Sequence[int], weights: Sequence[Fraction], budget: int) -> list[int]:
    """Tokens that each entry gives, by water-filling: entries whose share of `budget` is over their cap are filled and
    leave, until none is.

    caps: tokens that an entry may give at most; weights: one per entry, above 0 where the cap is. The sum never exceeds
    the budget and falls short of it by less than one token per entry, unless all are at their cap.
    """
    given = [0] * len(caps)
    left, unsettled = budget, [i for i, cap in enumerate(caps) if cap]
    while unsettled:
        total = sum(weights[i] for i in unsettled)
        shares = {i: left * weights[i] / total for i in unsettled}
        full = [i for i in unsettled if caps[i] <= shares[i]]
        for i in full or unsettled:
            given[i] = min(caps[i], floor(shares[i]))
        left -= sum(given[i] for i in full)
        unsettled = [i for i in unsettled if full and i not in full]
    return given


def exact(number: float | Fraction) -> Fraction:
    """The number as it was written: 0.3 is three tenths, not the nearest double."""
    return number if isinstance(number, Fraction) else Fraction(str(number))
