from __future__ import annotations

import pytest
from pydantic import ValidationError

from curation_lib.core.stage import Context
from curation_lib.filters.language import STAGE
from tests.filters.judging import documents

BATCH = documents(*"abcd", language=["en", "de", "en", None], language_score=[0.99, 0.8, 0.5, None])


def failed(**settings: object) -> dict[str, list[bool]]:
    config = STAGE.config(**settings)
    rules = STAGE.keep(STAGE.measure(BATCH, config, Context()), config, Context())
    return {rule.name: rule.failed.to_pylist() for rule in rules}


def test_languages_wanted_come_before_how_sure() -> None:
    found = failed(languages=["en"])
    assert found == {
        "languages": [False, True, False, True],
        "min_language_score": [False, False, True, True],
    }
    assert list(found) == ["languages", "min_language_score"]
    config = STAGE.config(languages=["en"])
    rule = STAGE.keep(STAGE.measure(BATCH, config, Context()), config, Context())[0]
    assert (rule.score.to_pylist(), rule.threshold) == ([1.0, 0.0, 1.0, 0.0], 1.0)


def test_any_language() -> None:
    assert failed() == {"min_language_score": [False, False, True, True]}
    assert failed(min_language_score=None) == {}


def test_no_language_at_all_is_a_mistake() -> None:
    with pytest.raises(ValidationError):
        STAGE.config(languages=[])
