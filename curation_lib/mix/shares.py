"""How much of a mix is synthetic, a share that is asked for or at most a cap, and how much at least is anchor.

Rephrased text as a third of a mix speeds training up five to tenfold, alone it does not, and the best share comes near
30% (Kang et al. 2025, https://arxiv.org/abs/2510.01631): that is the cap, and no recipe may ask for more than half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Literal, NamedTuple

from curation_lib.mix.caps import LicenseCap
from curation_lib.mix.cells import Kind
from curation_lib.mix.rules import Rule
from curation_lib.mix.water import exact

CAP, MOST = 0.3, 0.5
ORDER: tuple[Kind, ...] = ("synthetic", "other", "anchor")
Fixed = dict[Kind, Fraction]
"""Kinds that are to make up a certain share of the mix."""


Binds = Literal["budget", "epoch cap", "synthetic share", "anchor", "licence cap", "corpus size"]
"""What keeps a mix from being larger."""
NAMES: dict[Kind, Binds] = {"synthetic": "synthetic share", "anchor": "anchor"}


class Limits(NamedTuple):
    """Tokens in all (None: every weighted entry once), passes over a document, and the synthetic part of the mix: so
    much (None: whatever the weights give), at most `most`; the rule by which entries share the tokens; the part
    that the anchor makes at least; and the parts that licences make at most."""

    budget: int | None
    max_epochs: float
    share: float | None
    most: float
    rule: Rule = Rule()
    anchor: float = 0.0
    caps: Sequence[LicenseCap] = ()

    @property
    def once(self) -> bool:
        """Whether the mix is as large as its documents are, for there is no budget."""
        return self.budget is None

    def asked(self) -> Fixed:
        """Shares that are asked for, whatever the rule gives."""
        return {} if self.share is None else {"synthetic": exact(self.share)}

    def broken(self, tokens: Mapping[Kind, int], fixed: Fixed) -> Fixed:
        """The first limit that `tokens` by kind do not keep and that is not fixed yet, as the share to fix."""
        total = sum(tokens.values())
        most = min(exact(self.most), 1 - exact(self.anchor))
        if "synthetic" not in fixed and tokens["synthetic"] > most * total:
            return {"synthetic": most}
        if "anchor" not in fixed and tokens["anchor"] < exact(self.anchor) * total:
            return {"anchor": exact(self.anchor)}
        return {}


def fractions(fixed: Fixed) -> Fixed:
    """The share of every fixed kind, and of the rest as `other`; in the order in which they are filled: the last one
    takes up what the others leave."""
    parts: Fixed = {**fixed, "other": 1 - sum(fixed.values(), Fraction(0))}
    return {kind: parts[kind] for kind in ORDER if kind in parts}


def size(rooms: Mapping[Kind, int], parts: Fixed, limits: Limits) -> tuple[int, Binds]:
    """Tokens of a mix that is as large as budget and rooms allow, and what keeps it from being larger.

    Every kind but the rest is held to its part; the anchor, the least that is asked for, may be more where the rest
    runs out.
    """
    natural = [kind for kind in parts if kind != "synthetic"]
    part = sum((parts[kind] for kind in natural), Fraction(0))
    sizes: dict[Binds, Fraction] = {}
    if limits.budget is not None:
        sizes["budget"] = Fraction(limits.budget)
    if part:
        sizes[_all_given(parts, limits)] = sum(rooms[kind] for kind in natural) / part
    for kind, name in NAMES.items():
        if parts.get(kind):
            size = rooms[kind] / parts[kind]
            sizes[name] = min(sizes.get(name, size), size)
    binds = min(sizes, key=lambda name: sizes[name])
    return floor(sizes[binds]), binds


def _all_given(parts: Fixed, limits: Limits) -> Binds:
    """What binds a mix that holds all that its natural documents, or all documents, may give."""
    if "synthetic" in parts:
        return "synthetic share"
    return "epoch cap" if limits.budget is not None or limits.max_epochs < 1 else "corpus size"
