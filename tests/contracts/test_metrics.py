"""The numbers are exact, also for nothing at all, and unknown rather than wrong."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from curation_lib.contracts.columns import LANGUAGES, METRICS, RULES, SOURCES
from curation_lib.contracts.metrics import dataset_metrics
from curation_lib.core.errors import StoreError

COUNTS = {
    "rows_in": 10,
    "kept": 4,
    "dropped": {"short": 3, "long": 0},
    "quarantined": {"bad": 2},
    "skipped": 1,
    "created": 0,
}


def one(frame: pd.DataFrame) -> dict[str, object]:
    (row,) = frame.to_dict("records")
    return row


def test_every_metric_of_a_small_dataset(write, document):
    same = document(0)
    parts = [
        write([same, document(1, text="é ", language="fr", license="unknown", language_score=0.25)]),
        write([same, document(2, source="books", text=" \n\t", language=None, opt_out="robots")]),
    ]
    frames = dataset_metrics(parts, COUNTS)
    row = one(frames["metrics"])
    assert row["rows"] == 4
    assert row["duplicate_ids"] == 1
    assert row["duplicate_texts"] == 1
    assert row["empty_text"] == 1
    assert row["null_language"] == 1
    assert row["null_text"] == row["null_doc_id"] == 0
    size = len(same["text"])
    assert row["text_bytes"] == 2 * size + 3 + 3
    assert row["text_bytes_mean"] == (2 * size + 6) / 4
    assert (row["text_bytes_min"], row["text_bytes_max"]) == (3, size)
    assert row["language_score_min"] == 0.25
    assert row["license_unknown_share"] == 0.25
    assert row["opt_out_rows"] == 1
    assert (row["share_en"], row["share_fr"], row["share_unknown"]) == (0.5, 0.25, 0.25)
    assert (row["dropped"], row["quarantined"], row["unaccounted"], row["kept_minus_rows"]) == (3, 2, 0, 0)
    assert row["drop_share"] == 0.3
    sources = frames["sources"].set_index("source")
    assert sources["rows"].to_dict() == {"books": 1, "web": 3}
    assert sources.loc["web", "license_unknown_share"] == pytest.approx(1 / 3)
    assert sources["empty_text"].to_dict() == {"books": 1, "web": 0}
    assert frames["languages"]["language"].tolist() == ["en", "fr", "unknown"]


def test_rules_show_shares_and_which_fired():
    rules = dataset_metrics([], COUNTS)["rules"]
    assert rules["rule"].tolist() == ["long", "short"]
    assert rules["share"].tolist() == [0.0, 0.3]
    assert rules["fired"].tolist() == [None, "short"]


@pytest.mark.parametrize("files", [0, 1])
def test_an_empty_dataset_still_has_a_row(write, files):
    frames = dataset_metrics([write([]) for _ in range(files)], {"rows_in": 0, "kept": 0})
    row = one(frames["metrics"])
    assert row["rows"] == row["text_bytes"] == row["duplicate_ids"] == 0
    assert math.isnan(row["text_bytes_mean"])
    assert math.isnan(row["unaccounted"])  # dropped, quarantined and skipped were not told
    for name, columns in {
        "metrics": METRICS,
        "sources": SOURCES,
        "languages": LANGUAGES,
        "rules": RULES,
    }.items():
        assert list(frames[name].columns) == list(columns)
    assert len(frames["sources"]) == len(frames["rules"]) == 0


def test_created_documents_and_lost_rows_show(write, document):
    part = write([document(n) for n in range(4)])
    told = {"rows_in": 2, "kept": 5, "dropped": 1, "quarantined": 0, "skipped": 0, "created": 3}
    row = one(dataset_metrics([part], told)["metrics"])
    assert row["unaccounted"] == -1
    assert row["kept_minus_rows"] == 1


def test_an_absent_column_is_unknown_and_not_zero(write):
    import pyarrow as pa

    schema = pa.schema([("source", pa.string()), ("text", pa.string())])
    row = one(dataset_metrics([write([{"source": "a", "text": "b"}], schema)], COUNTS)["metrics"])
    assert row["null_doc_id"] == 1
    assert pd.isna(row["duplicate_ids"])
    assert pd.isna(row["language_score_min"])


def test_a_damaged_part_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "part-0.parquet"
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(StoreError, match="part-0"):
        dataset_metrics([str(path)], COUNTS)


def test_parts_on_s3_give_the_same_numbers(write, s3, document):
    paths = [write([document(n)]) for n in range(3)]
    for path in paths:
        s3.put(path, f"bucket/it's{path.rsplit('-', 1)[1]}")
    remote = [f"bucket/it's{p.rsplit('-', 1)[1]}" for p in paths]
    ours, theirs = dataset_metrics(paths, COUNTS), dataset_metrics(remote, COUNTS, s3)
    for name, frame in ours.items():
        pd.testing.assert_frame_equal(frame, theirs[name])
