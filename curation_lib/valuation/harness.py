"""Benchmarks by lm-evaluation-harness, for models that are large enough to answer: its task files, over local data."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curation_lib.core.errors import ConfigError
from curation_lib.core.yaml_files import load_yaml
from curation_lib.valuation.runs import Answers

BATCH = 8
"""Sequences of one forward pass."""
ACCURACIES = ("acc", "exact_match")
"""Metrics that a task is told by: the first of them that its file asks for."""
_LOCAL = ("arrow", "csv", "json", "parquet", "text")
"""What datasets reads from files; all other names are asked of a hub."""


def read_task(path: str | Path) -> dict[str, Any]:
    """A task file of the harness, paths of its data made absolute: they are relative to the file.

    Raises ConfigError for a file that names no local data (nothing is fetched from a hub), that is not whole, or that
    asks for no accuracy.
    """
    task, where = load_yaml(path, "task", {}), str(path)
    kwargs = task.get("dataset_kwargs") if isinstance(task, dict) else None
    files = kwargs.get("data_files") if isinstance(kwargs, dict) else None
    if not files or "task" not in task or task.get("dataset_path") not in _LOCAL:
        raise ConfigError(
            f"{where}: a task is a mapping with `task`, `dataset_path: json` and `dataset_kwargs: {{data_files: …}}`"
        )
    if "include" in task:
        raise ConfigError(f"{where}: include: {task['include']} is not followed; write the task out in this file")
    if not any(isinstance(one, dict) and one.get("metric") in ACCURACIES for one in task.get("metric_list") or []):
        raise ConfigError(f"{where}: metric_list: name one of {', '.join(ACCURACIES)}, which the task is told by")
    folder = Path(path).resolve().parent
    splits = files if isinstance(files, dict) else {"test": files}
    found = {split: [str(folder / name) for name in _listed(names)] for split, names in splits.items()}
    if missing := [name for names in found.values() for name in names if not Path(name).is_file()]:
        raise ConfigError(f"{where}: dataset_kwargs.data_files: there is no file {missing[0]}")
    return {**task, "dataset_kwargs": {**task["dataset_kwargs"], "data_files": found}}


def benchmarked(
    model: Any,
    tokenizer: Path,
    eos: int,
    tasks: Sequence[Mapping[str, Any]],
    limit: int | None = None,
    precision: str = "float32",
) -> dict[str, Answers]:
    """What a causal model of transformers comes to on tasks as `read_task` gives them, by their names.

    tokenizer: a tokenizer.json. eos: its id of a document's end, which also begins a text. limit: items per task.
    precision: of autocast.
    """
    from lm_eval.evaluator import evaluate
    from lm_eval.tasks import TaskManager

    asked = _asked(model, tokenizer, eos, precision)
    with tempfile.TemporaryDirectory(prefix="winnow-tasks-") as folder:
        loaded = TaskManager(include_defaults=False).load([_cached(task, folder) for task in tasks])["tasks"]
        for task in loaded.values():
            task.set_fewshot_seed(seed=0)
        found = evaluate(asked, loaded, limit=limit, log_samples=False)
        chances = {name: _chance(task, limit) for name, task in loaded.items()}
    assert found is not None, "on the first process of several, and there is one"
    items = {name: int(one["effective"]) for name, one in found["n-samples"].items()}
    return {name: Answers(_metrics(one), items[name], chances[name]) for name, one in found["results"].items()}


def _asked(model: Any, tokenizer: Path, eos: int, precision: str) -> Any:
    """The model with its words, as the harness asks it."""
    from lm_eval.models.huggingface import HFLM
    from transformers import PreTrainedTokenizerFast

    words = PreTrainedTokenizerFast(tokenizer_file=str(tokenizer))
    words.eos_token = words.pad_token = words.convert_ids_to_tokens(eos)
    return HFLM(
        model,
        tokenizer=words,
        max_length=int(model.config.max_position_embeddings),
        prefix_token_id=eos,
        add_bos_token=False,  # no document was trained on with one
        device=str(model.device),
        batch_size=BATCH,
        mixed_precision_dtype=None if precision == "float32" else precision,
    )


def accuracy(answers: Answers) -> tuple[str, float]:
    """The metric that a task is told by, and its value."""
    name = next(name for name in ACCURACIES if name in answers.metrics)
    return name, answers.metrics[name]


def _chance(task: Any, limit: int | None) -> float:
    """Accuracy of who knows nothing: of guessing, or of always choosing the place that is right most often."""
    if task.OUTPUT_TYPE != "multiple_choice":
        return 0.0
    right: Counter[int] = Counter()
    guessed, items = 0.0, 0
    for _, doc in task.doc_iterator(limit=limit):
        choices = list(task.doc_to_choice(doc))
        places = _places(task.doc_to_text(doc) if task.multiple_input else task.doc_to_target(doc), choices)
        right.update(places)
        guessed, items = guessed + len(places) / len(choices), items + 1
    return max(guessed, *right.values()) / items


def _places(target: Any, choices: Sequence[str]) -> set[int]:
    """Of the choices that are right; a target is a place, a choice, or several places."""
    if isinstance(target, str):
        return {n for n, choice in enumerate(choices) if choice == target}
    return set(target) if isinstance(target, list) else {int(target)}


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _cached(task: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """The task with its rows unpacked in a folder that goes away."""
    return {**task, "dataset_kwargs": {**task["dataset_kwargs"], "cache_dir": folder}}


def _metrics(found: Mapping[str, Any]) -> dict[str, float]:
    """`acc,none` and `acc_stderr,none` as `acc` and `acc_stderr`. `sample_len` is the number of items, told apart."""
    named = {name.partition(",")[0]: value for name, value in found.items()}
    return {
        name: float(value) for name, value in named.items() if isinstance(value, int | float) and name != "sample_len"
    }
