"""Books that do not balance stop a build."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from curation_lib.core.errors import ContractError
from curation_lib.core.stage import LINKS, Bad, Result, Unread
from curation_lib.core.taken import Drop, Edit
from curation_lib.runner.books import Books
from tests.filters.judging import documents

BATCH = documents("one", "two", "drei", "vier")


def booked(result: Result, batch: pa.RecordBatch = BATCH) -> Books:
    books = Books(rows_in=batch.num_rows)
    books.apply("filters.test", batch, result)
    books.keep(result.kept)
    return books


def test_balanced() -> None:
    result = Result(
        BATCH.slice(0, 2), [Drop(2, "short", 1.5, 2.0, ("long",), "twin")], [Edit(0, "cut", 1, 3)], [Bad(3, "torn")]
    )
    books = booked(result)
    counts = books.counts()
    assert (counts["rows_in"], counts["kept"], counts["edited"]) == (4, 2, 1)
    assert counts["dropped"] == {"filters.test.short": 1}
    assert counts["quarantined"] == {"filters.test: torn": 1}
    (drop,) = [row for rows in books.drops for row in rows.to_pylist()]
    assert (drop["doc_id"], drop["rule"], drop["score"], drop["threshold"]) == ("2", "short", 1.5, 2.0)
    assert (drop["also_failed"], drop["kept_twin"]) == (["long"], "twin")
    assert books.quarantine[0][1]["bytes_head"] == b"vier"
    assert [(e["start"], e["end"]) for b in books.edits for e in b.to_pylist()] == [(1, 3)]


def test_links_of_dropped_rows_are_booked_with_their_documents() -> None:
    links = pa.record_batch([[3, 3, 2], ["a", "b", "a"], [0.9, 0.8, None]], schema=LINKS)
    books = booked(Result(BATCH.slice(0, 2), [Drop(2, "near", 0.8, 0.7), Drop(3, "near", 0.9, 0.7)], links=links))
    rows = [row for batch in books.edges for row in batch.to_pylist()]
    assert [(r["doc_id"], r["source_id"], r["twin"], r["similarity"], r["stage"]) for r in rows] == [
        ("3", "3", "a", 0.9, "filters.test"),
        ("3", "3", "b", 0.8, "filters.test"),
        ("2", "2", "a", None, "filters.test"),
    ]


@pytest.mark.parametrize(
    "result",
    [
        Result(BATCH.slice(0, 3)),
        Result(BATCH, [Drop(0, "x", 0.0, 1.0)]),
        Result(BATCH.slice(0, 3), bad=[Bad(3, "x"), Bad(2, "x")]),
        Result(BATCH, created=1),
    ],
    ids=["lost", "dropped and kept", "twice in quarantine", "created nothing"],
)
def test_unbalanced_results_name_the_stage(result: Result) -> None:
    with pytest.raises(ContractError, match=r"^filters\.test: 4 rows in"):
        booked(result)


@pytest.mark.parametrize(
    ("score", "threshold", "named"),
    [(None, 1.0, "score None"), (float("nan"), 1.0, "score nan"), (0.0, None, "threshold None")],
)
def test_a_drop_without_its_numbers_stops_the_build(score: Any, threshold: Any, named: str) -> None:
    with pytest.raises(ContractError, match=rf"^filters\.test\.short: {named} for dropped document 3"):
        booked(Result(BATCH.slice(0, 3), [Drop(3, "short", score, threshold)]))


def test_created_rows_count() -> None:
    twice = pa.concat_batches([BATCH, BATCH])
    assert booked(Result(twice, created=4)).counts()["created"] == 4


def test_rows_that_no_stage_accounts_for_are_found_at_the_end() -> None:
    books = booked(Result(BATCH))
    books.rows_in += 1
    with pytest.raises(ContractError, match="a stage lost rows"):
        books.counts()


def test_unread_regions_are_rows_in() -> None:
    books = Books(source="s")
    books.unread([Unread("f#1", "not JSON: x", b"{" * 100), Unread("f#2", "not JSON: y")])
    assert books.counts()["quarantined"] == {"not JSON": 2}
    assert books.quarantine[0][1] == {"source": "s", "locator": "f#1", "error": "not JSON: x", "bytes_head": b"{" * 64}


def test_declared_rules_that_never_fired_count_zero() -> None:
    books = booked(Result(BATCH))
    books.declare(["filters.test.short"])
    assert books.counts()["dropped"] == {"filters.test.short": 0}


def test_two_filters_may_have_rules_of_the_same_name() -> None:
    books = Books(rows_in=2)
    for number, name in enumerate(("filters.a", "filters.b")):
        taken = BATCH.slice(number, 1)
        books.apply(name, taken, Result(taken.slice(0, 0), [Drop(0, "short", 0.0, 1.0)]))
    assert books.counts()["dropped"] == {"filters.a.short": 1, "filters.b.short": 1}


def test_no_book_shows_where_a_batch_ended() -> None:
    whole, halves = Books(rows_in=4), Books(rows_in=4)
    chain("b", "a", BATCH, whole)
    for half in (BATCH.slice(0, 2), BATCH.slice(2)):
        halves.unread([Unread(f"f#{half.column('source_id')[0]}", "not JSON")])
        chain("b", "a", half, halves)
    whole.unread([Unread("f#0", "not JSON"), Unread("f#2", "not JSON")])
    for (kind, one, schema), (_, two, _) in zip(whole.ledgers(), halves.ledgers(), strict=True):
        rows = pa.Table.from_batches(one, schema).to_pylist()
        assert rows == pa.Table.from_batches(two, schema).to_pylist()
        assert len(rows) == {"drops": 4, "edits": 4, "edges": 4, "quarantine": 4}[kind]
    assert [row["stage"] for batch in whole.ledgers()[1][1] for row in batch.to_pylist()] == ["a", "a", "b", "b"]


def chain(first: str, second: str, batch: pa.RecordBatch, books: Books) -> None:
    """Two stages, each of which drops, edits and links the first row; the second rejects the last one, too."""
    for stage in (first, second):
        links = pa.record_batch([[0], ["twin"], [0.9]], schema=LINKS)
        bad = [Bad(1, "torn")] if stage == second else []
        kept = batch.slice(1, 1 - len(bad))
        books.apply(
            stage, batch.slice(0, 2), Result(kept, [Drop(0, "x", 0.0, 1.0)], [Edit(0, "cut", 0, 1)], bad, 0, links)
        )
        if batch.num_rows > 2:
            kept = batch.slice(3, 1 - len(bad))
            books.apply(
                stage, batch.slice(2), Result(kept, [Drop(0, "x", 0.0, 1.0)], [Edit(0, "cut", 0, 1)], bad, 0, links)
            )
