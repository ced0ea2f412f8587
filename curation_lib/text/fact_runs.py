"""What a run of letters, figures and the signs that join them is made of: `12GB`, `server-rendered`, `File::open`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation_lib.text.facts import CAPITAL, NAME, NUMBER, WORD, Token
from curation_lib.text.numerals import FIGURES, figure_value
from curation_lib.text.units import unit_of
from curation_lib.text.word_forms import name_form, stem

_NUMERIC = re.compile(rf"[vV]?(?P<figures>{FIGURES.pattern})(?P<rest>.*)", re.S)
_TIME = re.compile(r"(\d{1,2}):(\d\d)")
_CODE = re.compile(r"[a-z].*[A-Z]|[A-Z].*[A-Z]|[a-zA-Z]\d|_|::|\w\.\w|@|\\|\w/\w|\w-[A-Z]")
_WORDS = re.compile(r"[A-Z][a-z]+(?:[/&][A-Z][a-z]+)+|[A-Z]|[a-z]+(?:/[a-z]+)+")  # Read/Write, and/or
_SHORTENED = re.compile(r"[A-Z][a-z]*(?:['’][A-Za-z]+)?")
_PLAIN_JOIN = re.compile(r"[-/&+.:,]")
_DOTTED = {"a.m": "a.m", "p.m": "p.m", "e.g": "", "i.e": "", "u.s": ""}
_ORDINAL_END = re.compile(r"(?:st|nd|rd|th)\b")


def run_tokens(at: int, run: str, units: frozenset[str]) -> Iterator[Token]:
    """The tokens of a run of letters, figures and signs that join them."""
    lower = run.lower()
    if lower in _DOTTED:
        if _DOTTED[lower]:
            yield Token(at, at + len(run), WORD, lower, lower)
        return
    numeric = _NUMERIC.fullmatch(run)
    if time := _TIME.fullmatch(run):
        value = figure_value(time[1]) if time[2] == "00" else f"{figure_value(time[1])}:{time[2]}"
        yield Token(at, at + len(run), NUMBER, value, value, units)
    elif numeric:
        yield from _number(at, run, numeric, units)
    elif _is_code(run):
        yield token_of(at, run, NAME)
    elif sign := _PLAIN_JOIN.search(run):
        yield from run_tokens(at, run[: sign.start()], units)
        rest = run[sign.end() :].lstrip("_:.,-/&+@\\")
        if rest:
            yield from run_tokens(at + len(run) - len(rest), rest, units)
    else:
        yield token_of(at, run, CAPITAL if run[0].isupper() else WORD)


def _is_code(run: str) -> bool:
    """Whether it looks like a name of code, a file, an address or an acronym, whatever stands around."""
    bare = re.sub(r"['’]\w*$", "", run)
    if _WORDS.fullmatch(bare) or _SHORTENED.fullmatch(run):
        return False
    return bool(_CODE.search(bare))


def _number(at: int, run: str, numeric: re.Match[str], units: frozenset[str]) -> Iterator[Token]:
    """A run that begins with figures: `12GB`, `32-byte`, `1960-2015`, `3.9.x`, `2to3`, `0x1F`."""
    rest, end = numeric["rest"], at + numeric.end("figures")
    value = figure_value(numeric["figures"])
    if rest and (rest[0].isalpha() or rest[0] == "_"):
        unit = unit_of(rest, True)
        if not unit and not _ORDINAL_END.fullmatch(rest):
            yield token_of(at, run, NAME)  # 2to3, 18F, 0x1F
            return
        units |= {unit} if unit else frozenset()
        rest, end = "", at + len(run)
    yield Token(at, end, NUMBER, value, value, units)
    left = rest.lstrip("_:.,-/&+@\\'’")
    if left:
        yield from run_tokens(at + len(run) - len(left), left, units if left[0].isdigit() else frozenset())


def token_of(at: int, raw: str, kind: str) -> Token:
    return Token(at, at + len(raw), kind, name_form(raw), stem(raw))
