"""lm-evaluation-harness over a model of ours and a local task, held against the model's own probabilities."""

from __future__ import annotations

import socket

import numpy as np
import orjson
import pytest
import zstandard

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.bpe import trained
from curation_lib.valuation.harness import benchmarked, read_task
from curation_lib.valuation.model import built
from curation_lib.valuation.model_settings import ModelSettings

ITEMS, CHOICES = 12, ("Yes", "No")
TASK = """
task: causal
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{input}}\\nAnswer:"
doc_to_choice: ["Yes", "No"]
doc_to_target: "{{target}}"
metric_list: [{metric: acc}, {metric: acc_norm}]
"""


@pytest.fixture
def rows(data) -> list[dict[str, str]]:
    packed = (data / "bench" / "bbh" / "causal_judgement.jsonl.zst").read_bytes()
    lines = zstandard.ZstdDecompressor().stream_reader(packed).read().splitlines()
    return [orjson.loads(line) for line in lines][:ITEMS]


@pytest.fixture
def task(tmp_path, rows):
    (tmp_path / "rows.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    (tmp_path / "task.yaml").write_text(TASK)
    return tmp_path / "task.yaml"


def scores(model, tokenizer, text: str) -> list[float]:
    """Log-probability of each choice behind the text, by the model itself."""
    import torch

    found = []
    for choice in CHOICES:
        given, whole = (tokenizer.encode(one).ids for one in (text, f"{text} {choice}"))
        whole = whole[-model.config.max_position_embeddings - 1 :]
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([whole[:-1]])).logits.log_softmax(-1)[0]
        behind = range(len(whole) - (len(tokenizer.encode(f"{text} {choice}").ids) - len(given)), len(whole))
        found.append(float(sum(logits[n - 1, whole[n]] for n in behind)))
    return found


def test_a_local_task_without_a_network(task, rows, tmp_path, monkeypatch):
    import torch
    from tokenizers import Tokenizer

    def refuse(*_):
        raise AssertionError("nothing is asked of a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    torch.set_num_threads(1)
    (tmp_path / "tokenizer.json").write_text(trained([row["input"] for row in rows], 400))
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    settings = ModelSettings(hidden=32, layers=1, heads=2, sequence_length=512, seed=3)
    model = built(settings, tokenizer.get_vocab_size()).eval()
    found = benchmarked(model, tmp_path / "tokenizer.json", 0, [read_task(task)])["causal"]
    chosen = [CHOICES[int(np.argmax(scores(model, tokenizer, f"{row['input']}\nAnswer:")))] for row in rows]
    right = [choice == row["target"] for choice, row in zip(chosen, rows, strict=True)]
    assert found.items == ITEMS
    assert found.metrics["acc"] == pytest.approx(np.mean(right))
    assert 0 < found.metrics["acc_stderr"] < 0.3
    said = [row["target"] for row in rows]
    assert found.chance == max(said.count("Yes"), said.count("No")) / ITEMS >= 0.5
    few = benchmarked(model, tmp_path / "tokenizer.json", 0, [read_task(task)], limit=5)["causal"]
    assert (few.items, few.metrics["acc"]) == (5, pytest.approx(np.mean(right[:5])))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("data_files: {test: rows.jsonl}", ""), "a task is a mapping with `task`, `dataset_path: json` and"),
        (("dataset_path: json", "dataset_path: allenai/arc"), "a task is a mapping with"),
        (("dataset_path: json", "dataset_path: squad"), "a task is a mapping with"),
        (("{data_files: {test: rows.jsonl}}", ""), "a task is a mapping with"),
        (("{data_files: {test: rows.jsonl}}", "rows.jsonl"), "a task is a mapping with"),
        (("[{metric: acc}, {metric: acc_norm}]", ""), "metric_list: name one of"),
        (("{metric: acc}, {metric: acc_norm}", "acc"), "metric_list: name one of"),
        (("rows.jsonl", "none.jsonl"), r"data_files: there is no file .*none\.jsonl"),
        (("{metric: acc}, {metric: acc_norm}", "{metric: acc_norm}"), "metric_list: name one of acc, exact_match"),
        (("test_split: test", "include: more.yaml"), r"include: more\.yaml is not followed; write the task out"),
    ],
)
def test_a_task_without_local_data_is_refused(tmp_path, change, said):
    (tmp_path / "rows.jsonl").write_text("{}\n")
    (tmp_path / "task.yaml").write_text(TASK.replace(*change))
    with pytest.raises(ConfigError, match=said):
        read_task(tmp_path / "task.yaml")
