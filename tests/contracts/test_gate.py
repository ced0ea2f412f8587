"""Real Great Expectations runs: what passes, what fails and how it is told, and that gates fail closed."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

from curation_lib.contracts.errors import GateError
from curation_lib.contracts.expectations import parse_expectations
from curation_lib.contracts.gate import judge
from curation_lib.contracts.metrics import dataset_metrics
from curation_lib.contracts.result import GateResult
from curation_lib.contracts.sample import sample_documents
from curation_lib.contracts.suites import SUITES, contract_for
from curation_lib.core.errors import ContractError

BETWEEN = "ExpectColumnValuesToBeBetween"


def metric(column, **settings):
    return {"frame": "metrics", "type": BETWEEN, "column": column, **settings}


def ask(*raw):
    return parse_expectations(list(raw), "test")


@pytest.fixture
def frames(write, document):
    """Twenty sound documents, five of them German, kept of thirty."""
    rows = [document(n, language="de" if n < 5 else "en") for n in range(20)]
    counts = {"rows_in": 30, "kept": 20, "dropped": {"short": 10, "long": 0}, "quarantined": {}, "skipped": 0}
    part = write(rows)
    return {**dataset_metrics([part], counts), "sample": sample_documents([part])}


def test_a_sound_dataset_passes_every_default_contract(frames, tmp_path, capsys):
    everything = tuple(dict.fromkeys(e for contract in SUITES.values() for e in contract if not e.must_not_fire))
    result = judge("filters.gopher", frames, everything, tmp_path / "site")
    assert result.success
    assert result.failures == ()
    assert result.message() == f"filters.gopher: contract holds, {result.evaluated} expectations checked"
    assert result.evaluated > len(everything)  # the guards count
    assert (tmp_path / "site" / result.page).is_file()
    assert capsys.readouterr().out == ""


def test_a_failure_names_expectation_column_observed_required_and_page(frames, tmp_path):
    result = judge("mix.sample", frames, contract_for("mix", ask(metric("share_en", min_value=0.99))), tmp_path / "s")
    assert not result.success
    (failure,) = result.failures
    assert (failure.expectation, failure.frame, failure.column) == (BETWEEN, "metrics", "share_en")
    assert (failure.observed, failure.required, failure.severity) == ("0.75", ">= 0.99", "critical")
    page = (tmp_path / "s" / failure.page).read_text()
    assert "metrics.share_en: ExpectColumnValuesToBeBetween: observed 0.75, required &gt;= 0.99" in page
    head, line, last = result.message("s3://bucket/contracts/").splitlines()
    assert head.startswith("mix.sample: contract broken, 1 of ")
    assert line == f" - metrics.share_en: {BETWEEN}: observed 0.75, required >= 0.99"
    assert last == f"Data Docs: s3://bucket/contracts/{result.page}"
    assert GateResult.from_json(result.to_json()) == result


def test_a_warning_is_listed_and_does_not_stop(frames, tmp_path):
    result = judge("x", frames, ask(metric("share_en", min_value=0.9, severity="warning")), tmp_path / "s")
    assert result.success
    assert [f.severity for f in result.failures] == ["warning"]
    assert "1 warning\n - metrics.share_en (warning)" in result.message()


def test_an_absent_language_has_share_zero(frames, tmp_path):
    result = judge("x", frames, ask(metric("share_fr", max_value=0), metric("share_it", min_value=0.1)), tmp_path / "s")
    assert [(f.column, f.observed) for f in result.failures] == [("share_it", "0")]


def test_rules_that_must_fire(frames, tmp_path):
    result = judge("x", frames, ask({"must_fire": ["short"]}, {"must_fire": ["short", "long", "gone"]}), tmp_path / "s")
    (failure,) = result.failures
    assert failure.expectation == "must_fire"
    assert failure.observed == "nothing dropped by 'gone', 'long'"
    frames["rules"] = frames["rules"].head(0)
    none = judge("x", frames, ask({"must_fire": ["short"]}), tmp_path / "s")
    assert not none.success
    assert "nothing dropped by 'short'" in none.message()


def test_rules_that_must_not_fire(frames, tmp_path):
    rules = sorted(frames["rules"]["rule"])
    silent = [r for r in rules if r not in set(frames["rules"]["fired"].dropna())]
    fired = [r for r in rules if r not in silent]
    assert silent
    assert fired
    assert judge("x", frames, ask({"must_not_fire": silent}), tmp_path / "s").success
    lines = ask({"must_not_fire": [*silent, fired[0]], "remedy": "take them out"})
    result = judge("x", frames, lines, tmp_path / "t", {fired[0]: [f"doc_id={n}" for n in range(5)]})
    (failure,) = result.failures
    assert failure.expectation == "must_not_fire"
    assert failure.observed == f"documents dropped by '{fired[0]}'"
    assert failure.required.endswith("; take them out")
    assert failure.examples == ("doc_id=0", "doc_id=1", "doc_id=2")
    assert "doc_id=1" in (tmp_path / "t" / failure.page).read_text()


def test_a_rule_that_nobody_judged_may_well_have_fired(frames, tmp_path):
    result = judge("x", frames, ask({"must_not_fire": ["mix.sample.chat_token"]}), tmp_path / "s")
    assert not result.success
    assert "without 'mix.sample.chat_token'" in result.message()


def test_rows_are_shown_as_examples(write, frames, tmp_path, document):
    bad = document(1, text="<script>alert('$x ${y}')</script>", url=None)
    frames["sample"] = sample_documents([write([bad, document(2)])])
    lines = ask({"frame": "sample", "type": "ExpectColumnValuesToNotMatchRegex", "column": "text", "regex": "<"})
    result = judge("x", frames, lines, tmp_path / "s")
    (failure,) = result.failures
    assert failure.observed == "1 of 2 rows"
    assert failure.examples == (f"doc_id={bad['doc_id']!r}, text={bad['text']!r}",)
    page = (tmp_path / "s" / failure.page).read_text()
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 2  # in the summary and in the table of values


def test_every_source_is_named(frames, tmp_path):
    frames["sources"] = pd.DataFrame({"source": ["a", "b"], "rows": [3, 0]})
    raw = {"frame": "sources", "type": BETWEEN, "column": "rows", "min_value": 1}
    (failure,) = judge("x", frames, ask(raw), tmp_path / "s").failures
    assert failure.examples == ("source='b', rows=0",)


@pytest.mark.parametrize("missing", [float("nan"), None])
def test_a_missing_metric_fails(frames, tmp_path, missing):
    frames["metrics"] = frames["metrics"].astype({"unaccounted": "object"}).assign(unaccounted=missing)
    result = judge("x", frames, ask(metric("unaccounted", max_value=0)), tmp_path / "s")
    assert not result.success
    assert (result.failures[0].column, result.failures[0].observed) == ("unaccounted", "a missing value")


def test_one_missing_value_among_many_fails(frames, tmp_path):
    frames["sources"] = pd.DataFrame({"source": ["a", "b"], "rows": [3, float("nan")]})
    raw = {"frame": "sources", "type": "ExpectColumnMeanToBeBetween", "column": "rows", "min_value": 1}
    result = judge("x", frames, ask(raw), tmp_path / "s")
    assert not result.success
    assert "source='b'" in result.message()


def test_an_empty_dataset_fails_whatever_is_asked(tmp_path):
    frames = dataset_metrics([], {"rows_in": 0, "kept": 0, "dropped": 0, "quarantined": 0, "skipped": 0})
    result = judge("x", frames, ask(metric("unaccounted", min_value=0, max_value=0)), tmp_path / "s")
    assert [(f.column, f.observed, f.required) for f in result.failures] == [("rows", "0", ">= 1")]


def test_a_frame_without_rows_fails(frames, tmp_path):
    frames["sample"] = frames["sample"].head(0)
    raw = {"frame": "sample", "type": "ExpectColumnValuesToMatchRegex", "column": "doc_id", "regex": "."}
    result = judge("x", frames, ask(raw), tmp_path / "s")
    assert not result.success
    assert ("ExpectTableRowCountToBeBetween", "0") in [(f.expectation, f.observed) for f in result.failures]


def test_what_cannot_be_judged_fails(frames, tmp_path):
    raw = {"frame": "sample", "type": "ExpectColumnMeanToBeBetween", "column": "text", "min_value": 1}
    (failure,) = judge("x", frames, ask(raw), tmp_path / "s").failures
    assert failure.observed.startswith("nothing: could not be judged")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "x: the contract holds no expectation"),
        ([metric("foo", min_value=1)], "x: unknown column 'foo' in frame 'metrics'; columns are rows,"),
        ([metric("share_english", max_value=1)], "unknown column 'share_english'"),
        ([{"frame": "sources", "type": BETWEEN, "column": "foo", "min_value": 1}], "in frame 'sources'"),
    ],
)
def test_a_contract_that_does_not_fit_is_refused(frames, tmp_path, lines, said):
    with pytest.raises(GateError, match=said) as caught:
        judge("x", frames, ask(*lines), tmp_path / "s")
    assert isinstance(caught.value, ContractError)


def test_a_missing_frame_is_refused(frames, tmp_path):
    for gone in ("sources", "metrics"):
        rest = {name: frame for name, frame in frames.items() if name != gone}
        raw = {"frame": "sources", "type": BETWEEN, "column": "rows", "min_value": 1}
        with pytest.raises(GateError, match=f"unknown frame '{gone}'"):
            judge("x", rest, ask(raw), tmp_path / "s")


def test_a_gate_leaves_logging_alone(frames, tmp_path):
    before = logging.getLogger().level, list(logging.getLogger().handlers)
    judge("x", frames, ask(metric("rows", min_value=1)), tmp_path / "s")
    assert (logging.getLogger().level, list(logging.getLogger().handlers)) == before
