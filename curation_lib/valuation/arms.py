"""The arms of a valuation: what is annealed on beside the base, and what each seed of each arm measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from curation_lib.valuation.runs import Losses

Kind = Literal["control", "placebo", "candidate", "negative"]
UNNAMED: tuple[Kind, ...] = ("control", "placebo")
"""Arms without a candidate; no candidate is called so."""


def percent(share: float) -> str:
    """A share in words: `10%`, `10.4%`."""
    return f"{100 * share:.3g}%"


class Arm(NamedTuple):
    """control: the base alone. placebo: a share of base that the trunk has not seen. candidate: a share of a candidate.
    negative: the same share of the candidate with its words shuffled. candidate is "" for control and placebo."""

    kind: Kind
    candidate: str = ""
    share: float = 0.0

    @property
    def label(self) -> str:
        """E.g. `control`, `placebo at 30%`, `code at 10%`, `code shuffled at 30%`."""
        what = self.candidate if self.kind == "candidate" else f"{self.candidate} shuffled"
        what = what if self.kind in ("candidate", "negative") else self.kind
        return f"{what} at {percent(self.share)}" if self.share else what


CONTROL = Arm("control")

Measured: TypeAlias = Mapping[str, Losses]
"""One seed of one arm, by measure set: `target/<name>`, `guard/<name>`, `task/<name>`; a candidate, and the control for
each candidate, has `seen/<candidate>` (documents that may be trained on) and `unseen/<candidate>` (others of the same
source), too."""
Observed: TypeAlias = Mapping[Arm, Sequence[Measured]]
"""Every arm's seeds. Documents of a measure set are the same, in the same order, in all that hold it."""
