"""Records as trainers read them: through `datasets`, every turn, verifier and licence as they came."""

from __future__ import annotations

import io

import orjson
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Context
from curation_lib.export.chat import CHAT, FORMAT, ChatConfig, convert, encode
from curation_lib.text.records import canonical, plain, record_of
from curation_lib.text.tokenizers.byte_counts import ByteCounts

CONFIG = ChatConfig(phase="posttrain")
CONTEXT = Context(ByteCounts())
ROWS = [
    {"prompt": "Why?", "answer": "So."},
    {"prompt": "Sum 1 and 2.", "answer": "3", "verifier": {"kind": "equals", "value": 3}},
    {"prompt": "Who?", "chosen": "Ann \u2028 \"B\"", "rejected": "Bob\n\\"},
    {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "日本?"},
                  {"role": "assistant", "content": "はい"}], "verifier": "polite"},
]  # fmt: skip


def batch(documents, rows):
    made = [record_of(row) for row in rows]
    return documents([{"text": plain(one), "format": "chat", "metadata": [("record", canonical(one))]} for one in made])


def written(rows, config=CONFIG):
    """The bytes of both files and the counts."""
    sinks = [io.BytesIO(), io.BytesIO()]
    counts = encode([convert(one, config, CONTEXT).kept for one in rows], sinks, config, CONTEXT)
    return [sink.getvalue() for sink in sinks], counts


def lines(data):
    return [orjson.loads(line) for line in zstandard.ZstdDecompressor().decompressobj().decompress(data).splitlines()]


def test_conversations_and_pairs_lie_apart(documents):
    files, counts = written([batch(documents, ROWS)])
    talks, pairs = map(lines, files)
    assert counts == {"conversations": 3, "preferences": 1, "rows": 4}
    about = {"source": "web", "url": None, "license": "MIT"}
    assert [one.pop("tokens") for one in (*talks, *pairs)] == [
        -(-len(plain(record_of(ROWS[n])).encode()) // 4) for n in (0, 1, 3, 2)
    ]
    assert talks[1] == {
        "messages": [{"role": "user", "content": "Sum 1 and 2."}, {"role": "assistant", "content": "3"}],
        "verifier": '{"kind":"equals","value":3}',
        "doc_id": f"{1:032x}",
        **about,
    }
    assert [one["role"] for one in talks[2]["messages"]] == ["system", "user", "assistant"]
    assert pairs == [
        {
            "prompt": [{"role": "user", "content": "Who?"}],
            "chosen": [{"role": "assistant", "content": 'Ann \u2028 "B"'}],
            "rejected": [{"role": "assistant", "content": "Bob\n\\"}],
            "verifier": None,
            "doc_id": f"{2:032x}",
            **about,
        }
    ]


def test_a_template_renders_beside_the_turns(documents):
    files, _ = written([batch(documents, ROWS[1:3])], ChatConfig(phase="posttrain", chat_template="chatml"))
    (talk,), (pair,) = map(lines, files)
    asked = "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n"
    assert talk["text"].endswith("<|im_start|>assistant\n3<|im_end|>\n")
    assert pair["chosen_text"] == f'{asked}Ann \u2028 "B"<|im_end|>\n'
    assert pair["rejected_text"] == f"{asked}Bob\n\\<|im_end|>\n"


def test_tokens_are_those_of_what_is_trained_on(documents):
    rows = batch(documents, ROWS[:1])
    config = ChatConfig(phase="posttrain", chat_template="chatml")
    text = "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nSo.<|im_end|>\n"
    assert convert(rows, config, CONTEXT).kept.column("tokens").to_pylist() == [-(-len(text) // 4)]
    assert convert(rows, CONFIG, CONTEXT).kept.column("tokens").to_pylist() == [
        -(-len("User: Why?\n\nAssistant: So.") // 4)
    ]


def test_readable_with_datasets(documents, tmp_path, offline):
    parts = [batch(documents, ROWS[:2]), batch(documents, ROWS[2:])]
    for number, part in enumerate(parts):
        for suffix, data in zip(FORMAT.suffixes, written([part])[0], strict=True):
            (tmp_path / f"part-{number:05d}{suffix}").write_bytes(data)
    talks = offline("json", tmp_path / "*.conversations.jsonl.zst")
    assert talks.num_rows == 3
    found = [record_of({**row, "verifier": None}) for row in talks.to_list()]
    assert found == [record_of({**ROWS[n], "verifier": None}) for n in (0, 1, 3)]
    pairs = offline("json", tmp_path / "part-00001.preferences.jsonl.zst").to_list()
    assert [record_of(row) for row in pairs] == [record_of(ROWS[2])]


@given(st.lists(st.sampled_from(range(4)), max_size=6), st.integers(0, 6))
def test_bytes_do_not_depend_on_batches(documents, chosen, cut):
    rows = batch(documents, [ROWS[n] for n in chosen])
    assert written([rows]) == written([rows.slice(0, cut), rows.slice(cut)])


def test_a_document_without_a_record_is_named(documents):
    with pytest.raises(ContractError, match=f"document {0:032x} of web is no record: format is html"):
        convert(documents([{"text": "prose"}]), CONFIG, CONTEXT)


def test_an_empty_batch_is_legal():
    assert convert(pa.RecordBatch.from_pylist([], DOCUMENT), CONFIG, CONTEXT).kept.schema == CHAT


@pytest.mark.parametrize("phase", ["pretrain", "midtrain"])
def test_only_posttrain_has_records(phase):
    with pytest.raises(ValidationError, match=r"export\.phases\.posttrain\.formats"):
        ChatConfig(phase=phase)
