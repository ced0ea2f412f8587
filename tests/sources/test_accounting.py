"""Every response record of real archives is a document, a drop or a quarantine row, by another reader's count."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from curation_lib.core.stage import Context
from curation_lib.normalize.html import STAGE as NORMALIZE
from curation_lib.sources.warc import STAGE, WarcConfig
from tests.sources.archives import read

RECORDS = {"response", "conversion"}


def counted(path: Path) -> Counter[bool]:
    """How many records of `path` hold a document, and how many do not, as warcio sees them."""
    with path.open("rb") as f:
        return Counter(r.rec_type in RECORDS for r in ArchiveIterator(f, no_record_parse=True))


def booked(path: Path) -> Counter[str]:
    """What became of the records: skipped, document, dropped, quarantined."""
    config, settings = (
        WarcConfig(source="s", paths=[str(path)]),
        NORMALIZE.config(identify_language=False, main_content=False),
    )
    [shard] = STAGE.shards(config)
    books: Counter[str] = Counter()
    for part in STAGE.read(shard, config):
        books.update(skipped=part.skipped, quarantined=len(part.unread))
        if part.captures is not None:
            result = NORMALIZE.fn(part.captures, settings, Context())
            books.update(document=result.kept.num_rows, dropped=len(result.drops), quarantined=len(result.bad))
    return books


def test_responses_in_are_documents_drops_and_quarantine_rows_out(data: Path) -> None:
    files = [p for p in sorted((data / "warc").iterdir()) if p.is_file()]
    assert len(files) >= 19
    total: Counter[str] = Counter()
    for path in files:
        books, expected = booked(path), counted(path)
        assert books["document"] + books["dropped"] + books["quarantined"] == expected[True], path.name
        assert books["skipped"] == expected[False], path.name
        total += books
    assert min(total[kind] for kind in ("document", "dropped", "quarantined", "skipped")) > 0


@pytest.mark.parametrize("name", ["example.warc", "example.arc.gz", "post-test.warc.gz", "example-digest.warc"])
def test_sound_archives_among_the_malformed(data: Path, name: str) -> None:
    path = data / "warc" / "malformed" / name
    found, expected = read("warc", path), counted(path)
    assert (len(found.rows), found.skipped, found.unread) == (expected[True], expected[False], [])
