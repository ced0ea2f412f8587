from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tiktoken
import tokenizers

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.text.tokenizers.loading import load_tokenizer
from tests.export.small_tokenizer import write_tokenizer

TEXTS = ["", "Hello, world! It's 12345.", "<|endoftext|>", "日本語 Ünïcödé 😀\n\n\n  x", "a b"]


def rows(encoded):
    return [encoded.ids[a:b].tolist() for a, b in zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)]


def test_bytes4_is_a_quarter_of_the_utf8_bytes_rounded_up():
    for kind in (pa.string(), pa.large_string()):
        texts = pa.array(["skip", "", "a", "abcd", "abcde", "ééé", "日本語"], kind).slice(1)
        assert load_tokenizer("bytes4").count(texts).tolist() == [0, 1, 1, 2, 2, 3]
        assert load_tokenizer("bytes4").count(texts.slice(0, 0)).tolist() == []
    with pytest.raises(ConfigError, match=r"bytes4 only counts; name a tokenizer\.json"):
        load_tokenizer("bytes4").encode(pa.array(["a"]))


@pytest.mark.parametrize("encoding", ["r50k_base", "cl100k_base", "o200k_base"])
def test_tiktoken_as_its_own_ordinary_encoding(vocabularies, encoding):
    tokenizer, library = load_tokenizer(f"tiktoken/{encoding}"), tiktoken.get_encoding(encoding)
    expected = [library.encode_ordinary(one) for one in TEXTS]
    assert rows(tokenizer.encode(pa.array(TEXTS, pa.large_string()))) == expected
    assert tokenizer.count(pa.array(TEXTS)).tolist() == [len(one) for one in expected]
    assert tokenizer.vocab_size == library.n_vocab
    assert tokenizer.eos == library.eot_token
    assert tokenizer.special_tokens["<|endoftext|>"] == library.eot_token


def test_a_tokenizer_file_as_its_own_library(vocabularies, gpt2):
    tokenizer, library = load_tokenizer(gpt2), tokenizers.Tokenizer.from_file(gpt2)
    plain = [one for one in TEXTS if one != "<|endoftext|>"]
    expected = [library.encode(one, add_special_tokens=False).ids for one in plain]
    assert rows(tokenizer.encode(pa.array(plain, pa.large_string()))) == expected
    assert rows(load_tokenizer("tiktoken/r50k_base").encode(pa.array(plain))) == expected
    assert tokenizer.count(pa.chunked_array([plain[:2], plain[2:]])).tolist() == [len(one) for one in expected]
    assert tokenizer.vocab_size == library.get_vocab_size() == 50257
    assert tokenizer.eos == 50256


def test_no_text_is_a_special_token(vocabularies, gpt2):
    for name in (gpt2, "tiktoken/r50k_base"):
        tokenizer = load_tokenizer(name)
        (ids,) = rows(tokenizer.encode(pa.array(["<|endoftext|>"])))
        assert len(ids) > 1
        assert tokenizer.eos not in ids


def test_texts_of_a_chat_template_have_special_tokens(vocabularies, gpt2):
    for name in (gpt2, "tiktoken/r50k_base"):
        tokenizer = load_tokenizer(name)
        texts = pa.array(["Hello<|endoftext|> there", "", "<|endoftext|>"], pa.large_string())
        first, empty, end = rows(tokenizer.encode_marked(texts))
        hello, there = rows(tokenizer.encode(pa.array(["Hello", " there"])))
        assert first == [*hello, tokenizer.eos, *there]
        assert (empty, end) == ([], [tokenizer.eos])
        assert tokenizer.count_marked(texts).tolist() == [len(first), 0, 1]
        assert tokenizer.eos not in rows(tokenizer.encode(texts))[0], "text is text again"


@pytest.mark.parametrize("name", ["gpt2", "tiktoken"])
def test_batches_do_not_show(vocabularies, gpt2, name):
    tokenizer = load_tokenizer(gpt2 if name == "gpt2" else "tiktoken/cl100k_base")
    texts = pa.array([*TEXTS, *("word " * n for n in range(300))], pa.large_string())
    whole = tokenizer.encode(texts)
    assert whole.ids.dtype == np.uint32
    parts = [tokenizer.encode(texts.slice(a, n)) for a, n in ((0, 3), (3, 0), (3, 400))]
    assert np.concatenate([one.ids for one in parts]).tolist() == whole.ids.tolist()
    assert np.diff(whole.offsets).tolist() == tokenizer.count(texts).tolist()
    with pytest.raises(ContractError, match="holds 1 nulls"):
        tokenizer.count(pa.array(["a", None]))


def test_what_a_file_asks_for_besides_is_left_out(gpt2, tmp_path):
    described = json.loads(Path(gpt2).read_text(encoding="utf-8"))
    described["truncation"] = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    described["padding"] = {
        "strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "!"
    }  # fmt: skip
    (tmp_path / "cut.json").write_text(json.dumps(described))
    assert (
        load_tokenizer(str(tmp_path / "cut.json")).count(pa.array(TEXTS)).tolist()
        == load_tokenizer(gpt2).count(pa.array(TEXTS)).tolist()
    )


def test_the_end_of_a_document_can_be_named(vocabularies, gpt2):
    assert load_tokenizer({"path": gpt2, "eos": "Hello"}).eos == 15496
    assert load_tokenizer({"name": "tiktoken/cl100k_base", "eos": "<|fim_suffix|>"}).eos == 100260
    with pytest.raises(
        ConfigError, match=r"tokenizer\.json has no token </s> to end documents with; set eos to one of: <|endoftext|>"
    ):
        _ = load_tokenizer({"path": gpt2, "eos": "</s>"}).eos


def test_threads_that_render_do_not_open_other_threads_texts(tmp_path):
    """What one thread takes for a special token stays letters to all others."""
    tokenizer = load_tokenizer(write_tokenizer(tmp_path / "tokenizer.json"))
    text = pa.array(["Said: <|endoftext|> ſ"] * 50, pa.large_string())  # ſ: by the library, not by kernels
    wanted = tokenizer.encode(text).ids.tolist()
    with ThreadPoolExecutor(2) as pool:
        rendered = pool.submit(lambda: [tokenizer.encode_marked(text).ids.tolist() for _ in range(150)])
        plain = [tokenizer.encode(text).ids.tolist() for _ in range(150)]
    assert all(one == wanted for one in plain)
    assert all(one.count(tokenizer.eos) == 50 for one in rendered.result())


def test_files_that_are_no_tokenizers_are_refused(gpt2, tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}')
    with pytest.raises(ConfigError, match=r"a\.json is no tokenizer\.json of Hugging Face's tokenizers"):
        load_tokenizer(str(tmp_path / "a.json"))
    described = json.loads(Path(gpt2).read_text(encoding="utf-8"))
    described["model"]["dropout"] = 0.1
    (tmp_path / "b.json").write_text(json.dumps(described))
    with pytest.raises(ConfigError, match=r"drops merges at random \(model.dropout\).*set it to null"):
        load_tokenizer(str(tmp_path / "b.json"))


def test_a_vocabulary_that_cannot_be_fetched_is_an_error_with_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"tiktoken/p50k_edit cannot be fetched .* set TIKTOKEN_CACHE_DIR"):
        load_tokenizer("tiktoken/p50k_edit")
