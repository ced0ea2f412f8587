"""A model's file that changes is a new model, to the fingerprint and to every process that has loaded the old one."""

from __future__ import annotations

from pathlib import Path

import pyarrow.dataset as ds
import pytest

from curation_lib.core.errors import ContractError
from curation_lib.core.registry import find
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.single import run_stage
from curation_lib.runner.work import described, model
from tests.runner.corpora import write_jsonl

NAME = "filters.url_blocklist"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_list_edited_in_place_is_read_again(tmp_path: Path, workers: int) -> None:
    rows = [{"id": host, "url": f"https://{host}.example/", "text": "text"} for host in ("a", "b")]
    docs = [str(write_jsonl(tmp_path / f"docs-{n}.jsonl", rows)) for n in range(2)]
    blocked = tmp_path / "blocked.txt"
    scheduler = LocalScheduler(workers)
    for number, host in enumerate(["a", "b"]):
        blocked.write_text(f"{host}.example\n")
        out = tmp_path / f"out-{number}"
        run_stage(NAME, docs, str(out), {"lists": {"mine": str(blocked)}}, scheduler)
        dropped = ds.dataset([str(f) for f in (out / "ledger").glob("drops-*")]).to_table()["source_id"].to_pylist()
        assert dropped == [host, host]


def test_a_worker_with_another_file_than_the_build_saw_stops(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked.txt"
    blocked.write_text("a.example\n")
    stage = find(NAME)
    name, settings, seen = described(stage, stage.config.model_validate({"lists": {"mine": str(blocked)}}))
    model(name, settings, seen)
    blocked.write_text("other.example\n")
    with pytest.raises(ContractError, match=r"filters.url_blocklist: .*blocked.txt.* changed.*start the build again"):
        model(name, settings, "0" * 32)
