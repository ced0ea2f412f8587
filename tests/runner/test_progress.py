"""What the terminal says while work is done."""

from __future__ import annotations

import pytest

from curation_lib import terminal


def test_parts_are_shards_and_trainings_are_runs(capsys: pytest.CaptureFixture[str]) -> None:
    report = terminal.progress()
    report("filters.length", "measure", 3, 3)
    report("trunk", "train", 1, 1)
    assert capsys.readouterr().err.splitlines() == [
        "  filters.length: measure 3/3 shards",
        "  trunk: train 1/1 runs",
    ]
