"""Which forms are asked of which seeds: as many of each as its weight says, the best seeds first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

NEEDS: Mapping[str, str] = {"math_problem": "numbers", "code_explanation": "code"}
"""What a text must hold for a form; every text does for the others."""


def quotas(weights: Mapping[str, float], requests: int) -> dict[str, int]:
    """`requests` divided by weight, exactly: what is left of whole numbers goes to the largest remainders, of equal
    ones to the first."""
    total = sum(Fraction(str(weight)) for weight in weights.values())
    shares = {form: Fraction(str(weight)) * requests / total for form, weight in weights.items()}
    given = {form: floor(share) for form, share in shares.items()}
    by_rest = sorted(weights, key=lambda form: given[form] - shares[form])
    for form in by_rest[: requests - sum(given.values())]:
        given[form] += 1
    return given


def allotted(
    seeds: Sequence[frozenset[str]], weights: Mapping[str, float], requests: int, per_seed: int
) -> list[list[str]]:
    """The forms asked of each seed, at most `per_seed` different ones.

    seeds: what each text holds (values of NEEDS), best seed first. Forms with needs choose first; what too few
    seeds can serve is divided among the forms without. Forms are dealt out in turns, so that none gets the best
    seeds alone.
    """
    given: list[list[str]] = [[] for _ in seeds]
    wanted = quotas(weights, requests)
    for form in (one for one in weights if one in NEEDS):
        fit = (i for i, holds in enumerate(seeds) if NEEDS[form] in holds and len(given[i]) < per_seed)
        for i, _ in zip(fit, range(wanted[form]), strict=False):
            given[i].append(form)
    anywhere = {form: weight for form, weight in weights.items() if form not in NEEDS}
    if anywhere:
        left = requests - sum(map(len, given))
        _deal(given, _in_turns(quotas(anywhere, left)), min(per_seed, len(weights)))
    return given


def _in_turns(wanted: Mapping[str, int]) -> list[str]:
    """Every form as often as wanted, evenly spread."""
    places = [(Fraction(2 * i + 1, 2 * count), form) for form, count in wanted.items() for i in range(count)]
    return [form for _, form in sorted(places, key=lambda one: one[0])]


def _deal(given: list[list[str]], forms: Sequence[str], per_seed: int) -> None:
    """Each form to the first seed that has room for one more and has not got it."""
    place = dict.fromkeys(forms, 0)
    for form in forms:
        at = place[form]
        while at < len(given) and (len(given[at]) >= per_seed or form in given[at]):
            at += 1
        if at < len(given):
            given[at].append(form)
        place[form] = at
