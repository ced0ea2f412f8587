"""Benchmarks by lm-evaluation-harness, for models that are large enough to answer: its task files, over local data."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from curation_lib.core.errors import ConfigError
from curation_lib.core.yaml_files import load_yaml

BATCH = 8
"""Sequences of one forward pass."""


class Answers(NamedTuple):
    """metrics: of one task, by name, `acc` and what else its file asks for, with `…_stderr`. items: how many."""

    metrics: Mapping[str, float]
    items: int


def read_task(path: str | Path) -> dict[str, Any]:
    """A task file of the harness, paths of its data made absolute: they are relative to the file.

    Raises ConfigError for a file that names no local data: nothing is fetched from a hub.
    """
    task, where = load_yaml(path, "task", {}), str(path)
    files = task.get("dataset_kwargs", {}).get("data_files") if isinstance(task, dict) else None
    if not files or "task" not in task or "/" in str(task.get("dataset_path", "")):
        raise ConfigError(
            f"{where}: a task is a mapping with `task`, `dataset_path: json` and `dataset_kwargs: {{data_files: …}}`"
        )
    folder = Path(path).resolve().parent
    splits = files if isinstance(files, dict) else {"test": files}
    found = {split: [str(folder / name) for name in _listed(names)] for split, names in splits.items()}
    if missing := [name for names in found.values() for name in names if not Path(name).is_file()]:
        raise ConfigError(f"{where}: dataset_kwargs.data_files: there is no file {missing[0]}")
    return {**task, "dataset_kwargs": {**task["dataset_kwargs"], "data_files": found}}


def benchmarked(
    model: Any, tokenizer: Path, eos: int, tasks: Sequence[Mapping[str, Any]], limit: int | None = None
) -> dict[str, Answers]:
    """What a causal model of transformers comes to on tasks as `read_task` gives them, by their names.

    tokenizer: a tokenizer.json. eos: its id of a document's end, which also begins a text. limit: items per task.
    """
    from lm_eval.evaluator import evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager
    from transformers import PreTrainedTokenizerFast

    words = PreTrainedTokenizerFast(tokenizer_file=str(tokenizer))
    words.eos_token = words.pad_token = words.convert_ids_to_tokens(eos)
    length = int(model.config.max_position_embeddings)
    device = str(model.device)
    wrapped = HFLM(model, tokenizer=words, max_length=length, prefix_token_id=eos, device=device, batch_size=BATCH)
    with tempfile.TemporaryDirectory(prefix="winnow-tasks-") as folder:
        loaded = TaskManager(include_defaults=False).load([_cached(task, folder) for task in tasks])["tasks"]
        for task in loaded.values():
            task.set_fewshot_seed(seed=0)
        found = evaluate(wrapped, loaded, limit=limit, log_samples=False)
    assert found is not None, "on the first process of several, and there is one"
    items = {name: int(one["effective"]) for name, one in found["n-samples"].items()}
    return {name: Answers(_metrics(one), items[name]) for name, one in found["results"].items()}


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _cached(task: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """The task with its rows unpacked in a folder that goes away."""
    return {**task, "dataset_kwargs": {**task["dataset_kwargs"], "cache_dir": folder}}


def _metrics(found: Mapping[str, Any]) -> dict[str, float]:
    """`acc,none` and `acc_stderr,none` as `acc` and `acc_stderr`."""
    named = {name.partition(",")[0]: value for name, value in found.items()}
    return {name: float(value) for name, value in named.items() if isinstance(value, int | float)}
