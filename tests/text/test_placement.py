"""How well a context fits a place equals plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.text.fact_source import Source, read_source
from curation_lib.text.fact_tokens import fact_tokens
from curation_lib.text.name_runs import name_runs
from curation_lib.text.placement import NEIGHBOUR, REACH, context_of, fits

SENTENCES = st.lists(
    st.lists(st.sampled_from("river Oldby 12 stone Ruth the mill 1931 of tower".split()), min_size=1, max_size=8)
    .map(lambda words: " ".join(words) + "."),
    min_size=1, max_size=5,
)  # fmt: skip


def fit(source: Source, place: int, context: dict[str, float]) -> float:
    """From the definition: the share of the context's weight, each word by its best occurrence."""
    total = sum(context.values())
    if not total:
        return 1.0
    found = 0.0
    for one, weight in context.items():
        worths = [0.0]
        for other, token in enumerate(source.tokens):
            apart = abs(source.statement[other] - source.statement[place])
            if token.stem == one and apart == 0:
                worths.append(1 / (1 + abs(source.place[other] - source.place[place]) / REACH))
            elif token.stem == one and apart == 1:
                worths.append(NEIGHBOUR)
        found += weight * max(worths)
    return found / total


@settings(deadline=None)  # a kernel may have to be compiled
@given(SENTENCES, SENTENCES)
def test_fits(known: list[str], said: list[str]) -> None:
    source, tokens = read_source("\n".join(known)), fact_tokens(" ".join(said))
    places = np.arange(len(source.tokens))
    for first, last in name_runs(tokens):
        context = context_of(tokens, first, last, source)
        assert all(weight > 0 for weight in context.known.values())
        found = fits(source, places, context.known)
        assert found == pytest.approx([fit(source, place, context.known) for place in places])


def test_a_fact_fits_where_its_words_stand() -> None:
    source = read_source("The mill of Oldby was built in 1931. The tower of Karsk has 12 floors.")
    tokens = fact_tokens("Oldby got its mill in 12.")
    context = context_of(tokens, 5, 6, source)
    assert set(context.known) == {"oldb", "mill"}
    year, floors = (fits(source, np.array(source.by_key[key]), context.known)[0] for key in ("1931", "12"))
    assert year > floors
