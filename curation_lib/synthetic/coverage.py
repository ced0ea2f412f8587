"""How much of its source a text takes up, and how much it says in words that the source does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from curation_lib.text.fact_source import Source
from curation_lib.text.facts import WORD, Token
from curation_lib.text.name_runs import STOPS

KEY_TERMS = 20


def key_terms(source: Source) -> list[str]:
    """The stems that a source is about: its commonest, names and numbers counted twice; ties by place."""
    counts: Counter[str] = Counter()
    for token in source.tokens:
        if token.stem not in STOPS and len(token.stem) > 1:
            counts[token.stem] += 1 if token.kind == WORD else 2
    return [term for term, _ in counts.most_common(KEY_TERMS)]


def coverage(tokens: Sequence[Token], source: Source) -> tuple[float, list[str]]:
    """Share of the source's key terms that a text's tokens hold, and the terms missing; 1 for a source without any."""
    terms, held = key_terms(source), {token.stem for token in tokens}
    missing = [term for term in terms if term not in held]
    return (1 - len(missing) / len(terms) if terms else 1.0), missing


def new_word_share(tokens: Sequence[Token], source: Source) -> tuple[float, list[str]]:
    """Share of a text's different content stems that the source does not have, 0 without any, and these in order."""
    stems = list(dict.fromkeys(token.stem for token in tokens if token.stem not in STOPS))
    new = [one for one in stems if one not in source.weight]
    return (len(new) / len(stems) if stems else 0.0), new
