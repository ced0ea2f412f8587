from __future__ import annotations

from tokenizers import Tokenizer, models, pre_tokenizers

from curation_lib.filters.length import STAGE
from tests.filters.judging import failures, scores_of


def test_characters_and_bytes() -> None:
    assert scores_of(STAGE, "é語🙂a", "").to_pylist() == [
        {"characters": 4, "bytes": 10, "tokens": 3},
        {"characters": 0, "bytes": 0, "tokens": 0},
    ]


def test_bounds_belong_to_what_is_kept() -> None:
    bounds = {"min_characters": 4, "max_characters": 4, "min_bytes": 10, "max_bytes": 10}
    assert failures(STAGE, "é語🙂a", **bounds) == {}
    assert failures(STAGE, "abc", **bounds) == {"min_characters": 3, "min_bytes": 3}
    assert failures(STAGE, "é語🙂語", **bounds) == {"max_bytes": 12}
    assert failures(STAGE, "") == {"min_characters": 0}


def test_tokens_are_estimated_from_bytes() -> None:
    bounds = {"min_tokens": 2, "max_tokens": 3}
    assert failures(STAGE, "five!", **bounds) == {}
    assert failures(STAGE, "four", **bounds) == {"min_tokens": 1}
    assert failures(STAGE, "thirteen byte", **bounds) == {"max_tokens": 4}


def test_tokens_of_another_tokenizer(tmp_path) -> None:
    words = Tokenizer(models.WordLevel({"five": 0, "words": 1, "?": 2}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "words.json"))
    bounds = {"tokenizer": str(tmp_path / "words.json"), "min_tokens": 3}
    assert failures(STAGE, "five words or so", **bounds) == {}
    assert failures(STAGE, "five words", **bounds) == {"min_tokens": 2}
