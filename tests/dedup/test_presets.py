from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint, stage_identity
from curation_lib.core.recipe_stages import configured
from curation_lib.dedup.minhash import STAGE, MinHashConfig
from curation_lib.runner.work import bind, described


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("words", 5, 14, 8)),
        ({"preset": None}, ("words", 5, 14, 8)),
        ({"preset": "fineweb"}, ("words", 5, 14, 8)),
        ({"preset": "curator"}, ("characters", 24, 20, 13)),
        ({"preset": "dolma3"}, ("words", 5, 26, 11)),
        ({"preset": "curator", "ngram": 12, "rows": 9}, ("characters", 12, 20, 9)),
        ({"preset": "curator", "shingle": "words", "ngram": 3}, ("words", 3, 20, 13)),
        ({"preset": "dolma3", "shingle": "words"}, ("words", 5, 26, 11)),
        ({"shingle": "characters", "ngram": 24}, ("characters", 24, 14, 8)),
    ],
)
def test_what_is_given_overrides_the_preset(given: dict[str, Any], expected: tuple[Any, ...]) -> None:
    config = MinHashConfig(**given)
    assert (config.shingle, config.ngram, config.bands, config.rows) == expected


def test_a_preset_and_its_settings_written_out_are_one() -> None:
    written = {"shingle": "characters", "ngram": 24, "bands": 20, "rows": 13}
    one, other = MinHashConfig(preset="curator"), MinHashConfig(**written)
    assert fingerprint(stage_identity(STAGE, one)) == fingerprint(stage_identity(STAGE, other))
    assert written.items() <= stage_identity(STAGE, one)["config"].items()
    assert fingerprint(stage_identity(STAGE, MinHashConfig())) != fingerprint(stage_identity(STAGE, one))


def test_a_worker_gets_the_settings_of_the_preset() -> None:
    config = MinHashConfig(preset="dolma3", rows=7)
    assert bind(*described(STAGE, config)[:2]) == (STAGE, config)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preset": "refinedweb"}, "key 'preset': Input should be 'fineweb', 'curator' or 'dolma3'"),
        ({"preset": ["curator"]}, "key 'preset'"),
        ({"shingle": "characters"}, "shingle: characters needs ngram beside it.*24 characters"),
        ({"preset": "curator", "shingle": "words"}, "shingle: words needs ngram beside it.*5 words"),
        ({"shingle": "characters", "ngram": 1}, "ngram: one character .* at least 2"),
        ({"shingle": "lines"}, "key 'shingle': Input should be 'words' or 'characters'"),
        ({"similarity": "cosine"}, "key 'similarity': Input should be 'jaccard' or 'containment'"),
        ({"preset": "curator", "ngram": 65}, "key 'ngram'"),
        ({"presets": "curator"}, "unknown key 'presets'; known keys: .*preset, shingle"),
    ],
)
def test_bad_settings_are_named_when_the_recipe_is_read(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        configured("dedup.minhash", given, "stages")


def test_settings_that_are_no_mapping_are_an_error_too() -> None:
    with pytest.raises(ValidationError):
        MinHashConfig.model_validate([])
