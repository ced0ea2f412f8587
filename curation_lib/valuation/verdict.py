"""Whether candidates are worth it: tests of all their shares together, and words that say what is known.

`worth it`: at some share the effect on the targets, and its excess over the same words shuffled, are above 0 (Holm over
all candidates and shares), the effect is at least `minimum_effect`, and the guard is surely within its limit.
`not worth it`: at every share the effect, or its excess over shuffled words, is surely below `minimum_effect`, or the
guard surely beyond its limit. Everything is inconclusive where the placebo, which is more of the base, seems to help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.arms import CONTROL, Arm, Observed, percent
from curation_lib.valuation.dose import Dose, Found, VerdictSettings, dose_of, found_of
from curation_lib.valuation.effects import Effect, holm, lower
from curation_lib.valuation.resampled import Resampled, resampled

WORTH, NOT_WORTH, INCONCLUSIVE = "worth it", "not worth it", "inconclusive"
Response = Literal["grows", "shrinks", "flat"]


@dataclass(frozen=True)
class Row:
    """A dose, Holm's p of its effect (adjusted) and of its whole claim (claim), and what holds of it."""

    dose: Dose
    adjusted: float
    claim: float
    found: Found


@dataclass(frozen=True)
class Candidate:
    """verdict: `worth it`, `not worth it`, `inconclusive (needs n more seeds)`; `(needs more documents)` where seeds
    cannot tell, `(the placebo wins)` where the experiment cannot. share: the recommended one, of those that win the one
    with the largest effect. response: the effect at the largest share less that at the smallest."""

    name: str
    verdict: str
    reasons: tuple[str, ...]
    share: float | None
    rows: tuple[Row, ...]
    response: Effect | None
    response_word: Response | None


@dataclass(frozen=True)
class Judgement:
    """candidates: in their order. placebos: effect by arm. notes: what the reader should know of the whole."""

    settings: VerdictSettings
    candidates: tuple[Candidate, ...]
    placebos: Mapping[Arm, Effect]
    notes: tuple[str, ...]


def judge(observed: Observed, settings: VerdictSettings) -> Judgement:
    """The verdict on every candidate. ConfigError where an arm has one seed, or control, target or guard is missing."""
    if CONTROL not in observed:
        raise ConfigError("arms: there is no control, so nothing to compare with; add it")
    drawn = resampled(observed, settings.draws, settings.seed)
    for kind in ("target", "guard"):
        if not drawn.sets(kind):
            raise ConfigError(f"measures: no set {kind}/<name>; a verdict needs one at least")
    placebos = {arm: lower(drawn, arm, CONTROL, "target", settings.alpha) for arm in observed if arm.kind == "placebo"}
    winning = [arm.label for arm, one in placebos.items() if one.p < settings.alpha]
    rows = _rows(drawn, [arm for arm in observed if arm.kind == "candidate"], settings)
    names = dict.fromkeys(row.dose.arm.candidate for row in rows)
    of = {name: tuple(row for row in rows if row.dose.arm.candidate == name) for name in names}
    candidates = tuple(_candidate(drawn, name, own, winning, settings) for name, own in of.items())
    return Judgement(settings, candidates, placebos, tuple(_notes(drawn, rows)))


def _rows(drawn: Resampled, arms: Sequence[Arm], settings: VerdictSettings) -> list[Row]:
    doses = {arm: dose_of(drawn, arm, settings.alpha) for arm in sorted(arms, key=lambda arm: arm.share)}
    claims = holm({arm: one.p for arm, one in doses.items()})
    effects = holm({arm: one.effect.p for arm, one in doses.items()})
    return [
        Row(one, effects[arm], claims[arm], found_of(one, claims[arm], effects[arm], len(doses), settings))
        for arm, one in doses.items()
    ]


def _candidate(
    drawn: Resampled, name: str, rows: tuple[Row, ...], winning: Sequence[str], settings: VerdictSettings
) -> Candidate:
    best = max((row for row in rows if row.found.wins), key=lambda row: row.dose.effect.value, default=None)
    verdict, reasons = _words(rows, best, winning, settings)
    first, last = rows[0].dose.arm, rows[-1].dose.arm
    response = lower(drawn, last, first, "target", settings.alpha) if first != last else None
    word: Response | None = None
    if response:
        word = "grows" if response.low > 0 else "shrinks" if response.high < 0 else "flat"
    share = best.dose.arm.share if best and not winning else None
    return Candidate(name, verdict, reasons, share, rows, response, word)


def _words(
    rows: Sequence[Row], best: Row | None, winning: Sequence[str], settings: VerdictSettings
) -> tuple[str, tuple[str, ...]]:
    if winning:
        why = f"{', '.join(winning)} seems to help, though it is more of the base: what the arms share is at fault"
        return f"{INCONCLUSIVE} (the placebo wins)", (why,)
    if best:
        value, share = best.dose.effect.value, best.dose.arm.share
        return WORTH, (f"best at {percent(share)}, where the targets take {value:.4f} bits per byte less",)
    said = dict.fromkeys(f"at {percent(row.dose.arm.share)} {why}" for row in rows for why in row.found.reasons)
    open_rows = [row for row in rows if not row.found.fails]
    if not open_rows:
        return NOT_WORTH, tuple(said)
    more = min((row.found.more for row in open_rows if row.found.more is not None), default=None)
    if more is None:
        return f"{INCONCLUSIVE} (needs more documents)", (*said, "documents of the measure sets vary too much")
    return f"{INCONCLUSIVE} (needs {more} more seed{'s' if more > 1 else ''})", tuple(said)


def _notes(drawn: Resampled, rows: Sequence[Row]) -> list[str]:
    measured = {arm: [of[arm] for of in drawn.measured.values() if arm in of] for arm in drawn.seeds}
    still = [arm.label for arm, sets in measured.items() if all(len(set(seeds)) == 1 for seeds in sets)]
    notes = [f"all seeds of {', '.join(still)} measured the same: is their order of data the same?"] if still else []
    doses = {row.dose.shuffled: row.dose for row in rows}
    return notes + [
        f"{arm.label} beats the control, too"
        for arm, dose in doses.items()
        if arm and dose.negative and dose.negative.low > 0
    ]
