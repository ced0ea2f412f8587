from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.stage import Context
from curation_lib.export.licenses import STAGE, LicensesConfig, is_allowed, judge, measure

ALLOW = (
    "MIT",
    "Apache-2.0",
    "CC-BY-[0-9]*",
    "CC0-1.0",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    "Crown use",
)
YES, NO, IF_UNKNOWN = (True, True), (False, False), (False, True)
TABLE = {
    "MIT": YES,
    "mit": YES,
    "CC-BY-4.0": YES,
    "CC-BY-NC-4.0": NO,
    "GPL-3.0-only": NO,
    "MIT OR GPL-3.0-only": YES,
    "MIT AND GPL-3.0-only": NO,
    "MIT AND Apache-2.0": YES,
    "MIT and (GPL-3.0-only or CC0-1.0)": YES,
    "GPL-3.0-only OR MIT AND GPL-2.0-only": NO,
    "(GPL-3.0-only OR MIT) AND CC0-1.0": YES,
    "Apache-2.0+": YES,
    "GPL-2.0-only": NO,
    "GPL-2.0-only WITH Classpath-exception-2.0": YES,
    "MIT AND GPL-2.0-only WITH Classpath-exception-2.0": YES,
    "Apache-2.0 WITH LLVM-exception": NO,
    "MIT Proprietary": NO,
    "MIT, Proprietary": NO,
    "MIT/Proprietary": NO,
    "MIT AND": NO,
    "(MIT": NO,
    "()": NO,
    "MIT AND) MIT": NO,
    "Crown use": YES,
    "unknown": IF_UNKNOWN,
    "NOASSERTION": IF_UNKNOWN,
    " ": IF_UNKNOWN,
    "MIT OR unknown": YES,
    "MIT AND unknown": IF_UNKNOWN,
    "GPL-3.0-only OR unknown": IF_UNKNOWN,
    "GPL-3.0-only AND unknown": NO,
    "NONE": NO,
    "MIT OR " * 100 + "MIT": NO,  # longer than what is read
}


@pytest.mark.parametrize(("license", "expected"), TABLE.items())
def test_truth_table(license, expected):
    assert (is_allowed(license, ALLOW, False), is_allowed(license, ALLOW, True)) == expected


def test_a_glob_sees_single_licences_only():
    assert is_allowed("MIT-0", ("MIT*",), False)
    assert not is_allowed("MIT AND Proprietary", ("MIT*",), False)
    assert not is_allowed("MIT Proprietary", ("MIT*",), False)
    assert is_allowed("Apache-2.0 WITH LLVM-exception", ("Apache-2.0 WITH *",), False)
    assert not is_allowed("unknown", ("*",), False)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["()", "AND", "OR", "WITH", "MIT", "X", "+", "unknown"])).map(" ".join)
)
def test_any_text_has_an_answer_and_nothing_allows_nothing(text):
    assert is_allowed(text, (), False) is False
    assert is_allowed(text, ("*",), True) in (True, False)


def rules(batch, **settings):
    config = LicensesConfig(**settings)
    return {rule.name: rule for rule in judge(measure(batch, config, Context()), config, Context())}


def test_each_document_fails_at_most_one_rule(documents):
    batch = documents([{"license": license} for license in TABLE])
    got = rules(batch, allow=ALLOW)
    assert list(got) == ["license_unknown", "license_not_allowed"]
    assert got["license_unknown"].failed.to_pylist() == [row == IF_UNKNOWN for row in TABLE.values()]
    assert got["license_not_allowed"].failed.to_pylist() == [row == NO for row in TABLE.values()]
    for rule in got.values():
        assert [score < rule.threshold for score in rule.score.to_pylist()] == rule.failed.to_pylist()
        assert rule.evidence.to_pylist() == list(TABLE)
    lenient = rules(batch, allow=ALLOW, allow_unknown=True)
    assert not any(lenient["license_unknown"].failed.to_pylist())


@given(st.lists(st.sampled_from(list(TABLE)), max_size=8), st.integers(0, 8))
def test_a_split_batch_is_judged_as_the_whole(documents, licenses, cut):
    batch = documents([{"license": license} for license in licenses])
    whole = rules(batch, allow=ALLOW)
    halves = [rules(part, allow=ALLOW) for part in (batch.slice(0, cut), batch.slice(cut))]
    for name, rule in whole.items():
        assert pa.concat_arrays([half[name].failed for half in halves]).equals(rule.failed)


def test_the_settings_only_decide(documents):
    assert {LicensesConfig.role(name) for name in LicensesConfig.model_fields} == {"keep"}
    batch = documents([{"license": "MIT"}, {"license": "unknown"}])
    scores = [measure(batch, LicensesConfig(allow=allow), Context()) for allow in ((), ("MIT",))]
    assert scores[0] == scores[1]
    assert STAGE.config is LicensesConfig
