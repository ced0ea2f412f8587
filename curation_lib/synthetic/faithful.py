"""Whether the numbers, units and names of a text stand in its source, and among the words that they stand among there.

A fact that the source does not hold is unknown. One that it holds is supported as far as it fits its place (`support`),
so that a number that belongs to something else gives itself away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from curation_lib.synthetic.arithmetic import equations
from curation_lib.synthetic.counted import counts, shows_code
from curation_lib.synthetic.parts import Part, parts
from curation_lib.synthetic.support import other_fills, support_of
from curation_lib.text.common_words import common_stems
from curation_lib.text.fact_source import Source
from curation_lib.text.fact_tokens import fact_tokens
from curation_lib.text.facts import CAPITAL, ENGLISH, NUMBER, Token
from curation_lib.text.name_runs import STOPS, name_runs
from curation_lib.text.units import unit_of

_BEFORE_ONE = ("only", "just", "exactly", "precisely")
_ONLY = re.compile(rf"\b(?:{'|'.join(_BEFORE_ONE)})[ \n]+\Z", re.IGNORECASE)


@dataclass
class Faults:
    """What a text says that its source does not: facts as written. number_support, name_support: of the worst placed
    number and name, with what was found; 1 where there is none."""

    numbers: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    number_support: tuple[float, str] = (1.0, "")
    name_support: tuple[float, str] = (1.0, "")


def faults(text: str, source: Source) -> Faults:
    """The facts of `text` held against a source. What it calculates rightly from known numbers is known, and so is what
    can be counted in the code that it shows."""
    found, derived, code = Faults(), _derived(text, source), shows_code(text)
    for part in parts(text, source):
        for first, last in name_runs(part.tokens):
            if first < part.first:
                continue
            if part.tokens[first].kind == NUMBER:
                key = part.tokens[first].key
                counted = code and key not in source.by_key and counts(text, part.tokens, first)
                if key not in derived and not counted:
                    _judge_number(text, source, part, first, found)
            else:
                _judge_names(text, source, part, first, last, found)
    return found


def _derived(text: str, source: Source) -> set[str]:
    """Results, not of the source, of the text's true equations over numbers that are known, in order."""
    derived: set[str] = set()
    for one in equations(text):
        terms = {token.key for token in fact_tokens(one.text.partition("=")[0]) if token.kind == NUMBER}
        if one.true and all(term in source.by_key or term in derived for term in terms):
            derived |= {token.key for token in fact_tokens(one.result) if token.kind == NUMBER} - source.by_key.keys()
    return derived


def _judge_number(text: str, source: Source, part: Part, at: int, found: Faults) -> None:
    token = part.tokens[at]
    if token.vague:
        if _counted_out(text, token) and not _counts_one(source, token):
            found.numbers.append(text[token.start : token.stop])
        return
    places = source.by_key.get(token.key)
    said = text[token.start : token.stop]
    if not places:
        found.numbers.append(said)
    elif token.units and not token.units & (source.units[token.key] | _units_behind(source, places)):
        found.units.append(f"{said} {'/'.join(sorted(token.units))}")
    else:
        found.number_support = min(found.number_support, support_of(source, part, at, at + 1, places, said))


def _counted_out(text: str, token: Token) -> bool:
    """Whether a word that mostly says no number says one here: `only one attribute`, `exactly one`."""
    return (
        text[token.start : token.stop].lower() == "one"
        and _ONLY.search(text[max(0, token.start - 12) : token.start]) is not None
    )


def _counts_one(source: Source, one: Token) -> bool:
    """Whether the source counts one, too: in figures, or as `only one`, `a single`, `the sole`."""
    said = any(f"{word}{one.key}" in source.joined for word in _BEFORE_ONE)
    return said or one.key in source.numbers or "single" in source.by_key or "sole" in source.by_key


def _units_behind(source: Source, places: Sequence[int]) -> set[str]:
    """Units a word or two behind the number: `63 usable characters`."""
    behind = [source.tokens[n] for at in places for n in range(at + 1, min(at + 4, len(source.tokens)))]
    return {unit for token in behind if (unit := unit_of(token.key))}


def _judge_names(text: str, source: Source, part: Part, first: int, last: int, found: Faults) -> None:
    """A run of names: each must be known; the whole is one name where the source has it so, else each is one."""
    known = [at for at in range(first, last) if _known(text, source, part, at, found)]
    first = known[0] if known else last  # `The`, `Use` at its head are none of it
    whole = source.spans.get(tuple(token.key for token in part.tokens[first:last]))
    runs = [(first, last, whole)] if whole else [(at, at + 1, _places(source, part.tokens[at])) for at in known]
    for start, stop, places in runs:
        said = text[part.tokens[start].start : part.tokens[stop - 1].stop]
        if places:
            found.name_support = min(found.name_support, support_of(source, part, start, stop, places, said))


def _places(source: Source, token: Token) -> list[int]:
    return [*source.by_key.get(token.key, ()), *source.aliases.get(token.key, ())]


def _known(text: str, source: Source, part: Part, at: int, found: Faults) -> bool:
    """Whether a token is a name that the source holds. A capital letter alone makes no name where any word has one."""
    token = part.tokens[at]
    if token.kind == CAPITAL and (token.stem in STOPS or len(token.key) < 2):
        if len(token.key) > 2 and not (token.initial or part.heading or token.key in source.by_key):
            found.names.append(text[token.start : token.stop])  # `chain None`
        return False
    free = token.kind == CAPITAL and (token.initial or part.heading) and token.key not in source.names
    if free and (filler := other_fills(source, part, at, at + 1, source.names)):
        found.names.append(f"{text[token.start : token.stop]} for {filler}")
        return False
    if _places(source, token):
        return not free
    ordinary = free and (source.capitals != ENGLISH or token.stem in common_stems())
    if token.key not in source.joined and not ordinary:
        found.names.append(text[token.start : token.stop])
    return False
