from __future__ import annotations

import pytest
from pydantic import ValidationError

from curation_lib.core.config import StageConfig, keep, locate, measure


class Example(StageConfig):
    plain: int = 1
    counted: int = measure(2, ge=0)
    limit: float = keep(0.5)
    paths: list[str] = locate(["a"])


def test_each_field_has_one_role() -> None:
    assert {name: Example.role(name) for name in Example.model_fields} == {
        "plain": "output",
        "counted": "measure",
        "limit": "keep",
        "paths": "locate",
    }


def test_only_takes_the_roles_asked_for_in_declared_order() -> None:
    config = Example(paths=["b"])
    assert config.only("keep", "output") == {"plain": 1, "limit": 0.5}
    assert list(config.only("locate", "measure")) == ["counted", "paths"]


def test_settings_within_settings_leave_their_places_out() -> None:
    class Several(StageConfig):
        parts: tuple[Example, ...] = measure()

    one, two = (Several(parts=(Example(paths=[path]), Example(counted=3))) for path in "bc")
    assert one.only("measure") == two.only("measure")
    assert one.only("measure")["parts"][1] == {"plain": 1, "counted": 3, "limit": 0.5}
    assert one.only("measure", "locate")["parts"][0]["paths"] == ["b"]


@pytest.mark.parametrize("wrong", [{"plane": 1}, {"counted": -1}, {"limit": "high"}])
def test_unknown_and_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate(wrong)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Example().plain = 2  # type: ignore[misc]
