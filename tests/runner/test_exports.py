"""Exports without Parquet are judged and traced all the same, by the mix that they were written from."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import pytest

from curation_lib.audit.trace import trace
from curation_lib.core.errors import ConfigError
from curation_lib.runner.store import Store
from tests.export.small_tokenizer import write_tokenizer
from tests.runner.corpora import build, rows, run_steps, simple, tree, write_jsonl


def test_exports_lie_under_the_id_that_the_build_is_recorded_by(tmp_path: Path) -> None:
    """A mix's models are its tokenizer and its benchmarks, an export's the tokenizer alone."""
    write_jsonl(tmp_path / "in" / "f0.jsonl", rows(0, 6))
    write_jsonl(tmp_path / "quiz.jsonl", [{"question": "Which harbour of the islands is frozen for most of a winter?"}])
    recipe = simple(tmp_path / "in")
    quiz = {"name": "quiz", "paths": str(tmp_path / "quiz.jsonl"), "fields": ["question"]}
    tokenizer = write_tokenizer(tmp_path / "tokenizer.json")
    recipe["mixes"] = {"midtrain": {"default_weight": 1, "tokenizer": tokenizer, "benchmarks": [quiz]}}
    done = run_steps(recipe, tmp_path / "store")
    assert [one.name for one in (tmp_path / "store" / "exports" / "small").iterdir()] == [done.build_id]


def test_a_tokenizer_that_ends_no_document_stops_a_build_before_it_begins(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "f0.jsonl", rows(0, 6))
    tokenizer = {"path": write_tokenizer(tmp_path / "tokenizer.json"), "eos": "<|end|>"}
    mixes = {"pretrain": {"default_weight": 1, "tokenizer": tokenizer}}
    with pytest.raises(ConfigError, match=r"mixes\.pretrain\.tokenizer: .* no token <\|end\|>.*<\|endoftext\|>"):
        build(simple(tmp_path / "in", mixes=mixes, export={"formats": ["megatron"]}), tmp_path / "store")
    assert not (tmp_path / "store" / "datasets").exists()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "there is no file .*t.jinja; correct the path"),
        ("{% for x in %}", "mixes.posttrain.chat_template: .*no template"),
    ],
)
def test_a_chat_template_is_looked_at_before_a_build_begins(written: str | None, said: str, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "f0.jsonl", rows(0, 6))
    if written is not None:
        (tmp_path / "t.jinja").write_text(written)
    quiz = {"name": "quiz", "paths": str(tmp_path / "quiz.jsonl"), "fields": ["question"]}
    mix = {"default_weight": 1, "chat_template": str(tmp_path / "t.jinja"), "benchmarks": [quiz]}
    with pytest.raises(ConfigError, match=said):
        build(simple(tmp_path / "in", mixes={"posttrain": mix}), tmp_path / "store")
    assert not (tmp_path / "store" / "datasets").exists()


def test_an_export_that_was_deleted_is_written_again(tmp_path: Path) -> None:
    """As `winnow export check` says to do with one that is not what was written."""
    write_jsonl(tmp_path / "in" / "f0.jsonl", rows(0, 6))
    recipe = simple(tmp_path / "in", export={"formats": ["jsonl"]})
    run_steps(recipe, tmp_path / "store")
    exports = tmp_path / "store" / "exports"
    before = tree(exports, "run.json")
    rmtree(exports)
    run_steps(recipe, tmp_path / "store")
    assert tree(exports, "run.json") == before
    assert any(name.endswith(".jsonl.zst") for name in before)


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
