"""Runs that workers carry out: what comes back is what was asked for."""

from __future__ import annotations

import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.runner import training
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.training import Ordered, carry_out
from curation_lib.valuation.runs import Run, RunResult

ASKED = Run.model_validate(
    {"model": {}, "optimisation": {}, "parts": [{"pool": "pools/x", "share": 1}], "tokens": 4096}
)


def by_other_versions(ordered: Ordered) -> RunResult:
    return RunResult("0123", {}, {}, 4096, 1.0, {})


def test_a_worker_with_other_libraries_is_refused(tmp_path, monkeypatch):
    """Its runs have other names; without the refusal they would be missing from the answer without a word."""
    monkeypatch.setattr(training, "train_run", by_other_versions)
    with pytest.raises(ConfigError, match=r"a worker trained 0123, which nobody asked for: .* install the same"):
        carry_out([ASKED], Session(Store(str(tmp_path)), LocalScheduler(1)))
