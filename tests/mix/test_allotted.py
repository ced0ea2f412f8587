"""Budgets, caps and shares over random corpora: never exceeded, and missed by less than a document."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.mix.leftovers import next_tokens, tokens_of
from curation_lib.mix.rules import Rule
from curation_lib.mix.shares import Limits

DOCUMENTS = st.lists(st.integers(0, 60) | st.integers(0, 900), max_size=12)
BUCKETS = st.lists(DOCUMENTS, max_size=3)
ENTRY = st.tuples(
    st.sampled_from([0.0, 0.5, 1.0, 4.0]), st.fixed_dictionaries({"other": BUCKETS, "synthetic": BUCKETS})
)
CORPUS = st.lists(ENTRY, min_size=1, max_size=6)
RULES = st.sampled_from([Rule(), Rule("natural"), Rule("temperature", 3.33), Rule("unimax")])
BUDGETS = st.integers(1, 20_000) | st.integers(1, 900)
EPOCHS = st.sampled_from([0.5, 1.0, 1.5, 4.0])


def next_of(found, limits, kinds):
    """Tokens of the shortest next document of `kinds` whose cell has room for it; None where all are full."""
    able = [
        following
        for cell, given_out in zip(found.cells, found.given, strict=True)
        if cell.kind in kinds and (following := next_tokens(cell, given_out))
        if tokens_of(cell, given_out) + following <= cell.room(limits.epochs)
    ]
    return min(able, default=None)


@settings(max_examples=300)
@given(CORPUS, RULES, BUDGETS, EPOCHS)
def test_a_budget_is_missed_by_less_than_the_shortest_next_document(corpus_of, corpus, rule, budget, epochs):
    limits = Limits(budget, epochs, None, 1.0, rule)
    found = corpus_of(corpus).allotted(limits)
    missing = budget - sum(found.by_kind().values())
    assert missing >= 0
    following = next_of(found, limits, {"other", "synthetic"})
    assert missing == 0 or following is None or missing < following


@settings(max_examples=300)
@given(CORPUS, RULES, BUDGETS | st.none(), EPOCHS, st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_with_a_synthetic_share_the_natural_part_takes_up_what_is_left(corpus_of, corpus, rule, budget, epochs, share):
    limits = Limits(budget, epochs, share, 0.5, rule)
    found = corpus_of(corpus).allotted(limits)
    tokens, part = found.by_kind(), Fraction(str(share)) * found.planned
    missing = found.planned - sum(tokens.values())
    natural, synthetic = (next_of(found, limits, {kind}) for kind in ("other", "synthetic"))
    assert missing >= 0
    assert missing == 0 or natural is None or missing < natural
    assert tokens["synthetic"] <= part
    assert int(part) == tokens["synthetic"] or synthetic is None or part - tokens["synthetic"] < synthetic + 1


@settings(max_examples=200)
@given(CORPUS, RULES, BUDGETS, EPOCHS, st.none() | st.sampled_from([0.1, 0.5]))
def test_no_entry_is_over_its_cap_and_no_document_is_taken_too_often(corpus_of, corpus, rule, budget, epochs, share):
    found = corpus_of(corpus).allotted(Limits(budget, epochs, share, 0.5, rule))
    for cell, given_out in zip(found.cells, found.given, strict=True):
        assert tokens_of(cell, given_out) <= Fraction(str(epochs)) * cell.held
        assert all(one.whole + (one.taken > 0) <= ceil(epochs) for one in given_out)
        assert cell.weight or not tokens_of(cell, given_out)


def test_what_is_too_short_for_one_entry_goes_to_the_others(corpus_of):
    """Two entries of weight one: the long documents take 90 of 100 tokens, the short ones what is left."""
    corpus = [(1.0, {"other": [[90, 90, 90]]}), (1.0, {"other": [[7] * 100]})]
    found = corpus_of(corpus).allotted(Limits(200, 1.0, None, 1.0))
    assert [tokens_of(*pair) for pair in zip(found.cells, found.given, strict=True)] == [90, 105]


def test_what_is_left_is_shared_in_proportion(corpus_of):
    """100 tokens that fit nowhere in the first entry go to the others as their weights stand, 3 to 1."""
    corpus = [(1.0, {"other": [[1000]]}), (3.0, {"other": [[1] * 900]}), (1.0, {"other": [[1] * 900]})]
    found = corpus_of(corpus).allotted(Limits(500, 1.0, None, 1.0))
    assert [tokens_of(*pair) for pair in zip(found.cells, found.given, strict=True)] == [0, 375, 125]
