"""A corpus build through Airflow's own scheduler, Dask workers and S3, with a killed worker and scheduler in it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas
import pytest

from curation_lib.audit.builds import list_builds
from curation_lib.audit.trace import trace
from curation_lib.runner.store import Store
from tests.end_to_end.corpus import PROSE_SHARDS, WEB_FILES
from tests.end_to_end.running import SMALL, Stack, finish, start

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
SHARDS = PROSE_SHARDS + WEB_FILES


def tree(store: Store, prefix: str) -> dict[str, str]:
    """Key below `prefix` -> sha256; without run.json, which tells clock and host."""
    keys = [key for key in store.list(prefix) if not key.endswith("/run.json")]
    return {key: hashlib.sha256(store.read(key)).hexdigest() for key in keys}


def logs(stack: Stack, dag_id: str, run_id: str) -> str:
    """The logs of the run's failed tasks, for an assertion's message."""
    failed = [t for t in stack.airflow.tasks(dag_id, run_id) if t["state"] == "failed"]
    return "\n".join(line for t in failed for line in stack.airflow.log(dag_id, run_id, t["task_id"], t["try_number"]))


def test_kills_fall_within_the_work_and_the_build_ends(stack: Stack, disturbed: dict[str, Any]) -> None:
    assert disturbed["state"] == "success", logs(stack, SMALL, disturbed["run_id"])
    for step in ("dedup", "filtering"):
        before, after = disturbed[step]
        assert 1 <= before <= after < SHARDS, f"{step}: {before} to {after} of {SHARDS} shards at the kill"


def test_exports_equal_those_of_an_undisturbed_build(stack: Stack, disturbed: dict[str, Any]) -> None:
    undisturbed = Store(f"{stack.store}/undisturbed")
    recipe = stack.recipes / "small.yaml"
    line = [
        sys.executable,
        "-m",
        "curation_lib.cli",
        "build",
        str(recipe),
        "--store",
        undisturbed.url,
        "--workers",
        "1",
    ]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    expected = tree(undisturbed, "exports")
    assert len(expected) > 3 * SHARDS / 2
    assert tree(disturbed["store"], "exports") == expected


def test_exports_open_in_pandas_and_add_up(disturbed: dict[str, Any]) -> None:
    store: Store = disturbed["store"]
    (build,) = list_builds(store)
    for step in build.data["steps"]:
        c = step["counts"]
        if c:
            gone = sum(c["dropped"].values()) + sum(c["quarantined"].values()) + c["skipped"]
            assert c["rows_in"] + c["created"] == c["kept"] + gone, step["step"]
    frame = pandas.read_parquet(store.address(f"exports/small/{build.build_id}/pretrain/parquet"))
    exported = next(s for s in build.data["steps"] if s["step"] == "export.pretrain")
    assert len(frame) == exported["counts"]["kept"] > 400
    assert set(frame["source"]) == {"prose", "web"}
    card = store.read(f"exports/small/{build.build_id}/pretrain/README.md").decode()
    assert build.data["recipe_fingerprint"] in card
    assert "CC0-1.0" in card
    assert "not yet done" in card


def test_every_task_succeeded(stack: Stack, disturbed: dict[str, Any]) -> None:
    assert {t["state"] for t in stack.airflow.tasks(SMALL, disturbed["run_id"])} == {"success"}


def test_a_second_run_computes_nothing(stack: Stack, disturbed: dict[str, Any]) -> None:
    before = tree(disturbed["store"], "shards")
    run_id = start(stack, SMALL)
    assert finish(stack, SMALL, run_id) == "success"
    results = [stack.airflow.result(SMALL, run_id, t["task_id"]) for t in stack.airflow.tasks(SMALL, run_id)]
    states = {r["state"] for r in results if isinstance(r, dict) and "state" in r}
    assert states == {"reused"}, states
    assert tree(disturbed["store"], "shards") == before


def test_trace_answers_for_kept_filtered_and_deduplicated(disturbed: dict[str, Any]) -> None:
    store: Store = disturbed["store"]
    (kept,) = trace(store, "https://example.org/0/0")
    assert kept["outcome"] == "kept"
    (twin,) = trace(store, "r6")
    assert twin["events"][-1]["rule"] == "duplicate_content"
    assert twin["events"][-1]["kept_twin"] != twin["doc_id"]
    (filtered,) = trace(store, "r25")
    last = filtered["events"][-1]
    assert last["stage"] == "filters.gopher_repetition"
    assert last["score"] > last["threshold"]
    assert "filters.gopher_quality.min_words" in last["also_failed"]


def test_a_gate_that_cannot_hold_stops_the_build_and_names_its_page(stack: Stack, disturbed: dict[str, Any]) -> None:
    store: Store = disturbed["store"]
    earlier = tree(store, "exports")
    run_id = start(stack, "corpus_build__strict")
    assert finish(stack, "corpus_build__strict", run_id) == "failed"
    tasks = {t["task_id"]: t for t in stack.airflow.tasks("corpus_build__strict", run_id)}
    failed = [name for name, t in tasks.items() if t["state"] == "failed"]
    assert failed == ["dedup.exact.gate"]
    assert tasks["dedup.exact.gate"]["try_number"] == 1, "a broken contract is not retried"
    assert tasks["dedup.minhash"]["state"] == "upstream_failed"
    text = "\n".join(stack.airflow.log("corpus_build__strict", run_id, "dedup.exact.gate", 1))
    assert "share_en" in text
    assert "0.99" in text
    assert "Data Docs: " in text
    page = text.split("Data Docs: ")[1].split()[0]
    key = page[page.index("contracts/") :] if "contracts/" in page else page
    assert store.exists(key.split("#")[0]), page
    assert tree(store, "exports") == earlier
    assert not [key for key in store.list("builds") if "strict/" in key and "failures" not in key]


def test_a_recipe_that_is_wrong_shows_its_one_line(stack: Stack, tmp_path: Path) -> None:
    broken = stack.recipes / "broken.yaml"
    broken.write_text("corpus: broken\nsorces: {}\n")
    try:
        end = time.monotonic() + 90
        while not (errors := stack.airflow.ask("GET", "importErrors")["import_errors"]):
            assert time.monotonic() < end, "no import error appears"
            time.sleep(1)
        assert "unknown key 'sorces'" in errors[0]["stack_trace"]
        assert {SMALL, "corpus_build__strict"} <= {d["dag_id"] for d in stack.airflow.ask("GET", "dags")["dags"]}
    finally:
        broken.unlink()
