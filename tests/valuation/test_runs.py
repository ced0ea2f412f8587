"""What names a run, and a result as JSON and back."""

from __future__ import annotations

import numpy as np
import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import library_versions
from curation_lib.runner.store import canonical_json
from curation_lib.valuation import runs
from curation_lib.valuation.runs import Answers, Benchmarks, Losses, Run, RunResult, as_json, from_json

ASKED = {
    "model": {},
    "optimisation": {},
    "parts": [{"pool": "pools/a", "share": 1}],
    "tokens": 4096,
    "start": "b",
    "measures": {"guard/base": "pools/c"},
}
QUESTIONS = Benchmarks(tasks={"quiz": "tasks/d"}, tokenizer="tokenizers/e/tokenizer.json")


@pytest.fixture(autouse=True)
def fixed_versions(monkeypatch):
    monkeypatch.setattr(runs, "library_versions", lambda names: dict.fromkeys(sorted(names), "1"))


def test_runs_of_a_store_keep_their_names():
    """This one was trained before runs had benchmarks. Another name here trains everything in every store again: bump
    VERSION where that is meant."""
    assert Run.model_validate(ASKED).print == "e0f6a73bf1150a44fb32aee091037545"


def test_a_run_is_another_by_its_tasks_its_tokenizer_and_its_items():
    changes = [{}, {"tasks": {"quiz": "tasks/x"}}, {"tokenizer": "tokenizers/x/tokenizer.json"}, {"items": 5}]
    asked = [None, *(QUESTIONS.model_copy(update=change) for change in changes)]
    assert len({Run.model_validate({**ASKED, "benchmarks": one}).print for one in asked}) == 5


def test_without_the_libraries_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(runs, "library_versions", library_versions)
    monkeypatch.setattr(runs, "LIBRARIES", ("numpy", "no-such-library"))
    with pytest.raises(ConfigError, match="no-such-library is not installed here: `make setup-train`, or pip install"):
        _ = Run.model_validate(ASKED).print


@pytest.mark.parametrize("answers", [{}, {"quiz": Answers({"acc": 0.25, "acc_stderr": 0.1}, 12, 0.5)}])
def test_a_result_is_what_it_was_behind_json(answers):
    import orjson

    losses = {"guard/base": Losses(np.array([8.0, 4.5]), np.array([4, 2]))}
    given = RunResult("p", losses, {"pools/a": 1.5}, 4096, 1e9, {"training": 2.0}, ((128, 4.0),), answers)
    told = orjson.loads(canonical_json(as_json(given)))
    assert ("answers" in told) == bool(answers)
    found = from_json(told, given.seconds)
    assert found._replace(losses={}) == given._replace(losses={})
    assert found.losses["guard/base"].bits.tolist() == [8.0, 4.5]
