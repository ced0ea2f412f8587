"""All scores of a document come from one reading of it: heuristics, density, perplexity, coherence and a classifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fasttext
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation_lib.runner import filter_step, shard
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.parts import read_batches
from curation_lib.runner.single import run_stage
from curation_lib.runner.store import Store
from curation_lib.training.perplexity import PerplexityTraining, train_perplexity
from tests.filters.judging import documents
from tests.runner.corpora import prose, write_jsonl

SHARDS = 3


def settings(folder: Path) -> dict[str, dict[str, Any]]:
    lines = folder / "lines.txt"
    lines.write_text(
        "".join(f"__label__{'good' if n % 2 else 'bad'} {prose(n).replace(chr(10), ' ')}\n" for n in range(9))
    )
    model = fasttext.train_supervised(str(lines), dim=8, epoch=3, thread=1, seed=1, verbose=0, minCount=1)
    model.save_model(str(folder / "m.bin"))
    training = PerplexityTraining(order=2, prune=(0,), held_out=0)
    train_perplexity([documents(*map(prose, range(9)))], folder / "ngrams", "tiny", "unknown", training)
    return {
        **{name: {} for name in ("gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality", "coherence")},
        "density": {"keep_top_percent": 90},
        "perplexity": {"models": {"*": str(folder / "ngrams"), "unknown": str(folder / "ngrams")},
                       "max_perplexity_percentile": 90},
        "classifier": {"model": str(folder / "m.bin"), "label": "good", "keep_top_percent": 90},
    }  # fmt: skip


def test_documents_are_read_once_to_measure_and_once_to_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Counter[str] = Counter()

    def counted(store: Store, key: str, rows: int) -> Iterator[pa.RecordBatch]:
        read[key] += 1
        return read_batches(store, key, rows)

    monkeypatch.setattr(shard, "read_batches", counted)
    monkeypatch.setattr(filter_step, "read_batches", counted)
    for n in range(SHARDS):
        write_jsonl(tmp_path / "in" / f"{n}.jsonl", [{"id": f"{n}-{k}", "text": prose(9 * n + k)} for k in range(9)])
    told = settings(tmp_path)
    names = [f"filters.{name}" for name in told]
    run_stage(",".join(names), [str(tmp_path / "in")], str(tmp_path / "out"), {"filters": told}, LocalScheduler(1))
    texts = {key: count for key, count in read.items() if not key.startswith("scores/")}
    assert len(texts) == SHARDS
    assert set(texts.values()) == {2}
    for name in names:  # so all of them were measured in those readings
        files = sorted((tmp_path / "out" / "scores" / name).glob("*.parquet"))
        assert sum(pq.read_metadata(file).num_rows for file in files) == 9 * SHARDS, name
