"""What each task of a DAG run came to, in the store: `runs/<corpus>/<run_id>/<task_id>.json`.

The pages read these, so that a running or failed run has a funnel too. A task's later try overwrites its
record. Clock and try stand here; nothing a build makes depends on them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import orjson

from curation_lib.runner.store import Store, canonical_json

ROOT = "runs"


def write_record(store: Store, corpus: str, run_id: str, task_id: str, facts: Mapping[str, Any]) -> None:
    """Record a task's outcome, with the time in seconds since 1970."""
    record = {"task": task_id, "finished": time.time(), **facts}
    store.put(f"{ROOT}/{corpus}/{run_id}/{task_id}.json", canonical_json(record))


def read_records(store: Store, corpus: str, run_id: str) -> list[dict[str, Any]]:
    """The run's records in the recipe's order; [] where there is none."""
    paths = [store.path(key) for key in store.list(f"{ROOT}/{corpus}/{run_id}")]
    found = [orjson.loads(data) for data in store.fs.cat(paths).values()] if paths else []  # all at once
    return sorted(found, key=lambda r: (r.get("order", 0), r["task"]))


def run_ids(store: Store, corpus: str) -> list[str]:
    """Ids of the corpus's runs, the latest first.

    Airflow's ids are `<how>__<time>`: sorted by what stands behind the underscores.
    """
    names = _folders(store, f"{ROOT}/{corpus}")
    return sorted(names, key=lambda n: (n.partition("__")[2] or n, n), reverse=True)


def corpora(store: Store) -> list[str]:
    """Every corpus that has a run or a finished build, sorted."""
    return sorted({*_folders(store, ROOT), *_folders(store, "builds")})


def _folders(store: Store, prefix: str) -> list[str]:
    """Names of the folders right below `prefix`."""
    try:
        entries = store.fs.ls(store.path(prefix), detail=True)
    except FileNotFoundError:
        return []
    return [e["name"].rstrip("/").rsplit("/", 1)[-1] for e in entries if e["type"] == "directory"]
