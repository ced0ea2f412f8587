"""A tiny valuation with a local task, offline, to the page; what is wrong with a task names its key."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import yaml

from curation_lib.audit.valuation_page import page
from curation_lib.core.errors import ConfigError
from curation_lib.runner.benchmarks import read_tasks, stored
from curation_lib.runner.store import Store
from curation_lib.runner.valuation import comparable, plan, value
from curation_lib.text.tokenizers.settings import TokenizerSetting
from curation_lib.valuation.experiment import Valuation
from tests.valuation.runs import TINY, session, written

ITEMS = 12
TASK = {
    "task": "parts",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "parts.jsonl"}},
    "test_split": "test",
    "output_type": "multiple_choice",
    "doc_to_text": "{{text}} How many?",
    "doc_to_choice": ["one", "two", "three"],
    "doc_to_target": "{{right}}",
    "metric_list": [{"metric": "acc"}],
}


@pytest.fixture
def task(tmp_path) -> str:
    rows = [{"text": f"The engine of {n} has parts.", "right": n % 3} for n in range(ITEMS)]
    (tmp_path / "parts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "parts.yaml").write_text(yaml.safe_dump(TASK))
    return str(tmp_path / "parts.yaml")


def asked(folder: Path, **more: object) -> Valuation:
    """A valuation of documents about engines."""
    pools = (("base", "wheel", 200), ("engines", "engine", 40), ("motors", "motor", 30))
    paths = {name: {"paths": str(written(folder / f"{name}.jsonl", what, n))} for name, what, n in pools}
    told = {
        **TINY,
        "base": paths["base"],
        "candidates": {"engines": paths["engines"]},
        "targets": {"motors": paths["motors"]},
        "model": {**TINY["model"], "sequence_length": 32},
        "shares": [0.3],
        "negative": False,
        "measured": {"documents": 10},
    }
    return Valuation.model_validate({**told, **more})


def test_a_valuation_tells_what_its_arms_answer(tmp_path, task, monkeypatch):
    pytest.importorskip("lm_eval", reason="training is an extra: make setup-train")

    def refuse(*_):
        raise AssertionError("nothing is asked of a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    at, one = session(tmp_path), asked(tmp_path, benchmarks=[task], benchmark_items=9)
    report = value(one, at)
    (row,) = report["benchmarks"]
    assert (row["task"], row["metric"], row["items"]) == ("parts", "acc", 9)
    assert row["chance"] == pytest.approx(1 / 3)
    assert [arm["arm"] for arm in row["arms"]] == ["control", "placebo at 30%", "engines at 30%"]
    given = [row["trunk"], *(value for arm in row["arms"] for value in arm["accuracy"])]
    assert len(given) == 7
    assert all(value * 9 == pytest.approx(round(value * 9)) and 0 <= value <= 1 for value in given)
    html = page(report, [])
    assert "<h2>Benchmarks</h2>" in html
    assert "9 items; chance 33.3" in html
    assert ("too small to answer" in html) == (not row["answers"])
    assert at.calls["train"] == 1 + 6 + 2 + 1
    assert value(one, at) == report
    assert at.calls["train"] == 10
    with_, without = plan(one, at), plan(asked(tmp_path), at)
    assert without.answering is None
    assert with_.trunk == without.trunk, "it is not trained again"
    assert comparable(one, with_) == comparable(one, without)
    assert not {run.print for run in with_.anneals} & {run.print for run in without.anneals}


def test_a_task_lies_in_the_store_under_the_bytes_of_its_data(tmp_path, task):
    (tmp_path / "tokenizer.json").write_text("{}")
    store, tokenizer = Store(str(tmp_path / "store")), TokenizerSetting(path=str(tmp_path / "tokenizer.json"))
    first = stored(read_tasks([task]), tokenizer, None, store)
    again = stored(read_tasks([task]), tokenizer, None, store)
    assert first == again
    assert store.read(f"{first.tasks['parts']}/0-parts.jsonl") == (tmp_path / "parts.jsonl").read_bytes()
    with (tmp_path / "parts.jsonl").open("a") as file:
        file.write('{"text": "One more.", "right": 0}\n')
    assert stored(read_tasks([task]), tokenizer, None, store).tasks != first.tasks


def test_what_is_wrong_with_a_task_names_the_key(tmp_path, task):
    with pytest.raises(ConfigError, match=r"^benchmarks: cannot read task .*none\.yaml"):
        read_tasks([str(tmp_path / "none.yaml")])
    with pytest.raises(ConfigError, match="^benchmarks: .*a second task is called parts; give each its own name"):
        read_tasks([task, task])


def test_a_plan_says_what_is_wrong_before_it_reads_documents(tmp_path):
    with pytest.raises(ConfigError, match=r"^benchmarks: cannot read task none\.yaml"):
        plan(asked(tmp_path, benchmarks=["none.yaml"]), session(tmp_path))
    assert not (tmp_path / "store").exists()
