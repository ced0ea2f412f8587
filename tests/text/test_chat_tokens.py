"""Tokens of chat templates are found wherever they stand, with their bytes, and prose has none."""

from __future__ import annotations

import orjson
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.chat_tokens import CHAT_TOKENS, chat_tokens, shown

ALL = [token for family in CHAT_TOKENS.values() for token in family]
MADE = st.lists(st.sampled_from([*ALL, "[INS", "<|im_start", "é", " ", "text", "<mine>"]), max_size=8).map("".join)


def in_plain_python(text, tokens):
    data, found, at = text.encode(), [], 0
    while at < len(data):
        here = [t for t in tokens if data.startswith(t.encode(), at)]
        if here:
            longest = max(here, key=len)
            found.append((longest, at))
            at += len(longest.encode())
        else:
            at += 1
    return found


@given(st.lists(MADE, max_size=5))
def test_equals_plain_python(texts):
    found = chat_tokens(pa.array(texts, pa.large_string()), ["<mine>"])
    expected = {row: in_plain_python(text, [*ALL, "<mine>"]) for row, text in enumerate(texts)}
    assert found == {row: some for row, some in expected.items() if some}


def test_every_token_is_found_by_itself():
    texts = pa.array([f"é {token}." for token in ALL], pa.large_string())
    assert chat_tokens(texts) == {row: [(token, 3)] for row, token in enumerate(ALL)}


def test_letters_count_as_they_stand():
    assert chat_tokens(pa.array(["[inst] <|IM_START|> <s> <|endoftext|> <start of turn>"], pa.large_string())) == {}


def test_a_ledger_row_names_tokens_and_places():
    assert shown([("[INST]", 0), ("[/INST]", 9), ("[INST]", 20)]) == "[INST] at 0, 20; [/INST] at 9"
    assert shown([(f"<{n}>", n) for n in range(9)]).count(";") == 4


def test_real_text_has_none(data):
    with pa.input_stream(str(data / "text" / "english.jsonl.zst"), compression="zstd") as file:
        texts = [orjson.loads(line)["text"] for line in file.read().splitlines()]
    assert len(texts) > 20_000
    assert chat_tokens(pa.array(texts, pa.large_string())) == {}
