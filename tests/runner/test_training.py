"""Runs that workers carry out: those that were planned, or none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.runner import training, training_process
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.run_files import CHECKPOINT, key_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.training import Ordered, carry_out, train_run
from curation_lib.valuation.pool import FILES
from curation_lib.valuation.runs import Run
from tests.valuation import runs

ASKED = Run.model_validate(
    {"model": {}, "optimisation": {}, "parts": [{"pool": "pools/x", "share": 1}], "tokens": 4096}
)


def test_a_worker_with_other_libraries_is_refused_before_it_trains(tmp_path, monkeypatch):
    """Its runs have other names: hours of training would lie where nobody looks."""
    monkeypatch.setattr(training, "train_here", lambda *_: pytest.fail("it trained"))
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


def test_in_a_far_store_a_run_resumes_and_leaves_copies_of_pools_alone(s3, tmp_path, monkeypatch):
    """Checkpoints and the states that others start from are as large as the model three times over."""
    pytest.importorskip("torch", reason="training is an extra: make setup-train")
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    far, near = Session(Store(f"{s3}/prefix"), LocalScheduler(1)), runs.session(tmp_path)
    keys = runs.pools(tmp_path, far)
    assert runs.pools(tmp_path, near) == keys
    often = runs.OPTIMISATION.model_copy(update={"checkpoint_tokens": 512})
    trunk = runs.run(*keys, tokens=1024, optimisation=often, decay="none", keep=True)
    anneal = runs.run(*keys, tokens=512, start=trunk.print)
    saved = training_process.save_state

    def killed(store, key, state):
        saved(store, key, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(training_process, "save_state", killed)
    with pytest.raises(KeyboardInterrupt):
        train_run(Ordered(far.store, trunk, trunk.print))
    monkeypatch.setattr(training_process, "save_state", saved)
    assert far.store.exists(f"{key_of(trunk)}/{CHECKPOINT}")
    results = [carry_out([trunk, anneal], at)[-1] for at in (far, near)]
    assert results[0].losses["guard/base"].bits.tolist() == results[1].losses["guard/base"].bits.tolist()
    assert not far.store.exists(f"{key_of(trunk)}/{CHECKPOINT}")
    copies = {path.name for path in (tmp_path / "cache" / "addresses").rglob("*") if path.is_file()}
    assert copies == {*FILES, "lock"}
