"""What the card of a built export says is true, and its code runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.export.small_tokenizer import write_tokenizer
from tests.runner.corpora import RAW, asked, build, rows, simple, write_jsonl, write_records

QUIZ = "Which harbour of the western islands is frozen for most of a winter?"


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` without a network and with a cache of its own; the environment of whoever reads the store."""
    import datasets

    datasets.disable_progress_bars()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("WINNOW_STORE", str(tmp_path / "store"))


def card(tmp_path: Path, phase: str, formats: list[str], mix: dict[str, Any]) -> str:
    """The card of one phase of a small corpus of texts and records."""
    write_jsonl(tmp_path / "quiz.jsonl", [{"question": QUIZ}])
    write_jsonl(tmp_path / "books" / "a.jsonl", rows(0, 6))
    plain = {"normalize": [{"normalize.plain": {"clean": False, **RAW}}], "license": "MIT"}
    sources = {
        "books": {"stage": "sources.jsonl", "paths": str(tmp_path / "books"), **plain},
        "talk": {"stage": "sources.records", "paths": str(tmp_path / "records"), **plain},
    }
    benchmarks = {} if phase == "pretrain" else {"benchmarks": [quiz(tmp_path)]}
    mixes = {phase: {**mix, **benchmarks}}
    recipe = simple(tmp_path, sources=sources, stages=["dedup.prompts"], mixes=mixes, export={"formats": formats})
    done = build(recipe, tmp_path / "store")
    return (tmp_path / "store" / "exports" / "small" / str(done.build_id) / phase / "README.md").read_text()


def quiz(tmp_path: Path) -> dict[str, Any]:
    return {"name": "quiz", "paths": str(tmp_path / "quiz.jsonl"), "fields": ["question"]}


def ran(card: str) -> dict[str, Any]:
    """What the names in the card's code are once it has run."""
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    return names


@pytest.mark.usefixtures("offline")
def test_code_that_reads_texts_finds_the_store(tmp_path: Path) -> None:
    write_records(tmp_path / "records")
    names = ran(card(tmp_path, "pretrain", ["parquet", "jsonl"], {"default_weight": 1.0}))
    assert len(names["frame"]) == len(names["rows"]) == 18


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("pairs", [True, False])
def test_code_that_reads_records_reads_the_tables_that_there_are(pairs: bool, tmp_path: Path) -> None:
    if pairs:
        write_records(tmp_path / "records")
    else:
        write_jsonl(tmp_path / "records" / "a.jsonl", [asked(1), asked(2)])
    said = card(tmp_path, "posttrain", ["chat"], {"weights": [{"source": "talk", "weight": 1}]})
    assert ("| chat-preferences | `chat/*.preferences.jsonl.zst` | 1 rows |" in said) == pairs
    assert ("config_name: chat-preferences" in said) == pairs
    assert len(ran(said)["rows"]) == (1 if pairs else 2), "the last table that is read"


def test_a_mix_that_knows_benchmarks_is_not_said_to_be_unmeasured(tmp_path: Path) -> None:
    write_records(tmp_path / "records")
    undone = "Decontamination: not yet done"
    assert undone in card(tmp_path, "pretrain", ["jsonl"], {"default_weight": 1.0})
    assert undone not in card(tmp_path, "midtrain", ["jsonl"], {"weights": [{"source": "books", "weight": 1}]})


def test_a_card_knows_when_special_tokens_are_tokens(tmp_path: Path) -> None:
    write_records(tmp_path / "records")
    tokenizer = write_tokenizer(tmp_path / "tokenizer.json")
    mix = {"weights": [{"source": "talk", "weight": 1}], "tokenizer": tokenizer}
    assert "counted letter by letter" in card(tmp_path, "posttrain", ["jsonl"], mix)
    rendered = card(tmp_path, "posttrain", ["jsonl"], {**mix, "chat_template": "chatml"})
    assert "counted letter by letter" not in rendered
    assert re.search(r"UTF-8 bytes of text \| [\d,]+, before the chat template \|", rendered)
    assert "special tokens of the tokenizer that the chat template writes are counted as one each" in rendered
