"""The faithfulness rules against true rewrites and planted faults of passages that no threshold has seen."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.synthetic.faithful import Faults, faults
from curation_lib.synthetic.gate_settings import GatesConfig
from curation_lib.text.fact_source import read_source
from curation_lib.text.facts import capitals_of
from tests.synthetic import sets
from tests.synthetic.planting import KINDS
from tests.synthetic.sets import rewrites, written

CONFIG = GatesConfig()
SOURCE = (
    "The Harbour Bridge in Oldby was opened in 1931 and is 1,200 metres long. Engineer Ruth Kessler designed it.\n\n"
    "Karsk has a ferry, which carries 35 percent of the traffic. It was built by Jon Alder with a tank of 64 litres.\n\n"
    "- `max_wait` is 30 seconds\n- `retry_limit` is five\n"
)


PIECES = (
    "12 000 1,000 3.10.8 6:30 million $5 7% GB two hundred and second 30-second - | . ? : \n Question: Answer: # - "
    "NASA Ruth the Kessler's UTF-8 File::open() a.b_c ``` ** 0x1F 1960-2015 ١٢ ２ ½ ß İ é 語 https://a.b/c?d=1 v2 3rd"
).split(" ")
TEXTS = st.one_of(
    st.text(), st.lists(st.sampled_from(PIECES)).map(" ".join), st.lists(st.sampled_from(PIECES)).map("".join)
)


def fails(found: Faults) -> bool:
    """Whether a rule of the shipped settings drops the text."""
    assert CONFIG.min_number_support is not None
    assert CONFIG.min_name_support is not None
    unknown = found.numbers or found.units or found.names
    misplaced = found.number_support[0] < CONFIG.min_number_support or found.name_support[0] < CONFIG.min_name_support
    return bool(unknown or misplaced)


@cache
def judged(source: str, text: str) -> Faults:
    return faults(text, read_source(source))


def rates(part: str) -> dict[str, float]:
    """Share of true rewrites that pass, of faults that are caught, by kind."""
    found: dict[str, float] = {}
    for name, texts in (("templates", rewrites(part)), ("by hand", written(part))):
        found[name] = sum(not fails(judged(one.source, one.text)) for one in texts) / len(texts)
    both = (*rewrites(part), *written(part))
    found["pass"] = sum(not fails(judged(one.source, one.text)) for one in both) / len(both)
    planted = [(one.planted.kind, fails(judged(one.source, one.planted.text))) for one in sets.faults(part)]
    total, caught = Counter(kind for kind, _ in planted), Counter(kind for kind, bad in planted if bad)
    return found | {"caught": caught.total() / total.total()} | {kind: caught[kind] / total[kind] for kind in KINDS}


@settings(deadline=None, max_examples=300)
@given(TEXTS, TEXTS)
def test_any_text_can_be_judged(source: str, text: str) -> None:
    found = judged(source, text)
    assert 0 <= found.number_support[0] <= 1
    assert found.name_support[0] >= 0


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_a_text_holds_its_own_numbers_units_and_names(text: str) -> None:
    found = judged(text, text)
    assert (found.numbers, found.units, found.names) == ([], [], [])


@pytest.mark.parametrize(
    ("language", "text", "unknown"),
    [
        ("de", "Ein Bauwerk aus Stein, die Brücke von Oldby, steht seit 1931. Danach kam die UNESCO.", ["UNESCO"]),
        ("fr", "Construit par Ruth, le pont date de 1931. Ensuite, Marcel est venu.", ["Marcel"]),
        ("en", "Quixotic Ruth built it in 1931.", ["Quixotic"]),
    ],
)
def test_what_a_capital_letter_says_depends_on_the_language(language: str, text: str, unknown: list[str]) -> None:
    source = read_source("Oldby 1931: Ruth.", capitals_of(language))
    found = faults(text, source)
    assert (found.names, found.numbers) == (unknown, [])


def test_there_are_enough_of_them() -> None:
    assert len(sets.faults("held_out")) >= 500
    assert len(sets.faults("tune")) >= 500
    assert len(written("tune")) + len(written("held_out")) >= 40
    assert min(Counter(one.planted.kind for one in sets.faults("held_out")).values()) >= 50


@pytest.mark.parametrize("part", ["tune", "held_out"])
def test_faults_are_caught_and_true_rewrites_pass(part: str) -> None:
    found = rates(part)
    print(part, {name: round(rate, 3) for name, rate in found.items()})
    assert found["caught"] >= 0.98
    assert found["pass"] >= 0.90
    assert found["by hand"] >= 0.70
    assert min(found[kind] for kind in KINDS) >= 0.94


@pytest.mark.parametrize(
    "text",
    [
        "Oldby's harbour bridge, opened in 1931, is 1200 metres long.",
        "Question: When was the Harbour Bridge in Oldby opened?\nAnswer: In 1931.",
        "35% of traffic goes by the ferry of Karsk.",
        "| Setting | Value |\n|---|---|\n| max_wait | thirty seconds |\n| retry_limit | 5 |",
        "The ferry's tank holds sixty-four litres.",
    ],
)
def test_the_same_facts_in_another_form_pass(text: str) -> None:
    assert not fails(judged(SOURCE, text)), judged(SOURCE, text)


@pytest.mark.parametrize(
    ("text", "where", "fact"),
    [
        ("The Harbour Bridge is 1,300 metres long.", "numbers", "1,300"),
        ("The Harbour Bridge is 1,200 kilometres long.", "units", "1,200 km"),
        ("The Harbour Bridge in Oldby was designed by Ruth Moller.", "names", "Moller"),
        ("`max_delay` is 30 seconds.", "names", "max_delay"),
        ("`retry_limit` is six.", "numbers", "six"),
    ],
)
def test_unknown_facts_are_named(text: str, where: str, fact: str) -> None:
    assert getattr(judged(SOURCE, text), where) == [fact]


@pytest.mark.parametrize(
    ("text", "score", "told"),
    [
        ("The Harbour Bridge in Oldby was opened in 1931 and is 64 metres long.", "units", "64 meter"),
        ("The ferry carries 30 of the traffic in Karsk.", "number_support", "30: "),
        ("The Harbour Bridge in Oldby was designed by engineer Jon Alder.", "name_support", "Jon Alder: "),
        ("`retry_limit` is 30.", "number_support", "30: "),
    ],
)
def test_misplaced_facts_are_told_with_what_fits_better(text: str, score: str, told: str) -> None:
    found = judged(SOURCE, text)
    assert fails(found)
    assert told in str(getattr(found, score))


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("The Harbour Bridge is 1,200 metres long. Half of it is 1200 / 30 = 40 and 40 + 5 = 45 metres.", []),
        ("The Harbour Bridge is 1,200 metres long: 1200 / 30 = 41.", ["41"]),
        ("The Harbour Bridge is 1,200 metres long: 1200 / 50 = 24.", ["50", "24"]),
    ],
)
def test_what_is_calculated_from_known_numbers_is_known(text: str, unknown: list[str]) -> None:
    assert judged(SOURCE, text).numbers == unknown


CODE = "Pages have a limit:\n\n```python\nlimit = 30\nper_page = limit\nretries = limit\n```\n"
SHOWN = "```python\nlimit = 30\nper_page = limit\n```\n\n"


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        (SHOWN + "These two lines set `limit`. The four names are values.", []),
        (SHOWN + "Three libraries are used.", []),
        (SHOWN + "It retries five times. It has two attempts.", ["five", "two"]),
        (SHOWN + "It waits three seconds.", ["three"]),
        (SHOWN + "It sets 2 limits for six pages.", ["2", "six"]),
        (SHOWN + "The limit is two. It is two. Version two is used.", ["two", "two", "two"]),
        (SHOWN + "The two process bus classes.", ["two"]),
        ("These two lines set `limit`.", ["two"]),
    ],
)
def test_what_can_be_counted_in_the_code_shown_is_known(text: str, unknown: list[str]) -> None:
    assert judged(CODE, text).numbers == unknown


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("`BaseModel` has only one attribute.", False),
        ("There is exactly one attribute in `BaseModel`.", False),
        ("One attribute of `BaseModel` is `type`.", True),
        ("`User` is only the one that has attributes.", True),
    ],
)
def test_one_is_a_number_where_it_counts(text: str, known: bool) -> None:
    """The source has the word, and counts nothing with it."""
    source = "It is a subclass of `BaseModel`, with attributes of `User`, the one we return later, and a `type`."
    found = faults(text, read_source(source))
    assert (not found.numbers) == known, found
    assert not faults(text, read_source(f"{source} There is a single one.")).numbers
    assert not faults(text, read_source(f"{source} It holds only one.")).numbers
