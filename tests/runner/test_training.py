"""Runs that workers carry out: those that were planned, or none."""

from __future__ import annotations

import subprocess
import sys

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


def test_a_training_ends_with_the_worker_that_started_it():
    worker = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    told = f"import time; from curation_lib.runner.torchrun import end_with; end_with({worker.pid}); print(1, flush=True); time.sleep(60)"
    training = subprocess.Popen([sys.executable, "-c", told], stdout=subprocess.PIPE)
    assert training.stdout is not None
    training.stdout.readline()
    assert training.poll() is None
    worker.kill()
    worker.communicate()
    assert training.wait(timeout=30) == 1
