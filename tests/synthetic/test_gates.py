"""synthetic.gates drops each bad child by the right rule, with what it found, and nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from curation_lib.core.stage import Context, Rule
from curation_lib.synthetic.gate_settings import GatesConfig
from curation_lib.synthetic.gates import STAGE
from curation_lib.text.language import model_path
from tests.filters.judging import documents
from tests.synthetic.sets import written
from tests.synthetic.test_faithful import fails, judged

SOURCE, GOOD = next((one.source, one.text) for one in written("tune") if not fails(judged(one.source, one.text)))
OFF: dict[str, Any] = {"identify_language": False}
Child = dict[str, str]


def child(
    text: str = GOOD, source: str = SOURCE, form: str = "summary", outcome: str | None = "ok", **more: str
) -> Child:
    noted = {"synthetic_seed_text": source, "synthetic_form": form, **more}
    return {"text": text, **noted} | ({"synthetic_outcome": outcome} if outcome else {})


def batch(children: Sequence[Child], formats: str = "synthetic", language: str = "en") -> pa.RecordBatch:
    noted = [[(key, value) for key, value in one.items() if key != "text"] for one in children]
    return documents(
        *(one["text"] for one in children),
        metadata=noted,
        format=[formats] * len(children),
        language=[language] * len(children),
    )


def scores_of(made: pa.RecordBatch, config: GatesConfig) -> pa.RecordBatch:
    return STAGE.measure(made, config, Context(STAGE.load(config) if STAGE.load else None))


def state_of(scores: Sequence[pa.RecordBatch], config: GatesConfig) -> Any:
    assert STAGE.summarise
    assert STAGE.merge
    state = STAGE.merge([STAGE.summarise(one, config, None) for one in scores], config, None)
    return json.loads(json.dumps(state))


def rules_of(made: pa.RecordBatch, **settings: Any) -> list[Rule]:
    config = GatesConfig.model_validate({**OFF, **settings})
    scores = scores_of(made, config)
    return list(STAGE.keep(scores, config, Context(state=state_of([scores], config))))


def failed(rules: Sequence[Rule], row: int = 0) -> dict[str, str | None]:
    """Rules that the row fails, in order, with their evidence."""
    return {r.name: r.evidence[row].as_py() if r.evidence else None for r in rules if r.failed[row].as_py()}


def test_a_faithful_child_stays() -> None:
    assert failed(rules_of(batch([child()]))) == {}


def test_other_documents_are_not_judged() -> None:
    made = batch([child("The tower has 99 floors.", outcome="refused"), child("", outcome=None)], formats="text")
    rules = rules_of(made)
    assert not any(rule.failed.to_pylist() != [False, False] for rule in rules)
    assert len(rules) > 20


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [
        ("refused", "refused"), ("truncated", "truncated"), ("empty", "empty"), ("format", "format"),
        ("http_429", "endpoint"), ("http_500", "endpoint"), ("timeout", "endpoint"), ("connection", "endpoint"),
        ("over_budget", "over_budget"), (None, "unrecorded"), ("something else", "unrecorded"),
    ],
)  # fmt: skip
def test_a_failed_request_goes_by_its_outcome_alone(outcome: str | None, rule: str) -> None:
    found = failed(rules_of(batch([child("", outcome=outcome, synthetic_detail="why")])))
    assert found == {rule: f"{outcome}: why" if outcome else "why"}


def test_a_child_without_text_or_source_is_not_taken_for_a_good_one() -> None:
    assert list(failed(rules_of(batch([child(" \n")])))) == ["empty"]
    assert list(failed(rules_of(batch([child(source="")])))) == ["unrecorded"]


def test_invented_facts_are_named() -> None:
    text = GOOD + " It was found by Marlow Quist in 1873 at 45 kilometres."
    found = failed(rules_of(batch([child(text)])))
    assert found["max_unknown_numbers"] == "1873, 45"
    assert found["max_unknown_names"] == "Marlow, Quist"


def test_a_sum_of_thousands_of_digits_is_an_invented_number() -> None:
    text = f"{GOOD} So 1 + 1 = {'7' * 5000}."
    assert failed(rules_of(batch([child(text)]), max_length_ratio=None))["max_unknown_numbers"]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (SOURCE, {"max_copied_words", "max_copied_share", "min_novelty", "max_source_similarity"}),
        (" ".join([GOOD] * 5), {"max_length_ratio"}),
        ("Rain fell on green hills while farmers slept and dogs barked at passing carts.", {"min_coverage", "max_new_word_share"}),
    ],
)  # fmt: skip
def test_copies_and_strangers(text: str, rules: set[str]) -> None:
    found = failed(rules_of(batch([child(text)])))
    assert set(found) == rules
    assert None not in found.values()


def test_the_ledger_quotes_what_was_copied() -> None:
    run = " ".join(SOURCE.split()[3:60])
    told = failed(rules_of(batch([child(f"Well: {run}. {GOOD}")])))["max_copied_words"]
    assert told is not None
    count, _, quote = told.partition(": ")
    assert int(count.split()[0]) >= 50
    assert quote.rstrip("…") in " ".join(run.split())


def test_code_may_be_quoted() -> None:
    code = "```\n" + " ".join(SOURCE.split()[:60]) + "\n```\n"
    rules = failed(rules_of(batch([child(code + GOOD, form="code_explanation")]), max_length_ratio=None))
    assert not {"max_copied_words", "max_copied_share", "min_novelty"} & set(rules)
    assert "min_novelty" in failed(rules_of(batch([child(code)])))


def test_another_language() -> None:
    german = "Der Dienst wird angehalten und danach abgeschaltet, damit niemand mehr von außen darauf zugreifen kann."
    made, settings = (
        batch([child(german), child()]),
        {"identify_language": True, "language_model": model_path("lid.176.ftz")},
    )
    rules = rules_of(made, **settings)
    assert failed(rules, 0)["min_same_language"] == "de, not en"
    assert "min_same_language" not in failed(rules, 1)
    assert "min_same_language" not in failed(rules_of(batch([child(german)], language="de"), **settings))


def sentence(draw: random.Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(draw.choice(letters) for _ in range(6)) for _ in range(12))


def batches(count: int, opening: str = "") -> list[Child]:
    """Children that pass every rule of their own: the source's words in other order."""
    made = []
    for n in range(count):
        words = " ".join(sentence(random.Random(n * 10 + k)) for k in range(3)).split()
        mixed = random.Random(n).sample(words, len(words))
        made.append(child(f"{opening}{' '.join(mixed)}.", " ".join(words) + "."))
    return made


def test_a_form_whose_children_all_begin_alike_goes_as_a_whole() -> None:
    rules = rules_of(batch([*batches(24, "so this text says "), child(form="faq")]))
    told = "1.000 begin with 'so this text says', at most 0.5"
    assert [failed(rules, row) for row in range(24)] == [{"template_collapse": told}] * 24
    assert failed(rules, 24) == {}


def test_a_form_that_says_the_same_over_and_over() -> None:
    alike = [child(" ".join(one["text"].split()[:3]) + f". {GOOD}") for one in batches(24)]
    rules = rules_of(batch(alike), max_new_word_share=None, min_name_support=None, max_unknown_names=None)
    told = failed(rules, 0)["template_collapse"]
    assert told is not None
    assert told.startswith(("self-BLEU 0.9", "distinct bigrams 0.0"))


def test_children_that_differ_and_small_batches_are_not_collapsed() -> None:
    assert not any(failed(rules_of(batch(batches(24))), row) for row in range(24))
    assert not any(failed(rules_of(batch(batches(19, "so this text says "))), row) for row in range(19))


def test_of_children_that_are_almost_the_same_one_stays() -> None:
    made = batch([child(), child(GOOD + " Again."), *batches(3)])
    rules = rules_of(made)
    dropped = [row for row in range(5) if failed(rules, row)]
    assert dropped in ([0], [1])
    assert failed(rules, dropped[0]) == {"max_child_similarity": str(1 - dropped[0])}


def test_a_child_that_goes_anyway_takes_no_other_with_it() -> None:
    made = batch([child(GOOD + " In 1873."), child()])
    for order in ([0, 1], [1, 0]):
        rules = rules_of(made.take(pa.array(order)))
        assert failed(rules, order.index(1)) == {}


@pytest.mark.parametrize("size", [1, 7, 60])
def test_the_state_does_not_depend_on_batches_and_their_order(size: int) -> None:
    config = GatesConfig.model_validate(OFF)
    made = batch([*batches(30, "so "), child(), child(GOOD + " Again."), *(child(form="faq") for _ in range(3))])
    whole = scores_of(made, config)
    parts = [scores_of(made.slice(at, size), config) for at in range(0, made.num_rows, size)]
    random.Random(size).shuffle(parts)
    assert state_of(parts, config) == state_of([whole], config)
    assert state_of([whole], config)["twins"]
