"""A recipe's expectations are refused when they are wrong, before anything runs, by name."""

from __future__ import annotations

import pytest

from curation_lib.contracts.catalog import JUDGES_NULLS, KINDS
from curation_lib.contracts.expectations import contract_fingerprint, parse_expectations
from curation_lib.contracts.suites import SUITES, check_columns, contract_for
from curation_lib.core.errors import ConfigError

GOOD = {"frame": "metrics", "type": "ExpectColumnValuesToBeBetween", "column": "share_en", "min_value": 0.99}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colunm": "x"}, r"gates\.mix\[0\]\.colunm: unknown key"),
        ({"frame": "metric"}, r"gates\.mix\[0\]\.frame: .*'metrics'"),
        (
            {"type": "ExpectColumnValuesToBeBetwen"},
            "unknown expectation class.*ExpectColumnValuesToBeBetween",
        ),
        ({"min_value": "0.99"}, r"min_value"),
        ({"min_value": float("nan")}, r"min_value"),
        ({"min_value": None}, "needs max_value or min_value"),
        ({"column": None}, "needs column"),
        ({"max_value": 0.5}, "min_value 0.99 is above max_value 0.5"),
        ({"regex": "a"}, "does not take regex"),
        ({"mostly": 1.5}, "mostly"),
        ({"severity": "fatal"}, r"severity"),
        ({"must_fire": ["a"]}, "must_fire stands alone"),
        ({"must_not_fire": ["a"]}, "must_not_fire stands alone"),
        ({"remedy": "do better"}, "remedy goes with must_not_fire"),
        ({"type": "ExpectTableRowCountToBeBetween", "column": None}, "bounds are whole numbers"),
        (
            {"type": "ExpectColumnValuesToMatchRegex", "min_value": None, "regex": "("},
            "regex '\\(' does not compile",
        ),
    ],
)
def test_a_wrong_expectation_is_named(change, said):
    with pytest.raises(ConfigError, match=said):
        parse_expectations([{**GOOD, **change}], "gates.mix")


@pytest.mark.parametrize("raw", [GOOD, "text", None, [["frame"]], [{"must_fire": []}], [{"must_not_fire": []}]])
def test_something_else_than_a_list_of_expectations_is_refused(raw):
    with pytest.raises(ConfigError, match=r"^gates"):
        parse_expectations(raw, "gates")


def test_the_catalogue_matches_the_installed_classes():
    import great_expectations.expectations as classes

    for name, kind in KINDS.items():
        fields = getattr(classes, name).__fields__
        given = kind.required | kind.optional | kind.one_of
        assert given <= fields.keys(), name
        needed = {field for field, spec in fields.items() if spec.required}
        assert needed <= kind.required, name
    assert KINDS.keys() >= JUDGES_NULLS


def test_columns_that_no_frame_has_are_refused():
    for contract in SUITES.values():
        check_columns(contract, "suite")
    check_columns(parse_expectations([GOOD, {**GOOD, "column": "share_zh-Hant"}], "g"), "g")
    for column in ("share_english", "row", "share_"):
        with pytest.raises(
            ConfigError, match=f"gates: unknown column '{column}' in frame 'metrics'; columns are rows,"
        ):
            check_columns(parse_expectations([{**GOOD, "column": column}], "g"), "gates")


def test_a_fingerprint_names_what_is_asked_and_nothing_else():
    first, second = parse_expectations([GOOD, {"must_fire": ["a"]}], "g")
    assert contract_fingerprint([first, second]) == contract_fingerprint([second, first])
    tighter = parse_expectations([{**GOOD, "min_value": 0.98}], "g")
    softer = parse_expectations([{**GOOD, "severity": "warning"}], "g")
    prints = {contract_fingerprint(c) for c in ([first], tighter, softer, [first, second], [])}
    assert len(prints) == 5
    assert contract_fingerprint([first]) == "4d5d34f3fa0174ae2e2520963f7c4f6d"


def test_the_longest_prefix_gives_the_contract_and_the_recipe_adds_its_own():
    assert contract_for("dedup.exact") == SUITES["dedup.exact"]
    assert contract_for("dedup.minhash") == SUITES["dedup"]
    assert contract_for("something.new") == SUITES[""]
    extra = parse_expectations([GOOD], "g")
    assert contract_for("mix.sample", [*extra, *extra]) == (*SUITES["mix"], *extra)
