"""How well a fact stands among the words around it: its fit over that of the source's best other fact of its kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from curation_lib.synthetic.parts import Part
from curation_lib.text.fact_source import Source
from curation_lib.text.facts import NUMBER
from curation_lib.text.name_runs import slots_of
from curation_lib.text.placement import context_of, fits

PRIOR = 0.3
"""Weight that every fact is granted: few known words around it say little."""
UNKNOWN = 1.6
"""Further weight granted per weight of words around it that the source does not have: it may be said otherwise."""
ALSO_SAID = 0.8
"""A rival that the statement names, too, counts so much less: it may be what the words around belong to."""
OTHER_FILLS = 0.5
"""Support of a fact whose slot another one fills in the source, and never this one."""


def support_of(
    source: Source, part: Part, first: int, last: int, places: Sequence[int], said: str
) -> tuple[float, str]:
    """How well the fact fits against the best other one, and which that is."""
    tokens = part.tokens
    context, unknown = context_of(tokens, first, last, source)
    granted = PRIOR + UNKNOWN * unknown
    total = sum(context.values())
    own = {token.key for token in tokens[first:last]}
    own |= {short for short, at in source.aliases.items() if not set(at).isdisjoint(places)}
    rivals = source.number_rivals if tokens[first].kind == NUMBER else source.name_rivals
    mine = float(fits(source, np.array(places, np.int64), context).max())
    best, other = 0.0, "no other"
    worths = np.maximum.reduceat(fits(source, rivals.places, context), rivals.starts) if rivals.keys else ()
    for key, worth in zip(rivals.keys, worths, strict=True):
        if key not in own:
            best, other = max((best, other), (float(worth) * (ALSO_SAID if key in part.keys else 1.0), key))
    support = (mine * total + granted) / (best * total + granted)
    if filler := other_fills(source, part, first, last, rivals.keys):
        support, other = min(support, OTHER_FILLS), filler
    return round(support, 4), f"{said}: {mine:.2f}, {other} {best:.2f}"


def other_fills(source: Source, part: Part, first: int, last: int, rivals: Collection[str]) -> str:
    """A rival that the source has between the same words, where it never has the fact, and that the statement does not
    name; empty if none."""
    own = {token.key for token in part.tokens[first:last]}
    fillers = [source.slots.get(slot, set()) for slot in slots_of(part.tokens, first, last)]
    if any(own & one for one in fillers):
        return ""
    return min((key for one in fillers for key in one if key in rivals and key not in part.keys), default="")
