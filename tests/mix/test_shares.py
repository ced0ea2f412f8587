from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.mix.leftovers import tokens_of
from curation_lib.mix.rules import Rule
from curation_lib.mix.sample import STAGE
from curation_lib.mix.settings import SampleConfig
from curation_lib.mix.shares import Limits
from curation_lib.mix.weights import Weight

TOKENS = st.lists(
    st.tuples(st.integers(0, 900), st.integers(0, 900), st.sampled_from([0.0, 0.5, 3.0])), min_size=1, max_size=6
)
ONE = (Weight(weight=1),)


@given(TOKENS, st.integers(1, 20_000) | st.none(), st.sampled_from([0.5, 1.0, 4.0]), st.sampled_from([0.0, 0.1, 0.5]))
def test_the_mix_is_as_large_as_the_share_allows(corpus_of, rows, budget, epochs, share):
    """Entries of documents of one token each: everything comes out to the token."""
    rows = [(40, 20, 1.0), *rows]
    corpus = [(weight, {"other": [[1] * natural], "synthetic": [[1] * made]}) for natural, made, weight in rows]
    found = corpus_of(corpus).allotted(Limits(budget, epochs, share, 0.5))
    epochs = min(epochs, 1.0) if budget is None else epochs
    room = [sum(int(Fraction(str(epochs)) * row[i]) for row in rows if row[2]) for i in range(2)]
    part = Fraction(str(share))
    sizes = [room[0] / (1 - part), *([room[1] / part] if part else []), *([] if budget is None else [budget])]
    tokens = found.by_kind()
    assert sum(tokens.values()) == found.planned == floor(min(sizes))
    assert tokens["synthetic"] == floor(part * found.planned)


def test_a_rule_looks_at_each_kinds_own_tokens(corpus_of):
    """Natural entries of 900 and 100 tokens, synthetic of 100 and 100: T = 2 makes 3 to 1 and 1 to 1."""
    corpus = [(1.0, {"other": [[1] * natural], "synthetic": [[1] * 100]}) for natural in (900, 100)]
    found = corpus_of(corpus).allotted(Limits(200, 1.0, 0.2, 0.5, Rule("temperature", 2.0)))
    given_out = {
        (cell.entry, cell.kind): tokens_of(cell, given) for cell, given in zip(found.cells, found.given, strict=True)
    }
    assert given_out == {(0, "other"): 120, (1, "other"): 40, (0, "synthetic"): 20, (1, "synthetic"): 20}


def mixed(documents, natural: int, synthetic: int):
    rows = [
        {"doc_id": f"{i:032x}", "source": "web", "language": "en", "text": "x" * 40} for i in range(natural + synthetic)
    ]
    for row in rows[natural:]:
        row |= {"format": "synthetic", "source": "synthetic.faq", "parents": [rows[0]["doc_id"]]}
    return documents(rows)


def synthetic_share(results) -> float:
    formats = [f for result in results for f in result.kept.column("format").to_pylist()]
    return formats.count("synthetic") / len(formats)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.3])
@pytest.mark.parametrize("budget", [None, 4000])
def test_the_share_that_was_asked_for_is_the_share_of_the_mix(documents, run_group, share, budget):
    """Documents of ten tokens: 600 natural ones, 200 that were generated."""
    config = SampleConfig(phase="midtrain", weights=ONE, token_budget=budget, synthetic_share=share)
    results = run_group(STAGE, config, [mixed(documents, 600, 200)])
    assert abs(synthetic_share(results) - share) < 0.005
    assert sum(result.kept.num_rows for result in results) * 10 <= (budget or 10**9)


@pytest.mark.parametrize(("synthetic", "share"), [(300, 0.3), (100, 1 / 7)])
def test_without_a_share_the_weights_decide_up_to_the_cap(documents, run_group, synthetic, share):
    config = SampleConfig(phase="pretrain", weights=ONE)
    results = run_group(STAGE, config, [mixed(documents, 600, synthetic)])
    assert abs(synthetic_share(results) - share) < 0.005
    assert synthetic_share(results) <= 0.3


def test_too_few_generated_documents_make_the_mix_smaller_not_another(documents, run_group):
    config = SampleConfig(phase="midtrain", weights=ONE, token_budget=6000, synthetic_share=0.2)
    results = run_group(STAGE, config, [mixed(documents, 600, 40)])
    assert sum(result.kept.num_rows for result in results) == 200
    assert synthetic_share(results) == 0.2


def test_more_than_the_caps_is_refused_with_the_reason():
    with pytest.raises(ValidationError, match="synthetic_share 0.8 is over max_synthetic_share 0.3: .* up to 0.5"):
        SampleConfig(phase="midtrain", weights=ONE, synthetic_share=0.8)
    with pytest.raises(ValidationError, match="less than or equal to 0.5"):
        SampleConfig(phase="midtrain", weights=ONE, synthetic_share=0.8, max_synthetic_share=0.8)
    SampleConfig(phase="midtrain", weights=ONE, synthetic_share=0.5, max_synthetic_share=0.5)
