"""A mix that would take what does not belong into its phase is refused by its contract, with the row named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
import zstandard

from curation_lib.audit import trainer_reads
from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.recipe import parse_recipe, recipe_fingerprint
from curation_lib.core.recipe_stages import mixes_of
from curation_lib.runner.plan import plan
from tests.runner.corpora import RAW, asked, build, rows, simple, simple_inputs, write_jsonl, write_records

KEEP = {"normalize": [{"normalize.plain": {"clean": False, **RAW}}]}


@pytest.fixture
def gsm8k(data: Path, tmp_path: Path) -> list[dict[str, Any]]:
    """Forty questions of GSM8K's test set, which also lie in `tmp_path/gsm8k.jsonl`."""
    with pa.input_stream(str(data / "bench" / "gsm8k" / "test.jsonl.zst"), compression="zstd") as file:
        items = [orjson.loads(line) for line in file.read().splitlines()[:40]]
    write_jsonl(tmp_path / "gsm8k.jsonl", [{"question": one["question"]} for one in items])
    return items


def benchmarks(tmp_path: Path) -> list[dict[str, Any]]:
    return [{"name": "gsm8k", "paths": str(tmp_path / "gsm8k.jsonl"), "fields": ["question"]}]


def recipe(tmp_path: Path, *planted: dict[str, Any]) -> dict[str, Any]:
    """A midtrain mix of good prose and of what is planted."""
    write_jsonl(tmp_path / "books" / "a.jsonl", [*rows(0, 8), *planted])
    sources = {"books": {"stage": "sources.jsonl", "paths": str(tmp_path / "books"), "license": "MIT", **KEEP}}
    mix = {"default_weight": 1.0, "benchmarks": benchmarks(tmp_path)}
    licenses = {"allow": ["MIT"], "unknown": True}
    return simple(tmp_path, sources=sources, stages=[], licenses=licenses, mixes={"midtrain": mix})


def refusal(recipe: dict[str, Any], store: Path) -> str:
    with pytest.raises(ContractError, match="contract broken") as error:
        build(recipe, store)
    assert not (store / "exports").exists()
    return str(error.value)


def test_clean_mixes_pass(gsm8k: Any, tmp_path: Path) -> None:
    assert build(recipe(tmp_path), tmp_path / "store").build_id
    write_records(tmp_path / "records")
    posttrain = chat(tmp_path, stages=["dedup.prompts"])
    done = build(posttrain, tmp_path / "store")
    (counts,) = [step.counts for step in done.steps if step.step == "mix.posttrain"]
    assert counts is not None
    assert counts["kept"] == 12
    assert set(counts["dropped"].values()) == {0}, "rules that never fired stand there all the same"


def test_records_leave_as_chat_alone(gsm8k: Any, tmp_path: Path) -> None:
    write_records(tmp_path / "records")
    posttrain = chat(tmp_path, stages=["dedup.prompts"], export={"formats": ["chat"]})
    posttrain["mixes"]["posttrain"]["chat_template"] = "chatml"
    done = build(posttrain, tmp_path / "store", workers=2)
    folder = tmp_path / "store" / "exports" / "small" / str(done.build_id) / "posttrain"
    assert trainer_reads.chat(folder / "chat")[0] == 12
    lines = b"".join(
        zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
        for path in folder.glob("chat/*.conversations.jsonl.zst")
    )
    talks = [orjson.loads(line) for line in lines.splitlines()]
    (counts,) = [step.counts for step in done.steps if step.step == "export.posttrain"]
    assert counts is not None
    assert len(talks) == counts["kept"] - 1, "and one preference pair"
    assert all(one["text"].startswith("<|im_start|>user\n") for one in talks)
    card = (folder / "README.md").read_text()
    assert "chat/*.conversations.jsonl.zst" in card
    assert "chat/*.preferences.jsonl.zst" in card


def test_midtrain_refuses_a_planted_item(gsm8k: Any, tmp_path: Path) -> None:
    question = gsm8k[7]["question"]
    planted = {"id": "leak", "url": "https://a.example/leak", "text": f"{rows(50, 1)[0]['text']}\n{question}\n"}
    said = refusal(recipe(tmp_path, planted), tmp_path / "store")
    assert "must_not_fire" in said
    assert "source_id=leak, url=https://a.example/leak, evidence=gsm8k 7 question: 1.000" in said
    assert "filters.decontaminate" in said


def test_midtrain_refuses_chat_tokens(gsm8k: Any, tmp_path: Path) -> None:
    planted = {"id": "turns", "text": f"<|im_start|>user\n{rows(50, 1)[0]['text']}<|im_end|>"}
    said = refusal(recipe(tmp_path, planted), tmp_path / "store")
    assert "documents dropped by 'mix.sample.chat_token'" in said
    assert "source=books, source_id=turns, evidence=<|im_start|> at 0; <|im_end|> at" in said


def test_midtrain_refuses_a_source_that_nobody_licensed(gsm8k: Any, tmp_path: Path) -> None:
    asked_for = recipe(tmp_path)
    write_jsonl(tmp_path / "found" / "a.jsonl", rows(60, 4))
    asked_for["sources"]["found"] = {"stage": "sources.jsonl", "paths": str(tmp_path / "found"), **KEEP}
    said = refusal(asked_for, tmp_path / "store")
    assert "mix.sample.unknown_license" in said
    assert "source=found, source_id=doc-60" in said
    assert said.count("source=found") == 3, "the first three, not all four"


def chat(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    """A posttrain mix of the records in `tmp_path/records`."""
    sources = {"talk": {"stage": "sources.records", "paths": str(tmp_path / "records"), "license": "MIT"}}
    sources["talk"]["normalize"] = KEEP["normalize"]  # type: ignore[assignment]
    mix = {"default_weight": 1.0, "benchmarks": benchmarks(tmp_path)}
    return simple(tmp_path, **{"sources": sources, "stages": [], "mixes": {"posttrain": mix}, **changes})


def test_posttrain_refuses_a_leaked_prompt(gsm8k: Any, tmp_path: Path) -> None:
    leak = {"id": "leak", "prompt": f"Solve: {gsm8k[3]['question']}", "answer": "Let me see."}
    write_jsonl(tmp_path / "records" / "a.jsonl", [asked(1), leak])
    said = refusal(chat(tmp_path), tmp_path / "store")
    assert "mix.sample.leaked_prompt" in said
    assert "source=talk, source_id=leak, evidence=gsm8k 3 question: 1.000" in said


def test_posttrain_refuses_a_prompt_asked_twice(gsm8k: Any, tmp_path: Path) -> None:
    write_records(tmp_path / "records")
    said = refusal(chat(tmp_path), tmp_path / "store")
    assert "mix.sample.repeated_prompt" in said
    assert "source_id=again" in said
    assert "kept_twin=" in said
    assert "dedup.prompts" in said


def test_posttrain_refuses_what_is_no_record(gsm8k: Any, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "records" / "a.jsonl", [asked(1), asked(2)])
    edited = chat(tmp_path, stages=[{"filters.text_modifiers": {"modifiers": ["newlines"]}}])
    edited["sources"]["books"] = recipe(tmp_path)["sources"]["books"]
    said = refusal(edited, tmp_path / "store")
    assert "mix.sample.not_a_record" in said
    assert "source=books, source_id=doc-0" in said
    assert "format is text, not chat" in said


BENCHMARK = {"name": "quiz", "paths": "quiz.jsonl", "fields": ["question"]}


def phases(tmp_path: Path, stages: list[Any], **mixes: Any) -> dict[str, Any]:
    return simple(simple_inputs(tmp_path / "inputs"), stages=stages, mixes=mixes)


@pytest.mark.parametrize("phase", ["midtrain", "posttrain"])
def test_a_phase_without_benchmarks_is_refused_when_the_recipe_is_read(phase: str, tmp_path: Path) -> None:
    for stages in ([], [{"filters.decontaminate": {"benchmarks": [BENCHMARK], "max_contamination": None}}]):
        with pytest.raises(ConfigError, match=f"mixes.{phase}: key 'benchmarks' is missing.*filters.decontaminate"):
            plan(parse_recipe(phases(tmp_path, stages, **{phase: {"default_weight": 1.0}})))


def test_a_phase_takes_the_benchmarks_of_the_filter(tmp_path: Path) -> None:
    stages = [{"filters.decontaminate": {"benchmarks": [BENCHMARK], "min_tokens": 6}}]
    everything = {"default_weight": 1.0}
    own = {**everything, "benchmarks": [{**BENCHMARK, "name": "own"}], "min_tokens": 7}
    mixes = mixes_of(parse_recipe(phases(tmp_path, stages, pretrain=everything, midtrain=everything, posttrain=own)))
    found = {phase: ([one.name for one in c.benchmarks], c.min_tokens) for phase, (_, c) in mixes.items()}  # type: ignore[attr-defined]
    assert found == {"pretrain": ([], 8), "midtrain": (["quiz"], 6), "posttrain": (["own"], 7)}


def test_where_benchmarks_lie_is_not_what_a_recipe_is(tmp_path: Path) -> None:
    def asks(path: str, name: str) -> str:
        mix = {"default_weight": 1.0, "benchmarks": [{**BENCHMARK, "paths": path, "name": name}]}
        return recipe_fingerprint(parse_recipe(phases(tmp_path, [], midtrain=mix)))

    assert asks("a/quiz.jsonl", "quiz") == asks("b/quiz.jsonl", "quiz") != asks("a/quiz.jsonl", "other")
