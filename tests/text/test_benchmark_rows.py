"""Fields of benchmarks that lie within others: lists of answers, choices, BIG-bench's scored targets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Context
from curation_lib.filters.decontaminate import STAGE, DecontaminateConfig, load
from curation_lib.text.benchmark_rows import rows, text, value_at
from tests.filters.judging import documents

ROW: dict[str, Any] = {
    "question": {"stem": "Why?", "choices": [{"label": "A", "text": "one"}, {"label": "B", "text": "two"}]},
    "targets": ["first", "second"],
    "choices": {"text": ["x", "y"], "label": [1, 2]},
    "target_scores": {"yes it is": 1, "no it is not": 0, "absent from this row": None},
    "deep": [[["p"], ["q"]]],
    "nothing": None,
    "plain": "alone",
    "empty": [],
}
FOUND = {
    "question.stem": "Why?",
    "question.choices.text": "one\ntwo",
    "question.choices.1.text": "two",
    "targets": "first\nsecond",
    "targets.1": "second",
    "choices.text": "x\ny",
    "choices.label.0": "1",
    "target_scores": "yes it is\nno it is not",
    "target_scores.yes it is": "1",
    "deep": "p\nq",
    "deep.0.1": "q",
    "nothing": "",
    "nothing.within": "",
    "plain.0": "alone",
    "empty": "",
}


@pytest.mark.parametrize("field", FOUND)
def test_what_a_path_names(field: str) -> None:
    assert text(value_at(ROW, field, "here"), field, "here") == FOUND[field]


def test_a_key_with_dots_comes_first() -> None:
    assert value_at({"a.b": "whole", "a": {"b": "within"}}, "a.b", "here") == "whole"
    assert value_at({"a": {"b.c": "whole"}}, "a.b.c", "here") == "whole"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("question.stm", "q.jsonl#0 has no field 'question.stm'; fields are stem, choices"),
        ("question.choices.txt", "'question.choices.txt'; fields are label, text"),
        ("targets.2", "'targets.2'; number 2 is asked of a list of 2; without a number all of them are searched"),
        ("empty.0", "'empty.0'; number 0 is asked of a list of 0"),
        ("plain.text", "'plain.text'; fields are none, it is a str"),
        ("question", "field 'question' is a dict, not a text"),
        ("question.choices", "field 'question.choices' is a dict, not a text"),
        ("missing", "has no field 'missing'; fields are question, targets, "),
    ],
)
def test_a_path_that_names_nothing_stops(field: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps(ROW))
    with pytest.raises(ConfigError, match=message):
        load(quiz(tmp_path / "q.jsonl", field))


def test_json_lines_and_parquet_say_the_same(tmp_path: Path) -> None:
    """Parquet gives every row the keys of all rows; those that are null are no keys of it."""
    found = [ROW["question"], {"stem": "Who?", "choices": []}]
    table = [
        {"id": str(n), "question": q, "target_scores": {f"answer {n}": 1}, "unread": "x" * 99}
        for n, q in enumerate(found)
    ]
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "q.parquet")
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table))
    fields = ["id", "question.stem", "question.choices.text", "target_scores"]

    def texts(name: str) -> list[list[str]]:
        return [
            [text(value_at(r, f, ""), f, "") for f in fields] for r in rows(str(tmp_path / name), fields, 1 << 20, 99)
        ]

    assert (
        texts("q.parquet") == texts("q.jsonl") == [["0", "Why?", "one\ntwo", "answer 0"], ["1", "Who?", "", "answer 1"]]
    )


def quiz(path: Path, *fields: str) -> DecontaminateConfig:
    benchmark = {"name": "quiz", "paths": str(path), "fields": fields}
    return DecontaminateConfig.model_validate({"benchmarks": [benchmark]})


def items(path: Path) -> Iterator[dict[str, Any]]:
    with zstandard.open(path, "rt", encoding="utf8") as file:
        yield from map(json.loads, file)


def hits(config: DecontaminateConfig, *texts: str) -> list[list[tuple[str, str, float]]]:
    """Of each text the items that it holds: item, field, share."""
    scores = STAGE.measure(documents(*texts), config, Context(load(config)))
    return [[(h["item"], h["field"], h["share"]) for h in some] for some in scores.column("hits").to_pylist()]


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ("bigbench/understanding_fables", "target_scores"),
        ("bigbench/misconceptions_russian", "target_scores"),
        ("bigbench/physics_questions", "target"),
        ("gsm8k/example_model_solutions", "175b_verification.solution"),
        ("bbh/salient_translation_error_detection", "input"),
    ],
)
def test_real_answers_are_found_where_they_lie(file: str, field: str, data: Path) -> None:
    """The document is one answer of an item, in prose of its own."""
    path = data / "bench" / f"{file}.jsonl.zst"
    texts = [text(value_at(row, field, ""), field, "") for row in items(path)]
    at, answers = max(enumerate(texts), key=lambda one: len(set(one[1].split())))
    (found,) = hits(quiz(path, field), f"Somebody wrote this down: {answers} And then went home.")
    assert (str(at), field, 1.0) in found
    assert {name for _, name, _ in found} == {field}


def test_answers_of_which_some_rows_have_several(data: Path) -> None:
    """BIG-bench writes a list of answers, or one text where there is one."""
    rows = list(items(data / "bench" / "bigbench" / "physics_questions.jsonl.zst"))
    firsts = [text(value_at(row, "target.0", ""), "target.0", "") for row in rows]
    assert {type(row["target"]) for row in rows} == {str, list}
    assert firsts == [row["target"] if isinstance(row["target"], str) else row["target"][0] for row in rows]


def test_a_whole_folder_of_tasks(data: Path) -> None:
    found = load(quiz(data / "bench" / "bbh", "input"))
    assert found.items == [sum(1 for path in sorted((data / "bench" / "bbh").iterdir()) for _ in items(path))]
    assert found.searched[0] > 2000
