"""Archives with known faults: what becomes of every record in them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from curation_lib.core.contract import CAPTURE, conform
from curation_lib.core.stage import Context
from curation_lib.normalize.html import STAGE as NORMALIZE
from curation_lib.sources.warc import STAGE, WarcConfig


class Outcome(NamedTuple):
    delimited: int
    """Records that the file delimits, of any kind."""
    skipped: int
    kept: int = 0
    dropped: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()


NO_SIZE = "no record length up to max_document_bytes 20971520: {!r}"
EXPECTED = {
    "bad.arc": Outcome(4, 1, quarantined=(NO_SIZE.format("-1"), "truncated: 0 of 1 bytes", NO_SIZE.format("abc"))),
    "example-bad-non-chunked.warc.gz": Outcome(6, 5, 1),
    "example-bad.warc.gz.bad": Outcome(6, 4, 1, ("http_status",)),
    "example-digest.warc": Outcome(4, 4),
    "example-iana.org-chunked.warc": Outcome(3, 2, 1),
    "example-resource.warc.gz": Outcome(3, 3),
    "example-space-in-target-uri.warc.gz": Outcome(2, 2),
    "example-space-in-url.arc": Outcome(2, 1, quarantined=("truncated: 1271 of 1283 bytes",)),
    # the response's length is two bytes short, so that its gzip body and what follows are cut
    "example-trunc.warc": Outcome(
        4,
        3,
        quarantined=("Content-Encoding gzip: the body is cut off", "Invalid WARC header; resumed at 2566"),
    ),
    "example-wget-bad-target-uri.warc.gz": Outcome(6, 5, 1),
    "example-wrong-chunks.warc.gz": Outcome(2, 1, 1),
    "example.arc": Outcome(2, 1, 1),
    "example.arc.gz": Outcome(2, 1, 1),
    "example.warc": Outcome(6, 5, 1),
    "example.warc.gz": Outcome(6, 5, 1),
    "post-test.warc.gz": Outcome(6, 3, 0, ("media_type",) * 3),
}
REGIONS = {"example-trunc.warc": 1}
"""Quarantine rows that are a region between records, not a record."""


def outcome(path: Path) -> Outcome:
    config, settings = WarcConfig(source="s", paths=[str(path)]), NORMALIZE.config(identify_language=False)
    [shard] = STAGE.shards(config)
    delimited = skipped = kept = 0
    dropped: list[str] = []
    quarantined: list[str] = []
    for part in STAGE.read(shard, config):
        skipped += part.skipped
        quarantined += [u.error for u in part.unread]
        delimited += part.skipped + len(part.unread)
        if part.captures is not None:
            delimited += part.captures.num_rows
            result = NORMALIZE.fn(conform(part.captures, CAPTURE, path.name), settings, Context())
            kept += result.kept.num_rows
            dropped += [d.rule for d in result.drops]
            quarantined += [b.error for b in result.bad]
    delimited -= REGIONS.get(path.name, 0)
    return Outcome(delimited, skipped, kept, tuple(dropped), tuple(quarantined))


@pytest.mark.parametrize("name", EXPECTED)
def test_every_record_has_the_expected_outcome(data: Path, name: str) -> None:
    assert outcome(data / "warc" / "malformed" / name) == EXPECTED[name]


def test_the_table_covers_the_folder(data: Path) -> None:
    assert {p.name for p in (data / "warc" / "malformed").iterdir()} == set(EXPECTED)
