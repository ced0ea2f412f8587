"""Budgets, caps and shares over random corpora: never exceeded, and missed by less than a document."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.mix.cells import Sorting
from curation_lib.mix.leftovers import next_tokens, tokens_of
from curation_lib.mix.matches import Anchor
from curation_lib.mix.rules import Rule
from curation_lib.mix.shares import Limits

DOCUMENTS = st.lists(st.integers(0, 60) | st.integers(0, 900), max_size=12)
BUCKETS = st.lists(DOCUMENTS, max_size=3)
ENTRY = st.tuples(
    st.sampled_from([0.0, 0.5, 1.0, 4.0]), st.fixed_dictionaries({"other": BUCKETS, "synthetic": BUCKETS})
)
CORPUS = st.lists(ENTRY, min_size=1, max_size=6)
BOTH = (1.0, {"other": [[7, 3]], "synthetic": [[5, 6]]})
MIXED = st.lists(ENTRY, max_size=5).map(lambda entries: [BOTH, *entries])
RULES = st.sampled_from([Rule(), Rule("natural"), Rule("temperature", 3.33), Rule("unimax")])
BUDGETS = st.integers(1, 20_000) | st.integers(1, 900)
EPOCHS = st.sampled_from([0.5, 1.0, 1.5, 4.0])


def next_of(found, kinds):
    """Tokens of the shortest next document of `kinds` whose cell has room for it; None where all are full."""
    able = [
        following
        for cell, given_out, room in zip(found.cells, found.given, found.rooms, strict=True)
        if cell.kind in kinds and (following := next_tokens(cell, given_out))
        if tokens_of(cell, given_out) + following <= room
    ]
    return min(able, default=None)


@settings(max_examples=300)
@given(CORPUS, RULES, BUDGETS, EPOCHS)
def test_a_budget_is_missed_by_less_than_the_shortest_next_document(corpus_of, corpus, rule, budget, epochs):
    limits = Limits(budget, epochs, None, 1.0, rule)
    found = corpus_of(corpus).allotted(limits)
    missing = budget - sum(found.by_kind().values())
    assert missing >= 0
    following = next_of(found, {"other", "synthetic"})
    assert missing == 0 or following is None or missing < following


@settings(max_examples=300)
@given(MIXED, RULES, BUDGETS | st.none(), EPOCHS, st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_with_a_synthetic_share_the_natural_part_takes_up_what_is_left(corpus_of, corpus, rule, budget, epochs, share):
    limits = Limits(budget, epochs, share, 0.5, rule)
    found = corpus_of(corpus).allotted(limits)
    tokens, part = found.by_kind(), Fraction(str(share)) * found.planned
    missing = found.planned - sum(tokens.values())
    natural, synthetic = (next_of(found, {kind}) for kind in ("other", "synthetic"))
    assert missing >= 0
    assert missing == 0 or natural is None or missing < natural
    assert tokens["synthetic"] <= part
    assert int(part) == tokens["synthetic"] or synthetic is None or part - tokens["synthetic"] < synthetic + 1


@settings(max_examples=200)
@given(MIXED, RULES, BUDGETS, EPOCHS, st.none() | st.sampled_from([0.1, 0.5]))
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


ANCHORED = Sorting(anchor=Anchor(source="other-[01]", share=0.5))


@settings(max_examples=300)
@given(MIXED, RULES, BUDGETS | st.none(), EPOCHS, st.none() | st.sampled_from([0.1, 0.4]), st.sampled_from([0.1, 0.6]))
def test_an_anchor_makes_at_least_its_share(corpus_of, corpus, rule, budget, epochs, share, anchor):
    """Its documents are those of the first two entries; it takes up what the others leave."""
    limits = Limits(budget, epochs, share, 0.5, rule, anchor)
    found = corpus_of([BOTH, *corpus]).allotted(limits, ANCHORED)
    tokens, planned = found.by_kind(), found.planned
    total = sum(tokens.values())
    assert total <= planned <= (budget or planned)
    if "anchor" not in found.shares:
        assert tokens["anchor"] >= Fraction(str(anchor)) * total
    following = next_of(found, {"anchor"})
    others = total - tokens["anchor"]
    if "anchor" in found.shares:
        assert others <= (1 - Fraction(str(anchor))) * planned
        assert following is None or planned - total < following or planned == total
    if share is None:
        assert "synthetic" not in found.shares or tokens["synthetic"] <= Fraction(1, 2) * planned
    else:
        assert tokens["synthetic"] <= Fraction(str(share)) * planned


def test_an_anchor_takes_its_share_from_the_others_alone(corpus_of):
    """Of 1000 tokens a tenth would be web; an anchor of 0.3 leaves 0.7 to the two others as their weights stand, 233 to 466,
    and a token that is left over to the first."""
    corpus = [(weight, {"other": [[1] * 5000]}) for weight in (1.0, 3.0, 6.0)]
    limits, anchor = Limits(1000, 1.0, None, 0.3, Rule(), 0.3), Anchor(source="other-0", share=0.3)
    found = corpus_of(corpus).allotted(limits, Sorting(anchor=anchor))
    assert [tokens_of(*pair) for pair in zip(found.cells, found.given, strict=True)] == [300, 234, 466]


def test_too_little_anchor_makes_the_mix_smaller(corpus_of):
    corpus = [(1.0, {"other": [[1] * 60]}), (9.0, {"other": [[1] * 5000]})]
    anchor = Anchor(source="other-0", share=0.3)
    found = corpus_of(corpus).allotted(Limits(1000, 1.0, None, 0.3, Rule(), 0.3), Sorting(anchor=anchor))
    assert (found.planned, found.by_kind()) == (200, {"synthetic": 0, "other": 140, "anchor": 60})


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(100, 1.0, 0.2, 0.3), "synthetic_share: no document with a weight is synthetic; generate some"),
        (Limits(100, 1.0, None, 0.3, Rule(), 0.3), "anchor: no natural document with a weight matches it"),
    ],
)
def test_a_share_of_what_is_not_there_is_refused(corpus_of, limits, said):
    with pytest.raises(ConfigError, match=said):
        corpus_of([(1.0, {"other": [[5] * 9]})]).allotted(limits, Sorting(anchor=Anchor(source="web", share=0.3)))
