from __future__ import annotations

import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.core.registry import ROOMS, find, names


def test_every_stage_is_found_by_the_path_of_its_module() -> None:
    assert {name.partition(".")[0] for name in names()} <= set(ROOMS)
    for name in names():
        stage = find(name)
        assert stage.name == name
        assert stage.version >= 1
        assert stage.summary


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("sources.wrac", "sources.warc"), ("filter.gopher_quality", "filters.gopher_quality"), ("warc", "sources.warc")],
)
def test_a_wrong_name_is_told_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(ConfigError, match=f"no stage '{wrong}'; nearest: .*{near}"):
        find(wrong)


@pytest.mark.parametrize("wrong", ["", ".", "sources.", "sources.inputs", "core.config", "os.path"])
def test_modules_that_are_no_stages_are_no_stages(wrong: str) -> None:
    with pytest.raises(ConfigError, match="no stage"):
        find(wrong)
