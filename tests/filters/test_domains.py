from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe_stages import configured
from curation_lib.core.stage import Context
from curation_lib.filters.domains import KEYS, NONE, SHIPPED, STAGE, DomainsConfig, claimed, load
from tests.filters.domain_sets import domain_sets
from tests.filters.judging import documents, scores_of_batch

CODE = "def area(radius: float) -> float:\n    return math.pi * radius ** 2\n\nclass Circle:\n    pass\n" * 9
LAW = (
    "(1) Every person who, in terms of section 12 of this Act, fails to pay the tax shall be guilty of an offence and "
    "liable on conviction to a fine. (2) The provisions of subsection (1) shall not apply to any company. "
) * 5
NAMES = {"drop_topics": "topic", "drop_formats": "format", "keep_formats": "format"}


@pytest.fixture(scope="module")
def said(data: Path) -> dict[str, dict[str, Counter[str]]]:
    """Labels claimed of the test sets, none of which trained a model, by set and key."""
    found = {}
    for one in domain_sets(data):
        scores = scores_of_batch(STAGE, documents(*one.texts), drop_topics=[])
        found[one.name] = {key: Counter(claimed(scores, key, DomainsConfig()).to_pylist()) for key in KEYS}
    return found


def judged(*texts: str, columns: dict[str, list[Any]] | None = None, **settings: Any) -> Any:
    config = DomainsConfig(**settings)
    batch = documents(*texts, **(columns or {}))
    scores = STAGE.measure(batch, config, Context(load(config)))
    return scores, config, STAGE.keep(scores, config, Context())


def test_documents_carry_topic_and_format() -> None:
    scores, config, _ = judged(CODE, LAW)
    assert STAGE.annotate
    found = {key: one.to_pylist() for key, one in STAGE.annotate(scores, config, Context()).items()}
    assert found == {"topic": ["software", "law"], "format": ["code", "legal"]}


@pytest.mark.parametrize("language", ["de", "zh"])
def test_a_document_that_is_not_english_is_unknown(language: str) -> None:
    scores, config, rules = judged(
        CODE, CODE, columns={"language": [language, "en-GB"]}, drop_formats=["code"], drop_topics=["unknown"]
    )
    assert claimed(scores, "topic", config).to_pylist() == ["unknown", "software"]
    assert {rule.name: rule.failed.to_pylist() for rule in rules} == {
        "drop_topic": [False, False],
        "drop_format": [False, True],
        "min_confidence": [True, False],
    }
    assert (rules[2].score[0].as_py(), rules[2].evidence[0].as_py()) == (NONE, "topic unknown")


def test_formats_to_keep_leave_out_what_is_unknown_unless_they_name_it() -> None:
    for formats, failed in ((["code"], [False, True]), (["code", "unknown"], [False, False])):
        *_, unknown = judged(CODE, LAW, columns={"language": ["en", "de"]}, keep_formats=formats)[2]
        assert (unknown.name, unknown.failed.to_pylist()) == ("min_confidence", failed)


def test_a_few_words_are_unknown() -> None:
    scores, config, _ = judged(CODE[:199], CODE[:200])
    assert claimed(scores, "format", config).to_pylist() == ["unknown", "code"]


def test_what_is_not_sure_enough_is_unknown() -> None:
    scores, _, _ = judged(LAW)
    score = scores.column("format")[0].as_py()
    assert 0.6 < score < 0.999
    for least, label in ((score, "legal"), (score + 1e-4, "unknown")):
        assert claimed(scores, "format", DomainsConfig(min_confidence=least)).to_pylist() == [label]


@pytest.mark.parametrize(
    ("name", "key", "label", "least", "right"),
    [
        ("openstax", "format", "textbook", 40, 0.85),
        ("openstax", "topic", "mathematics", 22, 0.6),
        ("powershell", "topic", "software", 400, 0.9),
        ("powershell", "format", "reference", 65, 0.8),
        ("fables", "topic", "literature", 85, 0.65),
        ("fables", "format", "fiction", 50, 0.8),
    ],
)
def test_labels_that_are_claimed_of_other_sources_are_mostly_right(
    said: dict[str, dict[str, Counter[str]]], name: str, key: str, label: str, least: int, right: float
) -> None:
    """How many documents get the label, and its share of those that get any. `results/domains.md` has what fails."""
    counts = said[name][key]
    assert counts[label] >= least
    assert counts[label] >= right * (counts.total() - counts["unknown"])


@pytest.mark.parametrize(
    ("settings", "rule", "failed"),
    [
        ({"drop_topics": ["law"]}, "drop_topic", [False, True]),
        ({"drop_formats": ["code", "faq"]}, "drop_format", [True, False]),
        ({"keep_formats": ["legal"]}, "drop_format", [True, False]),
    ],
)
def test_rules_name_label_score_and_threshold(settings: dict[str, Any], rule: str, failed: list[bool]) -> None:
    scores, config, rules = judged(CODE, LAW, **settings)
    key = rule.partition("_")[2]
    one = next(found for found in rules if found.name == rule)
    assert [found.name for found in rules if any(found.failed.to_pylist())] == [rule]
    assert (one.name, one.failed.to_pylist(), one.threshold) == (rule, failed, config.min_confidence)
    assert one.score.equals(scores.column(key))
    assert one.evidence is not None
    assert one.evidence.to_pylist() == {"topic": ["software", "law"], "format": ["code", "legal"]}[key]


@pytest.mark.parametrize("setting", NAMES)
def test_a_label_that_no_model_has_names_those_it_has(setting: str) -> None:
    """Of models that ship when the recipe is read, of others when they are loaded."""
    says = rf"{setting}: there is no label 'gossip'; labels are .*(software|textbook)"
    with pytest.raises(ConfigError, match=says):
        configured("filters.domains", {setting: ["gossip"]}, "stages")
    own = {"topic_model": str(SHIPPED["topic"]), "format_model": str(SHIPPED["format"])}
    with pytest.raises(ConfigError, match=says):
        load(DomainsConfig.model_validate({setting: ["gossip"], **own}))


def test_any_classifier_serves() -> None:
    swapped = DomainsConfig(topic_model=str(SHIPPED["format"]), drop_topics=("code",))
    model = load(swapped)
    scores = STAGE.measure(documents(CODE), swapped, Context(model))
    assert scores.column("topic_label").to_pylist() == scores.column("format_label").to_pylist() == ["code"]
    assert STAGE.facts
    assert {key: one["name"] for key, one in STAGE.facts(model).items()} == {
        "topic": "format-en",
        "format": "format-en",
    }


def test_drop_and_keep_of_formats_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="give one of them"):
        DomainsConfig(drop_formats=("code",), keep_formats=("legal",))


def test_no_documents() -> None:
    scores, config, _ = judged()
    assert scores.num_rows == 0
    assert STAGE.annotate
    assert STAGE.annotate(scores, config, Context())["topic"] == pa.array([], pa.string())
