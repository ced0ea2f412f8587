"""Kernels against libraries: the ids of every text, bit for bit."""

from __future__ import annotations

import json
import unicodedata
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import regex
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.tokenizers import memo
from curation_lib.text.tokenizers.classes import DOUBT
from curation_lib.text.tokenizers.known_splits import PATTERNS
from curation_lib.text.tokenizers.loading import load_tokenizer
from curation_lib.text.tokenizers.lookup import room_for_missing
from curation_lib.text.tokenizers.pieces import Pieces
from curation_lib.text.tokenizers.splits import piece_end
from curation_lib.text.tokenizers.tiktoken_encodings import tiktoken_classes

NAMES = ("r50k_base", "cl100k_base", "o200k_base", "gpt2", "llama3", "qwen2", "starcoder2")
ALPHABET = "aBcDÄßéžЖж語ไ한ǅʰªſ'’sStTrRevVlLmMdD019²Ⅷ٣ \t\n\r\x0b\x85\u00a0\u2028\u3000.,!?/-_<|>\u0301\u0939\u093e\u094d\u200d😀\ufeff\0"
TEXTS = st.one_of(
    st.text(st.sampled_from(ALPHABET), max_size=24),
    st.text(max_size=24),
    st.lists(st.sampled_from("it's I'LL 'Re we've\n \n\n \r\n  12345 XMLHttp HelloWORLD // ...  don’t <tool_call> <|endoftext|> <|end_of_text|>".split(" ")), max_size=9).map(" ".join),
)  # fmt: skip


ALIKE = (
    (0x3401, 0x9FF0),
    (0xAC01, 0xD7A0),
    (0xD800, 0xF8F0),
    (0x17001, 0x18CF0),
    (0x1B171, 0x1BC00),
    (0x20001, 0x110000),
)
"""First and last of long ranges of letters, private or no characters, of which some stand for all."""
CODES = [
    c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and (c % 97 == 0 or not any(a <= c < b for a, b in ALIKE))
]


def same(tokenizer, texts):
    column = pa.array(texts, pa.large_string())
    expected = tokenizer.by_library(texts)
    encoded = tokenizer.encode(column)
    assert encoded.offsets.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    assert encoded.ids.tolist() == np.concatenate([np.zeros(0, np.uint32), *expected]).tolist()
    assert tokenizer.count(column).tolist() == [len(one) for one in expected]


def pieces(text, split):
    data, offsets = arrow_buffers(pa.array([text], pa.large_string()))
    ends, end = [0], int(offsets[1])
    while ends[-1] < end:
        ends.append(piece_end(data, ends[-1], end, tiktoken_classes(), split))
        if ends[-1] == ends[-2]:
            return None
    return [data[a:b].tobytes().decode() for a, b in pairwise(ends)]


@given(TEXTS.map(lambda text: "".join(c for c in text if unicodedata.category(c) != "Cn")))
@example("a\n  ")
@example("x \n \n")
@example("\u0301ABC")
@example("ABC語DEF's 'Sx")
def test_pieces_are_what_the_patterns_match(text):
    """By a third engine, which knows newer characters."""
    for pattern, split in PATTERNS.items():
        found = pieces(text, split)
        if found is None:
            assert "ſ" in text
        else:
            assert found == regex.findall(pattern, text)


@pytest.mark.parametrize("name", NAMES)
def test_every_tokenizer_here_has_kernels(named, name):
    assert named(name).kernel


@given(st.lists(TEXTS, max_size=6))
@pytest.mark.parametrize("name", NAMES)
def test_ids_are_the_librarys(named, name, texts):
    same(named(name), texts)


@pytest.mark.parametrize("name", NAMES)
def test_code_points_are_to_the_kernels_what_they_are_to_the_library(named, name):
    tokenizer = named(name)
    for start in range(0, len(CODES), 1 << 14):
        chars = map(chr, CODES[start : start + (1 << 14)])
        same(tokenizer, [f"a{c}b {c}{c}1{c}'{c}\n{c}A 's{c}c  {c}" for c in chars])
    if name not in ("qwen2", "starcoder2"):
        assert np.flatnonzero(tokenizer.pieces._classes == DOUBT).tolist() == [ord("ſ")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "file", ["text/english.jsonl.zst", "text/multilingual.jsonl.zst", "throughput/docs-00.jsonl.zst"]
)
def test_real_text(named, data, name, file):
    texts = read(data / file, 60 if "throughput" not in file else 25)
    assert len("".join(texts)) > 500_000
    same(named(name), texts)


def read(path: Path, every: int) -> list[str]:
    """The texts of every so many rows."""
    with zstandard.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for number, line in enumerate(lines) if number % every == 0]


def test_a_memo_stays_within_its_bounds_and_ids_right(named, gpt2, monkeypatch):
    monkeypatch.setattr(memo, "FIRST", 64)
    monkeypatch.setattr(memo, "LARGEST", 256)
    monkeypatch.setattr(memo, "_LETTERS", 200)
    monkeypatch.setattr(memo, "_NUMBERS", 300)
    tokenizer = fresh(gpt2)
    words = [f"{'long' * (n % 6)}word{n}" for n in range(1000)]
    sizes = set()
    for a in [*range(0, 1000, 50), *range(0, 1000, 50)]:
        same(tokenizer, [" ".join(words[a : a + 50])])
        kept = tokenizer.pieces._memo
        sizes.add(len(kept.slots) // 4)
        assert kept.filled[memo.USED] <= len(kept.slots) // 8
        assert kept.filled[memo.SPELT] <= 200
        assert kept.filled[memo.NUMBERS] <= 300
    assert sizes == {128, 256}


@given(st.lists(TEXTS, max_size=6))
@example(["five new words stand before ſ"])
@pytest.mark.parametrize("name", ["gpt2", "llama3"])
def test_texts_larger_than_the_room_go_in_parts(named, name, texts):
    """Room for 300 ids and two new pieces, in a memo that keeps next to nothing."""
    pieces = named(name).pieces
    small = Pieces(pieces._split, pieces._classes, pieces._encode_piece, pieces._encode_text)
    small._known, small._missing = np.empty(300, np.uint32), room_for_missing(2)
    small._memo = small._memo._replace(ids=np.empty(9, np.uint32), spelt=np.empty(20, np.uint8))
    column = pa.array(["x! " * 200, *texts, "y z" * 150], pa.large_string())
    encoded, expected = small.encode(column), pieces.encode(column)
    assert encoded.ids.tolist() == expected.ids.tolist()
    assert encoded.offsets.tolist() == expected.offsets.tolist()
    assert small.count(column).tolist() == np.diff(expected.offsets).tolist()


def test_a_memo_full_of_what_comes_no_more_begins_anew(gpt2, monkeypatch):
    monkeypatch.setattr(memo, "FIRST", 64)
    monkeypatch.setattr(memo, "LARGEST", 64)
    tokenizer = fresh(gpt2)
    same(tokenizer, [f"{n}th" for n in range(1000, 1200)])
    assert tokenizer.pieces._memo.filled[memo.REFUSED] > 64
    for _ in range(3):
        same(tokenizer, ["now other words"])
        kept = tokenizer.pieces._memo
        assert (kept.filled[memo.USED], kept.filled[memo.REFUSED]) == (3, 0)


def fresh(path):
    """A tokenizer that remembers nothing."""
    tokenizer = load_tokenizer(path)
    tokenizer.pieces.forget()
    return tokenizer


@pytest.mark.parametrize("name", NAMES)
def test_long_pieces(named, name):
    same(
        named(name),
        ["a" * 255, "a" * 256, " " + "b" * 5000 + "c", "é" * 400, "-" * 999, " " * 3000, "\n" * 700 + "x", "1" * 500],
    )


def test_an_error_of_the_library_leaves_no_trace(gpt2, monkeypatch):
    tokenizer = fresh(gpt2)
    ask = tokenizer.pieces._encode_piece

    def stumble(piece):
        if piece == b" three":
            raise KeyboardInterrupt
        return ask(piece)

    monkeypatch.setattr(tokenizer.pieces, "_encode_piece", stumble)
    with pytest.raises(KeyboardInterrupt):
        tokenizer.encode(pa.array(["one two three four"]))
    monkeypatch.setattr(tokenizer.pieces, "_encode_piece", ask)
    same(tokenizer, ["one two three four", "three two one"])


@pytest.mark.parametrize(
    "change",
    [
        {"normalizer": {"type": "Lowercase"}},
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}},
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}},
        {"pre_tokenizer": {"type": "Whitespace"}},
        {"pre_tokenizer": None},
    ],
)  # fmt: skip
def test_what_the_kernels_do_not_know_goes_to_the_library(gpt2, tmp_path, change):
    described = json.loads(Path(gpt2).read_text(encoding="utf-8")) | change
    (tmp_path / "other.json").write_text(json.dumps(described))
    tokenizer = load_tokenizer(str(tmp_path / "other.json"))
    assert not tokenizer.kernel
    same(tokenizer, ["It's HERE, 12 times", ""])


def test_added_tokens_are_found_where_the_library_finds_them(named):
    tokenizer = named("qwen2")
    assert 100258 in tokenizer.encode(pa.array(["a<tool_call>b"])).ids
    same(tokenizer, ["a<tool_call>b", "<tool_call", "a <tool_call> b"])


def test_batches_rows_and_slices_do_not_show(named):
    tokenizer = named("cl100k_base")
    texts = ["", "one", " two's\n\n", "", "日本 3", "x" * 300, "ſ"]
    column = pa.array(["before", *texts, "after"], pa.string()).slice(1, len(texts))
    whole = tokenizer.encode(column)
    alone = [tokenizer.encode(pa.array([one])).ids for one in texts]
    assert whole.ids.tolist() == np.concatenate(alone).tolist()
    assert tokenizer.encode(column.slice(0, 0)).offsets.tolist() == [0]
    assert tokenizer.count(column.slice(0, 0)).tolist() == []
