"""A text as tokens that facts are made of: words, names, numbers with their units; each with its place.

Kinds: NUMBER has a value (see `text.numerals`) and perhaps units; NAME is what looks like a name wherever it stands
(code, acronym, address, capitals within) or is a capital word; WORD is the rest. Signs are no tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from curation_lib.text.numerals import FIGURES, ORDINALS, SCALES, SMALL, VAGUE, figure_value, scaled, word_value
from curation_lib.text.units import unit_of
from curation_lib.text.word_forms import folded, name_form, stem

WORD, NAME, CAPITAL, NUMBER = "word", "name", "capital", "number"

LONGEST_NUMBER = 24
"""Words of a number that is written out."""
_URL = r"https?://[^\s<>\"'|)\]]*[\w/]|www\.[\w.-]+\w"
_RUN = r"[^\W_]\w*(?:(?:::|[.,'’:/@\\&+-])?_*[^\W_]\w*)*|_+[^\W_]\w*"
_TOKEN = re.compile(rf"(?P<url>{_URL})|(?P<money>[$€£¥]\s?)?(?P<run>{_RUN})(?P<percent>\s?%)?")
_NUMERIC = re.compile(rf"[vV]?(?P<figures>{FIGURES.pattern})(?P<rest>.*)", re.S)
_TIME = re.compile(r"(\d{1,2}):(\d\d)")
_CODE = re.compile(r"[a-z].*[A-Z]|[A-Z].*[A-Z]|[a-zA-Z]\d|_|::|\w\.\w|@|\\|\w/\w|\w-[A-Z]")
_WORDS = re.compile(r"[A-Z][a-z]+(?:[/&][A-Z][a-z]+)+|[A-Z]|[a-z]+(?:/[a-z]+)+")  # Read/Write, and/or
_SHORTENED = re.compile(r"[A-Z][a-z]*(?:['’][A-Za-z]+)?")
_PLAIN_JOIN = re.compile(r"[-/&+.:,]")
_DOTTED = {"a.m": "a.m", "p.m": "p.m", "e.g": "", "i.e": "", "u.s": ""}
_OPENS = "|:.!?;([\"“‘'—–-…"
_ORDINAL_END = re.compile(r"(?:st|nd|rd|th)\b")


class Token(NamedTuple):
    """key: what tokens are compared by; stem: the same as context; units: of a number, those it may have.

    start, stop: characters of the text. vague: a number that says none by itself (`first`). initial: it begins a
    sentence, a cell, a quotation or what a colon announces, where a capital letter says nothing.
    """

    start: int
    stop: int
    kind: str
    key: str
    stem: str
    units: frozenset[str] = frozenset()
    vague: bool = False
    initial: bool = False


def fact_tokens(text: str, start: int = 0, stop: int | None = None) -> list[Token]:
    """The tokens of text[start:stop], in order."""
    found = [_placed(text, start, one) for one in _raw(text, start, len(text) if stop is None else stop)]
    return _with_units(text, _with_number_words(text, found))


def _placed(text: str, start: int, token: Token) -> Token:
    if token.kind != CAPITAL:
        return token
    before = text[max(start, token.start - 6) : token.start].rstrip(" \t*_`")
    return token._replace(initial=not before or before[-1] in _OPENS)


def _raw(text: str, start: int, stop: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, stop):
        if match["url"]:
            yield _token(match.start(), match["url"], NAME)
            continue
        units = {unit_of(match["money"].strip(), True)} if match["money"] else set()
        units |= {"percent"} if match["percent"] else set()
        at = match.start("run")
        for token in _parts(match["run"], frozenset(u for u in units if u)):
            yield Token(at + token.start, at + token.stop, *token[2:])


@lru_cache(65536)
def _parts(run: str, units: frozenset[str]) -> tuple[Token, ...]:
    """The tokens of a run, places counted from its begin; words repeat, so most runs are known."""
    return tuple(_run(0, run, units))


def _run(at: int, run: str, units: frozenset[str]) -> Iterator[Token]:
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
        yield _token(at, run, NAME)
    elif sign := _PLAIN_JOIN.search(run):
        yield from _run(at, run[: sign.start()], units)
        rest = run[sign.end() :].lstrip("_:.,-/&+@\\")
        if rest:
            yield from _run(at + len(run) - len(rest), rest, units)
    else:
        yield _token(at, run, CAPITAL if run[0].isupper() else WORD)


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
            yield _token(at, run, NAME)  # 2to3, 18F, 0x1F
            return
        units |= {unit} if unit else frozenset()
        rest, end = "", at + len(run)
    yield Token(at, end, NUMBER, value, value, units)
    left = rest.lstrip("_:.,-/&+@\\'’")
    if left:
        yield from _run(at + len(run) - len(left), left, units if left[0].isdigit() else frozenset())


def _token(at: int, raw: str, kind: str) -> Token:
    return Token(at, at + len(raw), kind, name_form(raw), stem(raw))


def _with_number_words(text: str, tokens: list[Token]) -> list[Token]:
    """Number words as numbers, and scale words multiplied out."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        word = folded(text[token.start : token.stop])
        if token.kind == NUMBER and at + 1 < len(tokens) and _scale(text, tokens, at):
            scale = tokens[at + 1]
            value = scaled(token.key, _scale(text, tokens, at))
            out.append(Token(token.start, scale.stop, NUMBER, value, value, token.units))
            at += 2
        elif token.kind in (WORD, CAPITAL) and (word in SMALL or word in ORDINALS) and not _seconds(text, out, token):
            words = [folded(text[t.start : t.stop]) for t in tokens[at : at + LONGEST_NUMBER]]
            found = word_value(words)
            assert found
            value, used = found
            out.append(
                Token(token.start, tokens[at + used - 1].stop, NUMBER, value, value, vague=used == 1 and word in VAGUE)
            )
            at += used
        else:
            out.append(token)
            at += 1
    return out


def _seconds(text: str, before: list[Token], token: Token) -> bool:
    """Whether it is the unit of `30-second` and not an ordinal."""
    last = before[-1] if before else None
    return bool(
        last
        and last.kind == NUMBER
        and text[last.stop : token.start] in (" ", "-")
        and text[token.start : token.stop] == "second"
    )


def _scale(text: str, tokens: list[Token], at: int) -> str:
    token, after = tokens[at], tokens[at + 1]
    word = folded(text[after.start : after.stop])
    return word if word in SCALES and text[token.stop : after.start].strip(" \u00a0-") == "" else ""


def _with_units(text: str, tokens: list[Token]) -> list[Token]:
    """Numbers with the unit behind them; of `4 to 6 GB` and `4, 5 or 6 GB` each number may have it."""
    out = list(tokens)
    for at in range(len(out) - 2, -1, -1):  # backwards: `4 to 6 GB`
        token, after = out[at], out[at + 1]
        between = text[token.stop : after.start]
        if token.kind != NUMBER:
            continue
        units: frozenset[str] = frozenset()
        if after.kind == NUMBER and not after.vague and between.strip(" ") in ("", "-", "–", ",", "to", "/"):
            units = after.units
        elif _listed(text, out, at):
            units = out[at + 2].units
        elif after.kind in (WORD, CAPITAL, NAME) and between.strip(" \u00a0-*`()") == "":
            word = text[after.start : after.stop]
            unit = unit_of(word, between == "")
            if unit:
                units = frozenset({unit})
                out[at + 1] = Token(after.start, after.stop, WORD, unit, unit)
        if units and not token.vague:
            out[at] = token._replace(units=token.units | units)
    return out


def _listed(text: str, tokens: list[Token], at: int) -> bool:
    """Whether another number follows as in `4 or 6` and `4, or 6`."""
    if at + 2 >= len(tokens) or tokens[at + 2].kind != NUMBER:
        return False
    return re.fullmatch(r",? (?:to|or|and) ", text[tokens[at].stop : tokens[at + 2].start]) is not None
