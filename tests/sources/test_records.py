"""Rows become records, or quarantine rows that say why; what a document says and what its metadata holds agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from curation_lib.sources.records import RecordsConfig
from curation_lib.text.records import parsed, plain
from tests.sources.archives import read

ROWS = [
    {"id": "a", "prompt": "Why?", "answer": "So.", "topic": "reasons", "license": "CC0-1.0"},
    {"id": "b", "prompt": "Sum 1 and 2.", "answer": "3", "verifier": {"equals": 3}},
    {"id": "c", "prompt": "Why?", "chosen": "So.", "rejected": "No."},
    {"id": "d", "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello!"}]},
]
BAD = [
    {"id": "e", "prompt": "Why?"},
    {"id": "f", "prompt": "Why?", "chosen": "So.", "rejected": "So."},
    {"id": "g", "messages": [{"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Hello"}]},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([{**dict.fromkeys(FIELDS), **row} for row in rows]), path)
    else:
        path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return path


FIELDS = ("id", "prompt", "answer", "verifier", "chosen", "rejected", "messages", "topic", "license")


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
def test_rows_become_records(tmp_path: Path, name: str) -> None:
    found = read("records", write(tmp_path / name, [*ROWS, *BAD]))
    assert found.ids == ["a", "b", "c", "d"]
    metadata = [dict(row["metadata"]) for row in found.rows]
    records = [parsed(one["record"]) for one in metadata]
    assert [plain(one).encode() for one in records] == found.bodies
    assert found.bodies[0] == b"User: Why?\n\nAssistant: So."
    assert found.bodies[2] == b"User: Why?\n\nAssistant: So.\n\nRejected: No."
    assert records[1].verifier == {"equals": 3}
    assert metadata[0]["topic"] == "reasons"
    assert {row["format"] for row in found.rows} == {"chat"}
    assert [row["license"] for row in found.rows] == ["CC0-1.0", "unknown", "unknown", "unknown"]
    assert [one.locator for one in found.unread] == [f"{name}#{n}" for n in (4, 5, 6)]
    for error, why in zip(found.errors, ("'answer' is missing", "are the same", "roles out of order"), strict=True):
        assert error.startswith("no record: ")
        assert why in error


def test_a_parquet_file_without_answers_is_quarantined_as_a_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [])
    pq.write_table(pa.table({"prompt": ["Why?"], "text": ["So."]}), tmp_path / "y.parquet")
    assert read("records", tmp_path / "y.parquet").errors == [
        "no column 'messages' or 'answer' or 'chosen'; columns are prompt, text"
    ]
    assert read("records", path).errors == ["empty file"]


def test_a_record_over_the_cap_is_quarantined(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [{"prompt": "Why?", "answer": "So. " * 100}, ROWS[1]])
    found = read("records", path, max_document_bytes=200)
    assert found.ids == ["b"]
    assert "over max_document_bytes 200" in found.errors[0]


def test_seed_tasks_under_names_of_their_own(tmp_path: Path, data: Path) -> None:
    with pa.input_stream(str(data / "post" / "self-instruct-seed.jsonl.zst"), compression="zstd") as file:
        tasks = [orjson.loads(line) for line in file.read().splitlines()]
    rows = [{"name": t["id"], "ask": t["instruction"], "output": t["instances"][0]["output"]} for t in tasks]
    path = write(tmp_path / "x.jsonl", rows)
    found = read("records", path, id_field="name", prompt_field="ask", answer_field="output")
    assert found.ids == [t["id"] for t in tasks]
    assert len(tasks) == 175
    assert not found.errors


def test_preference_pairs_that_begin_alike(tmp_path: Path, data: Path) -> None:
    with pa.input_stream(str(data / "post" / "hh-harmless-test-A.jsonl.zst"), compression="zstd") as file:
        pairs = [orjson.loads(line) for line in file.read().splitlines()]
    path = write(tmp_path / "x.jsonl", [{k: turns(pair[k]) for k in ("chosen", "rejected")} for pair in pairs])
    found = read("records", path)
    assert len(found.ids) + len(found.errors) == len(pairs)
    assert len(found.ids) > 0.9 * len(pairs)
    records = [parsed(dict(row["metadata"])["record"]) for row in found.rows]
    assert all(one.prompt[-1].role == "user" and one.answer != one.rejected for one in records)


def turns(text: str) -> list[dict[str, str]]:
    """HH-RLHF's conversations, written as one text."""
    said = [part for part in text.replace("\n\nAssistant:", "\0a").replace("\n\nHuman:", "\0u").split("\0") if part]
    return [{"role": {"a": "assistant", "u": "user"}[one[0]], "content": one[1:].strip()} for one in said]


def test_two_fields_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two fields are called 'prompt'"):
        RecordsConfig(source="x", paths=["x"], answer_field="prompt")
