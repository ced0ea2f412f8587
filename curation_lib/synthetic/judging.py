"""The scores of children by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from curation_lib.synthetic.coverage import coverage, new_word_share
from curation_lib.synthetic.faithful import Faults, faults
from curation_lib.synthetic.generated_rows import Child
from curation_lib.synthetic.overlaps import overlaps
from curation_lib.text.fact_source import read_source
from curation_lib.text.fact_tokens import fact_tokens
from curation_lib.text.facts import capitals_of
from curation_lib.text.language import identify
from curation_lib.text.statements import statements

SHOWN = 10
"""Facts that a ledger row names."""
OPENING = 4
"""Words by which openings are compared."""
LEAST_LETTERS = 40
"""Fewer say too little about a language."""
_INT, _FLOAT, _STRING = pa.int64(), pa.float64(), pa.string()
SCORES: Mapping[str, pa.DataType] = {
    "unknown_numbers": _INT, "unknown_units": _INT, "unknown_names": _INT, "number_support": _FLOAT,
    "name_support": _FLOAT, "coverage": _FLOAT, "new_word_share": _FLOAT, "length_ratio": _FLOAT, "novelty": _FLOAT,
    "source_similarity": _FLOAT, "copied_words": _INT, "copied_share": _FLOAT, "same_language": _FLOAT,
    "opening": _STRING, "said_numbers": _STRING, "said_units": _STRING, "said_names": _STRING, "said_number": _STRING,
    "said_name": _STRING, "said_missing": _STRING, "said_new": _STRING, "said_length": _STRING,
    "said_copied": _STRING, "said_language": _STRING,
}  # fmt: skip
"""Scores of a child with a text, with their types."""


def judged(found: Sequence[Child], model: Any) -> dict[str, list[Any]]:
    """Every score of SCORES for each child. model: the language identifier, or None."""
    columns: dict[str, list[Any]] = {name: [] for name in SCORES}
    wanted = {(child.source, capitals_of(child.language)) for child in found}
    sources = {one: read_source(*one) for one in wanted}
    for child in found:
        source = sources[child.source, capitals_of(child.language)]
        tokens = fact_tokens(child.text, capitals=source.capitals)
        share, missing = coverage(tokens, source)
        new, words = new_word_share(tokens, source)
        row = {
            **_facts(faults(child.text, source)),
            "coverage": share,
            "said_missing": _listed(missing),
            "new_word_share": new,
            "said_new": _listed(words),
            "length_ratio": len(child.text) / len(child.source),
            "said_length": f"{len(child.text)} characters of {len(child.source)}",
            "opening": opening(child.text),
        }
        for name, value in row.items():
            columns[name].append(value)
    return columns | overlaps(found) | _languages(found, model)


def _facts(found: Faults) -> dict[str, Any]:
    return {
        "unknown_numbers": len(found.numbers),
        "unknown_units": len(found.units),
        "unknown_names": len(found.names),
        "number_support": found.number_support[0],
        "name_support": found.name_support[0],
        "said_numbers": _listed(found.numbers),
        "said_units": _listed(found.units),
        "said_names": _listed(found.names),
        "said_number": found.number_support[1] or None,
        "said_name": found.name_support[1] or None,
    }


def _listed(facts: Sequence[str]) -> str | None:
    more = f", and {len(facts) - SHOWN} more" if len(facts) > SHOWN else ""
    return ", ".join(facts[:SHOWN]) + more or None


def _languages(found: Sequence[Child], model: Any) -> dict[str, list[Any]]:
    """1 where the text is in the document's language or in that of its source; nothing is held against one that has few
    letters, or a document without a language."""
    if model is None:
        return {"same_language": [1.0] * len(found), "said_language": [None] * len(found)}
    own, _ = identify(model, [child.text for child in found])
    sources, _ = identify(model, [child.source for child in found])
    same, said = [], []
    for child, mine, theirs in zip(found, own, sources, strict=True):
        told = child.language is not None and sum(c.isalpha() for c in child.text) >= LEAST_LETTERS
        same.append(float(not told or mine in (child.language, theirs)))
        said.append(f"{mine}, not {child.language}")
    return {"same_language": same, "said_language": said}


def opening(text: str) -> str:
    """The first words that a text says, behind headings and labels, folded."""
    found = statements(text)
    spoken = next((one for one in found if not one.heading), found[0] if found else None)
    if spoken is None:
        return ""
    return " ".join(text[spoken.start : spoken.stop].casefold().split()[:OPENING])
