from __future__ import annotations

import pytest
from pydantic import ValidationError

from curation_lib.core.fingerprint import file_sha256, stage_identity
from curation_lib.core.registry import find
from curation_lib.mix.settings import SampleConfig
from curation_lib.text.tokenizers.settings import ESTIMATE, TokenizerSetting, described


def setting(value):
    return TokenizerSetting.model_validate(value)


def sampled(**settings):
    return SampleConfig(phase="pretrain", default_weight=1, **settings)


def test_a_word_names_a_tokenizer(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text("{}")
    assert setting("bytes4") == ESTIMATE
    assert setting("tiktoken/cl100k_base") == TokenizerSetting(name="tiktoken/cl100k_base")
    assert setting(str(file)) == TokenizerSetting(name="tokenizer.json", path=str(file))
    assert setting({"path": str(file), "eos": "</s>"}).eos == "</s>"
    assert setting(setting(str(file)).model_dump()) == setting(str(file))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("gpt2", "there is no file gpt2; give bytes4, the path of a Hugging Face tokenizer.json, or one of tiktoken/"),
        ("tiktoken/gpt9", "tiktoken has no encoding 'gpt9'; give bytes4, .*tiktoken/o200k_base"),
        ({"name": "bytes5"}, "no tokenizer is called bytes5; give bytes4"),
        ({"name": "bytes4", "eos": "</s>"}, "bytes4 has no ids, and so no eos: leave it out"),
        ({"name": "bytes4", "path": "s3://b/tokenizer.json"}, "say different things: leave one of them out"),
        ({"file": "x"}, "file\n  Extra inputs"),
    ],
)
def test_a_word_that_names_none_is_refused_with_the_choices(value, says):
    with pytest.raises(ValidationError, match=says):
        sampled(tokenizer=value)


def test_bytes_not_places_shape_a_fingerprint(tmp_path):
    places = [tmp_path / "a" / "x.json", tmp_path / "b.json", tmp_path / "c.json"]
    (tmp_path / "a").mkdir()
    for place, text in zip(places, ["one", "one", "two"], strict=True):
        place.write_text(text)
    values = [*map(str, places), "bytes4", "tiktoken/r50k_base", "tiktoken/o200k_base"]
    same, also, *others = [stage_identity(find("mix.sample"), sampled(tokenizer=one)) for one in values]
    assert same == also
    assert same["libraries"].keys() == {"numpy", "orjson", "xxhash", "tokenizers"}
    assert others[2]["libraries"].keys() == {"numpy", "orjson", "xxhash", "tiktoken"}
    assert all(one != other for i, one in enumerate(others) for other in [same, *others[:i]])


def test_cards_say_what_counted(tmp_path):
    file = tmp_path / "x.json"
    file.write_text("one")
    assert described(setting("bytes4")) == "bytes4"
    assert described(setting(str(file))) == f"tokenizer.json, sha256 {file_sha256(str(file))}"
    assert described(setting("tiktoken/r50k_base")).startswith("tiktoken/r50k_base of tiktoken 0.")
