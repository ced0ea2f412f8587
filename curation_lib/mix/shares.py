"""How much of a mix is synthetic: a share that is asked for, or at most a cap.

Rephrased text as a third of a mix speeds training up five to tenfold, alone it does not, and the best share comes near
30% (Kang et al. 2025, https://arxiv.org/abs/2510.01631): that is the cap, and no recipe may ask for more than half.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import NamedTuple

from curation_lib.mix.cells import Kind
from curation_lib.mix.rules import Rule
from curation_lib.mix.weights import exact

CAP, MOST = 0.3, 0.5
Fixed = dict[Kind, Fraction]
"""Kinds that are to make up a certain share of the mix."""


class Limits(NamedTuple):
    """Tokens in all (None: every weighted entry once), passes over a document, and the synthetic part of the mix: so
    much (None: whatever the weights give), at most `most`; and the rule by which entries share the tokens."""

    budget: int | None
    max_epochs: float
    share: float | None
    most: float
    rule: Rule = Rule()

    @property
    def epochs(self) -> float:
        """Passes over a document: without a budget no more than one."""
        return min(1.0, self.max_epochs) if self.budget is None else self.max_epochs

    def asked(self) -> Fixed:
        """Shares that are asked for, whatever the rule gives."""
        return {} if self.share is None else {"synthetic": exact(self.share)}

    def broken(self, tokens: Mapping[Kind, int], fixed: Fixed) -> Fixed:
        """The first limit that `tokens` by kind do not keep and that is not fixed yet, as the share to fix."""
        if "synthetic" not in fixed and over(tokens["other"], tokens["synthetic"], self.most):
            return {"synthetic": exact(self.most)}
        return {}


def over(natural: int, synthetic: int, most: float) -> bool:
    """Whether more than `most` of the tokens are synthetic."""
    return synthetic > exact(most) * (synthetic + natural)


def fractions(fixed: Fixed) -> dict[Kind, Fraction]:
    """The share of every kind that is not free, the rest as `other`; in the order in which they are filled: the last
    one takes up what the others leave."""
    return {**fixed, "other": 1 - sum(fixed.values(), Fraction(0))}


def size(rooms: Mapping[Kind, int], parts: Mapping[Kind, Fraction], budget: int | None) -> int:
    """Tokens of a mix that is as large as `budget` and the rooms allow when the kinds stand as `parts` say."""
    sizes = [Fraction(rooms[kind]) / part for kind, part in parts.items() if part]
    return floor(min(sizes if budget is None else [*sizes, Fraction(budget)]))
