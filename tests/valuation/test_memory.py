"""What a training process keeps between steps: under the environment of Dask's nannies it maps no page twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.valuation import runs

pytest.importorskip("torch", reason="training is an extra: make setup-train")
NANNY = {"MALLOC_TRIM_THRESHOLD_": "65536"}
"""How Dask starts its workers."""
STEPS = 40
PAGES = 4096 * 300 * 4 // 4096
"""Of the logits of one step alone, in float32."""


def pages_mapped_by_a_run(store, pool):
    """Minor page faults of STEPS steps of 4,096 tokens, in a process as Dask starts one; resident MB after it."""
    settings = runs.OPTIMISATION.model_copy(update={"batch_tokens": 4096})
    few, many = (runs.run(pool, pool, tokens=4096 * n, optimisation=settings, measures={}) for n in (3, STEPS))
    program = """
import json, resource, sys
from curation_lib.runner.store import Store
from curation_lib.runner.training import Ordered, train_run
from curation_lib.valuation.runs import Run
told = []
for text in sys.argv[2:]:
    run = Run.model_validate_json(text)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    train_run(Ordered(Store(sys.argv[1]), run, run.print))
    told.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(json.dumps(told[1]))
"""
    command = [sys.executable, "-c", program, store, few.model_dump_json(), many.model_dump_json()]
    return json.loads(subprocess.check_output(command, env={**os.environ, **NANNY}))


def test_steps_of_a_run_map_no_memory_anew(tmp_path):
    at = runs.session(tmp_path)
    pool, _ = runs.pools(tmp_path, at)
    assert pages_mapped_by_a_run(at.store.address(""), pool) < STEPS * PAGES / 2


def test_memory_is_given_back_when_a_run_has_ended():
    program = """
import numpy as np, psutil
from curation_lib.valuation.memory import kept_memory
resident = lambda: psutil.Process().memory_info().rss >> 20
before = resident()
with kept_memory():
    [np.ones(1 << 20) for _ in range(40)]
    kept = resident()
print(kept - before, resident() - before)
"""
    told = subprocess.check_output([sys.executable, "-c", program], env={**os.environ, **NANNY}, text=True)
    kept, after = (int(one) for one in told.split())
    assert kept > 200
    assert after < 20


def test_a_thread_keeps_memory_of_several_heaps():
    program = """
import resource, threading
import numpy as np
from curation_lib.valuation.memory import kept_memory
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step = lambda: [np.ones(1 << 18) for _ in range(50)]
def work():
    with kept_memory():
        step()
        before = faults()
        for _ in range(20):
            step()
        print(faults() - before)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
    told = subprocess.check_output([sys.executable, "-c", program], env={**os.environ, **NANNY}, text=True)
    assert int(told) < 20 * 100 * 256 / 10  # a tenth of the pages of all steps, of 100 MB each
