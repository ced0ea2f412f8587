"""Benchmarks of runs: tasks and a tokenizer put into the store, and answered where a model is in memory.

`tasks/<fingerprint>/`: `task.json`, whose data files lie beside it; `tokenizers/<sha256>/tokenizer.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import file_sha256, fingerprint
from curation_lib.core.local_copy import local_copy
from curation_lib.runner.store import Store, canonical_json
from curation_lib.text.tokenizers.settings import TokenizerSetting
from curation_lib.valuation.harness import benchmarked, read_task
from curation_lib.valuation.runs import Answers, Benchmarks, Run

TASK = "task.json"
Task = Mapping[str, Any]


def read_tasks(paths: Sequence[str]) -> dict[str, Task]:
    """The tasks in these files, by their names. Raises ConfigError for what cannot be answered or is there twice."""
    found: dict[str, Task] = {}
    for path in paths:
        try:
            task = read_task(path)
        except ConfigError as e:
            raise ConfigError(f"benchmarks: {e}") from e
        name = str(task["task"])
        if name in found:
            raise ConfigError(f"benchmarks: {path}: a second task is called {name}; give each its own name in `task`")
        found[name] = task
    return found


def stored(
    tasks: Mapping[str, Task], tokenizer: TokenizerSetting, items: int | None, store: Store
) -> Benchmarks | None:
    """The tasks with their data, and the tokenizer, in the store; None where there are no tasks."""
    if not tasks:
        return None
    assert tokenizer.path is not None, "a valuation with benchmarks asks for a tokenizer.json"
    key = f"tokenizers/{file_sha256(tokenizer.path)}/tokenizer.json"
    if not store.exists(key):
        store.put(key, local_copy(tokenizer.path).read_bytes())
    return Benchmarks(tasks={name: _stored(task, store) for name, task in tasks.items()}, tokenizer=key, items=items)


def _stored(task: Task, store: Store) -> str:
    """Store key of the task; it changes with the bytes of its data. The file that says which data is written last."""
    listed = task["dataset_kwargs"]["data_files"]
    paths = list(dict.fromkeys(path for each in listed.values() for path in each))
    names = {path: f"{n}-{Path(path).name}" for n, path in enumerate(paths)}
    told = _with_files(task, {split: [names[path] for path in each] for split, each in listed.items()})
    key = f"tasks/{fingerprint([told, {names[path]: file_sha256(path) for path in paths}])}"
    if not store.exists(f"{key}/{TASK}"):
        for path, name in names.items():
            store.put(f"{key}/{name}", Path(path).read_bytes())
        store.put(f"{key}/{TASK}", canonical_json(told))
    return key


def answered(store: Store, run: Run, model: Any, eos: int) -> dict[str, Answers]:
    """What the run's model answers to its benchmarks, by task; {} where it has none. eos: of the run's pools."""
    asked = run.benchmarks
    if asked is None:
        return {}
    tokenizer = local_copy(store.address(asked.tokenizer))
    tasks = [_fetched(key, store) for key in asked.tasks.values()]
    return benchmarked(model, tokenizer, eos, tasks, asked.items, run.optimisation.precision)


def _fetched(key: str, store: Store) -> Task:
    """The task at a store key, its data on the local disk."""
    task = store.read_json(f"{key}/{TASK}")
    listed = task["dataset_kwargs"]["data_files"]
    found = {
        split: [str(local_copy(store.address(f"{key}/{name}"))) for name in names] for split, names in listed.items()
    }
    return _with_files(task, found)


def _with_files(task: Task, files: Mapping[str, Sequence[str]]) -> Task:
    return {**task, "dataset_kwargs": {**task["dataset_kwargs"], "data_files": files}}
