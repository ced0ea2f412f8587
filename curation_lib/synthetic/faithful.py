"""Whether the numbers, units and names of a text stand in its source, and among the words that they stand among there.

A fact that the source does not hold is unknown. One that it holds is supported as far as it fits its place: the share
of the words around it that stand near it in the source, against the fit of the source's best other fact of its kind.
So a number that belongs to something else gives itself away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from curation_lib.synthetic.arithmetic import equations
from curation_lib.text.common_words import common_stems
from curation_lib.text.fact_tokens import CAPITAL, NUMBER, Token, fact_tokens
from curation_lib.text.placement import STOPS, Source, context_of, fits, name_runs, slots_of
from curation_lib.text.statements import statements
from curation_lib.text.units import unit_of

FOLLOWERS = 3
"""Statements behind a question that are read with it."""
PRIOR = 0.3
"""Weight that every fact is granted: few known words around it say little."""
UNKNOWN = 1.6
"""Further weight granted per weight of words around it that the source does not have: it may be said otherwise."""
ALSO_SAID = 0.8
"""A rival that the statement names, too, counts so much less: it may be what the words around belong to."""
OTHER_FILLS = 0.5
"""Support of a fact whose slot another one fills in the source, and never this one."""


@dataclass
class Faults:
    """What a text says that its source does not: facts as written. number_support, name_support: of the worst placed
    number and name, with what was found; 1 where there is none."""

    numbers: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    number_support: tuple[float, str] = (1.0, "")
    name_support: tuple[float, str] = (1.0, "")


@dataclass(frozen=True)
class _Part:
    """Tokens with those that they are read with; facts are the tokens from `first` on."""

    tokens: list[Token]
    first: int
    heading: bool
    keys: frozenset[str]


def faults(text: str, source: Source) -> Faults:
    """The facts of `text` held against a source. What it calculates rightly from known numbers is known, too."""
    found, derived = Faults(), _derived(text, source)
    for part in _parts(text, source):
        for first, last in name_runs(part.tokens):
            if first < part.first:
                continue
            if part.tokens[first].kind == NUMBER:
                if part.tokens[first].key not in derived:
                    _judge_number(text, source, part, first, found)
            else:
                _judge_names(text, source, part, first, last, found)
    return found


def _parts(text: str, source: Source) -> Iterator[_Part]:
    """Each statement; behind a question, together with it."""
    question: list[Token] = []
    judged, left = True, 0
    for one in statements(text):
        tokens = _spaced(fact_tokens(text, one.start, one.stop), source)
        if one.question:
            if not judged:
                yield _part(question, 0, False)
            question, judged, left = tokens, False, FOLLOWERS
            continue
        asked = question if left > 0 else []
        yield _part(asked + tokens, len(asked) if judged else 0, one.heading)
        judged, left = True, left - 1
    if not judged:
        yield _part(question, 0, False)


def _spaced(tokens: list[Token], source: Source) -> list[Token]:
    """`12 000` as one number where the source holds it."""
    out: list[Token] = []
    for token in tokens:
        last = out[-1] if out else None
        if last and last.kind == token.kind == NUMBER and token.start - last.stop == 1:
            together = last.key + token.key.zfill(3)
            if token.stop - token.start == 3 and together in source.numbers:
                out[-1] = token._replace(start=last.start, key=together, stem=together)
                continue
        out.append(token)
    return out


def _part(tokens: list[Token], first: int, heading: bool) -> _Part:
    return _Part(tokens, first, heading, frozenset(token.key for token in tokens))


def _derived(text: str, source: Source) -> set[str]:
    """Results, not of the source, of the text's true equations over numbers that are known, in order."""
    derived: set[str] = set()
    for one in equations(text):
        terms = {token.key for token in fact_tokens(one.text.partition("=")[0]) if token.kind == NUMBER}
        if one.true and all(term in source.by_key or term in derived for term in terms):
            derived |= {token.key for token in fact_tokens(one.result) if token.kind == NUMBER} - source.by_key.keys()
    return derived


def _judge_number(text: str, source: Source, part: _Part, at: int, found: Faults) -> None:
    token = part.tokens[at]
    if token.vague:
        return
    places = source.by_key.get(token.key)
    said = text[token.start : token.stop]
    if not places:
        found.numbers.append(said)
    elif token.units and not token.units & (source.units[token.key] | _units_behind(source, places)):
        found.units.append(f"{said} {'/'.join(sorted(token.units))}")
    else:
        found.number_support = min(found.number_support, _support(source, part, at, at + 1, places, said))


def _units_behind(source: Source, places: Sequence[int]) -> set[str]:
    """Units a word or two behind the number: `63 usable characters`."""
    behind = [source.tokens[n] for at in places for n in range(at + 1, min(at + 4, len(source.tokens)))]
    return {unit for token in behind if (unit := unit_of(token.key))}


def _judge_names(text: str, source: Source, part: _Part, first: int, last: int, found: Faults) -> None:
    """A run of names: each must be known; the whole is one name where the source has it so, else each is one."""
    known = [at for at in range(first, last) if _known(text, source, part, at, found)]
    first = known[0] if known else last  # `The`, `Use` at its head are none of it
    whole = source.spans.get(tuple(token.key for token in part.tokens[first:last]))
    runs = [(first, last, whole)] if whole else [(at, at + 1, _places(source, part.tokens[at])) for at in known]
    for start, stop, places in runs:
        said = text[part.tokens[start].start : part.tokens[stop - 1].stop]
        if places:
            found.name_support = min(found.name_support, _support(source, part, start, stop, places, said))


def _places(source: Source, token: Token) -> list[int]:
    return [*source.by_key.get(token.key, ()), *source.aliases.get(token.key, ())]


def _known(text: str, source: Source, part: _Part, at: int, found: Faults) -> bool:
    """Whether a token is a name that the source holds. A capital letter alone makes no name where any word has one."""
    token = part.tokens[at]
    if token.kind == CAPITAL and (token.stem in STOPS or len(token.key) < 2):
        if len(token.key) > 2 and not (token.initial or part.heading or token.key in source.by_key):
            found.names.append(text[token.start : token.stop])  # `chain None`
        return False
    free = token.kind == CAPITAL and (token.initial or part.heading) and token.key not in source.names
    if free and (filler := _other_fills(source, part, at, at + 1, source.names)):
        found.names.append(f"{text[token.start : token.stop]} for {filler}")
        return False
    if _places(source, token):
        return not free
    if token.key not in source.joined and not (free and token.stem in common_stems()):
        found.names.append(text[token.start : token.stop])
    return False


def _support(source: Source, part: _Part, first: int, last: int, places: Sequence[int], said: str) -> tuple[float, str]:
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
    if filler := _other_fills(source, part, first, last, rivals.keys):
        support, other = min(support, OTHER_FILLS), filler
    return round(support, 4), f"{said}: {mine:.2f}, {other} {best:.2f}"


def _other_fills(source: Source, part: _Part, first: int, last: int, rivals: Collection[str]) -> str:
    """A rival that the source has between the same words, where it never has the fact, and that the statement does not
    name; empty if none."""
    own = {token.key for token in part.tokens[first:last]}
    fillers = [source.slots.get(slot, set()) for slot in slots_of(part.tokens, first, last)]
    if any(own & one for one in fillers):
        return ""
    return min((key for one in fillers for key in one if key in rivals and key not in part.keys), default="")
