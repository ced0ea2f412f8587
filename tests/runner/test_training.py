"""Runs that workers carry out: those that were planned, or none."""

from __future__ import annotations

import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.runner import training
from curation_lib.runner.store import Store
from curation_lib.runner.training import Ordered, train_run
from curation_lib.valuation.runs import Run

ASKED = Run.model_validate(
    {"model": {}, "optimisation": {}, "parts": [{"pool": "pools/x", "share": 1}], "tokens": 4096}
)


def test_a_worker_with_other_libraries_is_refused_before_it_trains(tmp_path, monkeypatch):
    """Its runs have other names: hours of training would lie where nobody looks."""
    monkeypatch.setattr(training, "train_here", lambda ordered: pytest.fail("it trained"))
    with pytest.raises(ConfigError, match=r"calls the run 0123 another, .* install the same requirements-train.txt"):
        train_run(Ordered(Store(str(tmp_path)), ASKED, "0123"))
