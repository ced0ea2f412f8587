"""What rules come to on small corpora: which source or language gives how many tokens."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe_stages import configured
from curation_lib.mix.sample import STAGE
from curation_lib.mix.settings import SampleConfig

RULES = [
    {"rule": "natural"},
    {"rule": "temperature", "temperature": 2.0},
    {"rule": "temperature", "temperature": 3.33},
    {"rule": "unimax"},
]
HOMES = [
    {"by": "source"},
    {"by": "language"},
    {"by": "language", "weights": [{"source": "books", "weight": 0}, {"source": "w*", "language": "en"}]},
    {"weights": [{"source": "web"}, {"language": "de", "weight": 2}], "default_weight": 0.5},
]
CORPUS = st.lists(
    st.tuples(st.sampled_from(["web", "wiki", "books"]), st.sampled_from(["en", "de", None]), st.integers(0, 60)),
    min_size=1,
    max_size=40,
)


def rows_of(*counts):
    """Documents of ten tokens: so many of each (source, language)."""
    kinds = [kind for *kind, count in counts for _ in range(count)]
    return [
        {"doc_id": f"{i:032x}", "source": source, "language": language, "text": "x" * 40}
        for i, (source, language) in enumerate(kinds)
    ]


def tokens_by(field, results):
    """Tokens that each value of a field gives to the mix, by documents of ten tokens."""
    return Counter(value for result in results for value in result.kept.column(field).to_pylist() for _ in range(10))


THREE = rows_of(("web", "en", 900), ("wiki", "de", 100), ("books", None, 25))


@pytest.mark.parametrize("by", ["source", "language"])
@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"rule": "natural", "token_budget": 2050}, [1800, 200, 50]),
        ({"rule": "natural"}, [9000, 1000, 250]),  # everything, once
        ({"rule": "temperature", "temperature": 2.0, "token_budget": 909}, [600, 200, 100]),  # 6 to 2 to 1
        ({"rule": "temperature", "temperature": 1.0, "token_budget": 2050}, [1800, 200, 50]),
        ({"rule": "unimax", "token_budget": 600}, [200, 200, 200]),
        ({"rule": "unimax", "token_budget": 2250}, [1000, 1000, 250]),  # books are full
        ({"rule": "unimax", "token_budget": 5250}, [4000, 1000, 250]),  # ... and wiki
        ({"rule": "unimax", "token_budget": 5240, "max_epochs": 4}, [2120, 2120, 1000]),  # full at four epochs
        ({"rule": "unimax", "token_budget": 10**6, "max_epochs": 2}, [18_000, 2000, 500]),  # more than there is
    ],
)
def test_what_each_entry_gives(documents, run_group, by, chosen, expected):
    """9000, 1000 and 250 tokens."""
    config = SampleConfig(phase="pretrain", by=by, **chosen)
    found = tokens_by(by, run_group(STAGE, config, [documents(THREE[::2]), documents(THREE[1::2])]))
    names = {"source": ["web", "wiki", "books"], "language": ["en", "de", None]}[by]
    assert [found[name] for name in names] == expected


def test_weights_multiply_what_a_rule_gives_and_weight_zero_stays_out(documents, run_group):
    """Square roots of 9000 and 1000 tokens stand 3 to 1; twice the weight for the second makes it 3 to 2."""
    weights = [{"source": "books", "weight": 0}, {"source": "web"}, {"source": "wiki", "weight": 2}]
    config = SampleConfig(phase="midtrain", rule="temperature", temperature=2, weights=weights, token_budget=1009)
    results = run_group(STAGE, config, [documents(THREE)])
    assert tokens_by("source", results) == {"web": 600, "wiki": 400}
    rules = Counter(drop.rule for result in results for drop in result.drops)
    assert rules == {"weight_zero": 25, "not_sampled": 1000 - 60 - 40}


def test_listed_entries_come_first_and_the_rest_is_one_entry_per_language(documents, run_group):
    rows = rows_of(("ads", "en", 50), ("web", "en", 50), ("web", "de", 50), ("news", "de", 50), ("web", None, 50))
    config = SampleConfig(
        phase="pretrain", rule="unimax", by="language", weights=[{"source": "ads", "weight": 0}], token_budget=600
    )
    results = run_group(STAGE, config, [documents(rows)])
    assert tokens_by("language", results) == {"en": 200, "de": 200, None: 200}
    assert tokens_by("source", results) == {"web": 500, "news": 100}


def test_what_no_entry_lists_stays_out_without_by(documents, run_group):
    config = SampleConfig(phase="pretrain", rule="natural", weights=[{"source": "w*"}])
    assert tokens_by("source", run_group(STAGE, config, [documents(THREE)])) == {"web": 9000, "wiki": 1000}


def test_the_synthetic_share_holds_under_a_rule(documents, run_group):
    """Of 500 tokens a fifth is synthetic; unimax makes each part even over sources."""
    rows = rows_of(("web", "en", 100), ("wiki", "en", 60), ("forms.faq", "en", 30), ("forms.table", "en", 4))
    for row in rows[160:]:
        row |= {"format": "synthetic", "parents": [rows[0]["doc_id"]]}
    config = SampleConfig(phase="midtrain", rule="unimax", by="source", token_budget=500, synthetic_share=0.2)
    found = tokens_by("source", run_group(STAGE, config, [documents(rows)]))
    assert found == {"web": 200, "wiki": 200, "forms.faq": 60, "forms.table": 40}


@settings(max_examples=60)
@given(CORPUS, st.sampled_from(RULES), st.sampled_from(HOMES), st.integers(1, 600), st.sampled_from([0.5, 1.0, 3.0]),
       st.randoms())  # fmt: skip
def test_no_limit_is_passed_and_shards_do_not_matter(documents, run_group, corpus, rule, homes, budget, epochs, random):
    config = SampleConfig(phase="pretrain", token_budget=budget, max_epochs=epochs, **rule, **homes)
    rows = [
        {"doc_id": f"{i:032x}", "source": source, "language": language, "text": "x" * size}
        for i, (source, language, size) in enumerate(corpus)
    ]
    copies = [Counter(), Counter()]
    for count in copies:
        for result in run_group(STAGE, config, [documents(rows[:9]), documents(rows[9:])]):
            count.update(result.kept.column("doc_id").to_pylist())
        random.shuffle(rows)
    assert copies[0] == copies[1]
    tokens = {row["doc_id"]: -(-len(row["text"]) // 4) for row in rows}
    assert sum(count * tokens[doc] for doc, count in copies[0].items()) <= budget
    assert all(count <= -(-epochs // 1) for count in copies[0].values())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rule": "fair", "by": "source"}, "'rule'.*'natural', 'temperature' or 'unimax'"),
        ({"rule": "temperature", "by": "source", "token_budget": 9}, "rule temperature needs temperature: 1 is natural"),
        ({"rule": "temperature", "temperature": 0, "by": "source"}, "'temperature'.*greater than or equal to 0.01"),
        ({"rule": "temperature", "temperature": -2, "by": "source"}, "'temperature'.*greater than or equal to 0.01"),
        ({"rule": "unimax", "temperature": 2, "by": "source", "token_budget": 9}, "not used by .*write rule: temperature"),
        ({"temperature": 2, "default_weight": 1}, "temperature is not used by rule weights: write rule: temperature"),
        ({"rule": "unimax", "by": "source"}, "rule unimax shares out a token_budget, which is null: give one"),
        ({"rule": "temperature", "temperature": 2, "by": "source"}, "temperature shares out a token_budget"),
        ({"by": "source"}, "choose rule: natural, temperature or unimax"),
        ({"rule": "natural", "by": "topic"}, "'by'.*'source' or 'language'"),
        ({"rule": "natural", "by": "source", "default_weight": 1}, "default_weight has no use with by"),
        ({"rule": "natural"}, "every weight is 0: .* or say by: source or by: language"),
        ({"weights": [{"weight": 1}, {"source": "web"}]}, "weights.1.weight is missing: .*choose rule: natural"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused_with_key_and_remedy(wrong, said):
    with pytest.raises(ConfigError, match=f"mixes.pretrain: mix.sample: .*{said}"):
        configured("mix.sample", {"phase": "pretrain", **wrong}, "mixes.pretrain")


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (
            [{"source": "web", "weight": 1}, {"source": "news", "weight": 2}],
            "no document matches source news, to which",
        ),
        ([{"weight": 1}, {"language": "de", "metadata": {"topic": "law"}, "weight": 2}], "language de, topic law, to"),
        (
            [{"source": "w*", "weight": 1}, {"source": "books", "weight": 0}, {"weight": 2}],
            "no document matches all else, to",
        ),
    ],
)
def test_an_entry_of_a_file_that_matches_nothing_is_named(documents, run_group, listed, said):
    config = SampleConfig(phase="pretrain", weights=listed, weights_from={"file": "best.yaml"})
    with pytest.raises(ConfigError, match=f"{said}.* best.yaml gives weight 2; .* or list the weights in the recipe"):
        run_group(STAGE, config, [documents(rows_of(("web", "en", 9), ("wiki", "en", 9)))])


def test_a_weight_may_be_left_out_only_where_a_rule_says_the_shares():
    listed = [{"source": "web"}, {"source": "wiki", "weight": 0}]
    config = SampleConfig(phase="pretrain", rule="natural", weights=listed)
    assert [entry.weight for entry in config.weights] == [1.0, 0.0]
    with pytest.raises(ValidationError, match=r"weights\.0\.weight is missing"):
        SampleConfig(phase="pretrain", weights=listed)
