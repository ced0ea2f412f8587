"""Of the records with one prompt one stays; other documents are not looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.dedup.prompts import STAGE, PromptsConfig
from curation_lib.text.prompts import folded_prompt
from curation_lib.text.records import canonical, plain, record_of

GOLDEN = Path(__file__).parents[1] / "golden" / "dedup" / "prompts.json"


def chat(name: str, **row: Any) -> dict[str, Any]:
    made = record_of(row)
    return {"doc_id": name, "format": "chat", "text": plain(made), "metadata": [("record", canonical(made))]}


def test_golden(run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    rows = [chat(name, **row) for name, row in golden["records"].items()]
    outcome = run(STAGE, [[documents(rows)]], PromptsConfig(**golden["settings"]))
    assert outcome.kept == golden["kept"]
    assert outcome.dropped() == {doc: ("same_prompt", twin, 1.0) for doc, twin in golden["dropped"].items()}
    assert {similarity for *_, similarity in outcome.links} == {None}, "no answer was compared"
    assert outcome.read == []


def test_documents_without_a_record_are_left_alone(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    row = chat("one", prompt="Which hen?", answer="None.")
    rows = [row, {**row, "doc_id": "text", "format": "text"}, {**row, "doc_id": "bare", "metadata": []}]
    assert run(STAGE, [[documents(rows)]], PromptsConfig()).kept == ["one", "text", "bare"]


def test_a_release_comes_first(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    old = documents([chat("old", prompt="Which hen?", answer="No.")])
    new = documents(
        [chat("new", prompt="which hen", answer="A much longer answer."), chat("own", prompt="Why?", answer="So.")]
    )
    outcome = run(STAGE, [[new]], PromptsConfig(), releases=[[[old]]])
    assert outcome.kept == ["own"]
    assert outcome.dropped() == {"new": ("same_prompt", "old", 1.0)}


@given(st.lists(st.sampled_from(["a", "A!", "b", "B ?", "c d", "c  D"]), max_size=12), st.integers(0, 12))
def test_one_per_prompt_whatever_the_shards(
    run: Callable[..., Any], documents: Callable[..., Any], asked: list[str], cut: int
) -> None:
    rows = [chat(f"{n:032x}", prompt=prompt, answer="So.") for n, prompt in enumerate(asked)]
    shards = [[documents(rows[:cut])], [documents(rows[cut:])]]
    outcome = run(STAGE, shards, PromptsConfig(survivor="smallest_id"))
    first = {folded_prompt(prompt): f"{n:032x}" for n, prompt in reversed(list(enumerate(asked)))}
    assert sorted(outcome.kept) == sorted(first.values())
    assert all(drop.kept_twin == first[folded_prompt(asked[int(name, 16)])] for name, drop in outcome.drops)
