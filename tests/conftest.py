"""Where real data and the language model are found; a test that needs them skips with a reason without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from curation_lib.core.errors import ConfigError
from curation_lib.text.language import model_path

ROOT = Path(__file__).resolve().parents[1]
# How long an example takes says how busy the machine is; what has to be fast has a benchmark.
settings.register_profile("winnow", deadline=None)
settings.load_profile("winnow")


def _missing(reason: str) -> None:
    """Skip; fail where WINNOW_REQUIRE_DATA says that nothing may be skipped for want of data."""
    if os.environ.get("WINNOW_REQUIRE_DATA") == "1":
        pytest.fail(f"{reason}, and WINNOW_REQUIRE_DATA=1 forbids skipping")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data with ground truth."""
    folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        _missing(f"no test data at {folder}; set WINNOW_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def language_model() -> str:
    """Path of lid.176.ftz: from the cache, else from the folder of real data."""
    try:
        return model_path("lid.176.ftz")
    except ConfigError as e:
        folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
        path = folder / "models" / "lid176" / "lid.176.ftz"
        if not path.is_file():
            _missing(str(e))
        return str(path)
