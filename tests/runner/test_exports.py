"""Exports without Parquet are judged and traced all the same, by the mix that they were written from."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation_lib.audit.trace import trace
from curation_lib.runner.store import Store
from tests.export.small_tokenizer import write_tokenizer
from tests.runner.corpora import build, rows, simple, write_jsonl


@pytest.mark.parametrize("formats", [["jsonl"], ["megatron"]], ids="".join)
def test_a_build_without_parquet(formats: list[str], tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "f0.jsonl", rows(0, 6))
    recipe = simple(tmp_path / "in")
    tokenizer = write_tokenizer(tmp_path / "tokenizer.json")
    recipe["mixes"] = {"pretrain": {"default_weight": 1, "tokenizer": tokenizer}}
    done = build(recipe | {"export": {"formats": formats}}, tmp_path / "store")
    assert done.gates[-1].step == "export.pretrain"
    assert done.gates[-1].success
    (found,) = trace(Store(str(tmp_path / "store")), "https://a.example/3")
    assert found["events"][-1] == {"step": "export.pretrain", "event": "exported", "phase": "pretrain", "copies": 1}
