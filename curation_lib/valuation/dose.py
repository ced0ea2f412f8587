"""A candidate at one share: what it brought, beside its shuffled words, and what it harmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from curation_lib.core.recipe import Section
from curation_lib.valuation.arms import CONTROL, Arm
from curation_lib.valuation.effects import Effect, effect, lower
from curation_lib.valuation.power import seeds_needed
from curation_lib.valuation.resampled import Resampled

NEAREST = 0.5
"""Of minimum_effect: values nearer to a limit are not asked to be told from it."""


class VerdictSettings(Section):
    """alpha: one-sided; of the claims of all candidates and shares together (Holm), of the placebo's test alone, and of
    each end of every interval by itself: intervals, that of the guard's harm among them, are not widened for how many
    there are. guard_limit: bits per byte by which the guard may become worse.
    minimum_effect: bits per byte; what is surely smaller is not worth it. power: with which further seeds are to find
    what is there. draws: of the bootstrap, from `seed`."""

    alpha: float = Field(default=0.01, gt=0, lt=0.5)
    guard_limit: float = Field(default=0.02, ge=0)
    minimum_effect: float = Field(default=0.005, gt=0)
    power: float = Field(default=0.8, gt=0.5, lt=1)
    draws: int = Field(default=4000, ge=200)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class Dose:
    """effect: on the targets, above 0 is better. harm: to the guard, above 0 is worse. shuffled: the arm of its words
    shuffled at this share, or at the nearest that was tried so; negative: their effect; over_negative: what the
    candidate brought beyond them at their share; explained: the part of its effect there that they bring, where it had
    one. task: effect on task-format sets. memorised: by how much more than the control it knows the candidate's seen
    documents better than its unseen ones."""

    arm: Arm
    seeds: int
    effect: Effect
    harm: Effect
    shuffled: Arm | None
    negative: Effect | None
    over_negative: Effect | None
    explained: float | None
    task: Effect | None
    memorised: Effect | None

    @property
    def p(self) -> float:
        """Of the claim that it beats the control and its own words: of both tests the larger (Berger 1982,
        Technometrics 24)."""
        return max(self.effect.p, self.over_negative.p if self.over_negative else 0.0)


@dataclass(frozen=True)
class Found:
    """What holds of a dose. wins: all that `worth it` asks. fails: surely not worth it. more: seeds that would tell,
    None where seeds cannot. reasons: in words, first what matters most."""

    wins: bool
    fails: bool
    more: int | None
    reasons: tuple[str, ...]


def dose_of(drawn: Resampled, arm: Arm, alpha: float) -> Dose:
    """What was observed of a candidate's arm."""
    tried = [one for one in drawn.seeds if one.kind == "negative" and one.candidate == arm.candidate]
    shuffled = min(tried, key=lambda one: abs(one.share - arm.share), default=None)
    return Dose(
        arm=arm,
        seeds=min(drawn.seeds[one].shape[1] for one in (arm, CONTROL)),
        effect=lower(drawn, arm, CONTROL, "target", alpha),
        harm=lower(drawn, CONTROL, arm, "guard", alpha),
        shuffled=shuffled,
        **_beside(drawn, shuffled, alpha),
        task=lower(drawn, arm, CONTROL, "task", alpha) if drawn.sets("task") else None,
        memorised=_memorised(drawn, arm, alpha),
    )


def _beside(drawn: Resampled, shuffled: Arm | None, alpha: float) -> dict[str, Any]:
    """What the shuffled words did, and the candidate at their share beyond them."""
    if shuffled is None:
        return {"negative": None, "over_negative": None, "explained": None}
    ordered = shuffled._replace(kind="candidate")
    whole = lower(drawn, ordered, CONTROL, "target", alpha)
    words = lower(drawn, shuffled, CONTROL, "target", alpha)
    return {
        "negative": words,
        "over_negative": lower(drawn, ordered, shuffled, "target", alpha),
        "explained": words.value / whole.value if whole.low > 0 else None,
    }


def _memorised(drawn: Resampled, arm: Arm, alpha: float) -> Effect | None:
    sets = {f"unseen/{arm.candidate}": 1.0, f"seen/{arm.candidate}": -1.0}
    known = all(one in drawn.measured.get(name, {}) for name in sets for one in (arm, CONTROL))
    return effect(drawn, arm, CONTROL, sets, alpha) if known else None


def found_of(dose: Dose, adjusted: float, adjusted_effect: float, tests: int, settings: VerdictSettings) -> Found:
    """What holds of a dose among `tests`. adjusted: Holm's p of `dose.p`; adjusted_effect: of the effect's alone."""
    significant, beaten = adjusted_effect < settings.alpha, adjusted < settings.alpha
    too_small = dose.effect.high < settings.minimum_effect
    words_alone = dose.over_negative is not None and dose.over_negative.high < settings.minimum_effect
    safe, harmful = dose.harm.high <= settings.guard_limit, dose.harm.low > settings.guard_limit
    large = dose.effect.value >= settings.minimum_effect
    fails = too_small or words_alone or harmful
    reasons = [
        (harmful, f"it harms the guard by {dose.harm.value:.4f} bits per byte, more than {settings.guard_limit:g}"),
        (too_small, f"its effect is below {settings.minimum_effect:g} bits per byte"),
        (words_alone and not too_small, "its words alone do it: shuffled, they bring as much"),
        (not fails and not significant, "its effect cannot be told from chance"),
        (not fails and significant and not beaten, "its words alone may do it: it does not surely beat them shuffled"),
        (not fails and beaten and not large, f"its effect may be below {settings.minimum_effect:g} bits per byte"),
        (not fails and not safe, f"harm to the guard may be above {settings.guard_limit:g} bits per byte"),
    ]
    wins = beaten and large and safe and not fails
    more = None if wins or fails else _more(dose, significant, beaten, safe, tests, settings)
    return Found(wins, fails, more, tuple(said for holds, said in reasons if holds))


def _more(dose: Dose, significant: bool, beaten: bool, safe: bool, tests: int, settings: VerdictSettings) -> int | None:
    """Seeds per arm, beyond those there are, that would tell all that is open; None where documents are too few."""
    least, nearest = settings.minimum_effect, NEAREST * settings.minimum_effect
    asked = []
    if not significant:
        asked.append((dose.effect, max(dose.effect.value, least), tests))
    elif beaten and dose.effect.value < least:
        asked.append((dose.effect, max(least - dose.effect.value, nearest), 1))
    if dose.over_negative and not beaten:
        asked.append((dose.over_negative, max(dose.over_negative.value, least), tests))
    if not safe:
        asked.append((dose.harm, max(abs(settings.guard_limit - dose.harm.value), nearest), 1))
    needed = [seeds_needed(one, dose.seeds, d, settings.alpha / n, settings.power) for one, d, n in asked]
    known = [n for n in needed if n is not None]
    return max(1, max(known) - dose.seeds) if len(known) == len(needed) else None
