from __future__ import annotations

from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import Context
from curation_lib.mix.loading import Loaded
from curation_lib.mix.sample import DECISION, STAGE, key, phase_seed
from curation_lib.mix.settings import SampleConfig
from curation_lib.mix.weights import Weight
from curation_lib.text.records import canonical, plain, record_of
from curation_lib.text.tokenizers.byte_counts import ByteCounts
from tests.mix.allocation import allocate

SOURCES, LANGUAGES = ["web", "wiki", "books"], ["en", "de", None]
WEIGHTS = (
    Weight(source="w*", language="en", weight=3),
    Weight(source="books", weight=0),
    Weight(source="wiki", weight=1),
)
CORPUS = st.lists(
    st.tuples(st.sampled_from(SOURCES), st.sampled_from(LANGUAGES), st.integers(0, 60)),
    min_size=1,
    max_size=40,
)
GOLDEN = {"pretrain": [0, 2], "midtrain": [1, 3], "posttrain": [1, 4]}
"""Numbers of the two documents that each phase draws out of five under seed 7."""
SETTINGS = {
    "default_weight": st.sampled_from([0.0, 0.5]),
    "token_budget": st.one_of(st.none(), st.integers(1, 600)),
    "max_epochs": st.sampled_from([0.5, 1.0, 1.5, 4.0]),
    "seed": st.integers(0, 3),
}


def rows_of(corpus):
    return [
        {"doc_id": f"{i:032x}", "source": source, "language": language, "text": "x" * size}
        for i, (source, language, size) in enumerate(corpus)
    ]


def tokens_of(row):
    return -(-len(row["text"]) // 4)


class Entry:
    """Documents of an entry by bucket, in order of their draw, and how often each was taken."""

    def __init__(self, rows):
        buckets = defaultdict(list)
        for row in rows:
            buckets[row["source"], row["language"] or "und"].append(row)
        self.buckets = [buckets[name] for name in sorted(buckets)]
        self.held = sum(tokens_of(row) for row in rows)
        self.copies, self.taken, self.spent = dict.fromkeys((row["doc_id"] for row in rows), 0), set(), 0

    def take(self, row):
        self.copies[row["doc_id"]] += 1
        self.taken.add(row["doc_id"])
        self.spent += tokens_of(row)

    def next_of(self, bucket):
        return next((row for row in bucket if row["doc_id"] not in self.taken), None)

    def begin(self, aim):
        whole, rest = divmod(aim, self.held) if self.held else (0, 0)
        self.copies = dict.fromkeys(self.copies, whole)
        self.spent = whole * self.held
        passed = 0
        for bucket in self.buckets if rest else []:
            passed += sum(tokens_of(row) for row in bucket)
            while (row := self.next_of(bucket)) and self.spent + tokens_of(
                row
            ) <= aim - rest + rest * passed // self.held:
                self.take(row)
        if rest:
            self.sweep(aim)

    def sweep(self, limit):
        for bucket in self.buckets:
            while (row := self.next_of(bucket)) and self.spent + tokens_of(row) <= limit:
                self.take(row)

    def more(self, offer):
        """Tokens that could be placed of an offer."""
        before, limit = self.spent, self.spent + offer
        while offer:
            seen = self.spent
            self.sweep(limit)
            if len(self.taken) == len(self.copies):
                self.taken = set()
            if self.spent in (seen, limit):
                return self.spent - before
        return 0


def in_plain_python(rows, config):
    """doc_id -> copies, one document at a time."""

    def entry(row):
        language = row["language"] or "und"
        if row["source"] in ("web", "wiki") and language == "en":
            return 0
        return {"books": 1, "wiki": 2}.get(row["source"], 3)

    seed = xxhash.xxh3_64_intdigest(config.phase.encode(), config.seed)
    queue = sorted(rows, key=lambda r: (xxhash.xxh3_64_intdigest(r["doc_id"].encode(), seed), r["doc_id"]))
    entries = [Entry([row for row in queue if entry(row) == i]) for i in range(4)]
    weights = [3, 0, 1, config.default_weight]
    held = [one.held for one in entries]
    epochs = config.max_epochs if config.token_budget else min(1, config.max_epochs)
    rooms = [int(epochs * one) if weight else 0 for one, weight in zip(held, weights, strict=True)]
    aims = allocate(held, weights, config.token_budget, config.max_epochs)
    for one, aim in zip(entries, aims, strict=True):
        one.begin(aim)

    def left():
        return min(config.token_budget or 10**9, sum(rooms)) - sum(one.spent for one in entries)

    able = [i for i in range(4) if aims[i]]
    while able and left():
        offers = allocate([rooms[i] - entries[i].spent for i in able], [aims[i] for i in able], left(), 1)
        able = [i for i, offer in zip(able, offers, strict=True) if entries[i].more(offer)]
    for i in range(4):
        entries[i].more(min(left(), rooms[i] - entries[i].spent))
    return {doc: count for one in entries for doc, count in one.copies.items()}


def copies_in(results):
    return Counter(doc for result in results for doc in result.kept.column("doc_id").to_pylist())


@settings(max_examples=60)
@given(CORPUS, st.fixed_dictionaries(SETTINGS), st.integers(1, 3))
def test_equals_plain_python(documents, run_group, corpus, chosen, shards):
    config = SampleConfig(phase="pretrain", weights=WEIGHTS, **chosen)
    rows = rows_of(corpus)
    results = run_group(STAGE, config, [documents(rows[i::shards]) for i in range(shards)])
    expected = in_plain_python(rows, config)
    assert copies_in(results) == Counter({doc: count for doc, count in expected.items() if count})


@settings(max_examples=60)
@given(CORPUS, st.fixed_dictionaries(SETTINGS))
def test_counts_add_up_and_no_limit_is_passed(documents, run_group, corpus, chosen):
    config = SampleConfig(phase="midtrain", weights=WEIGHTS, **chosen)
    rows = rows_of(corpus)
    (result,) = run_group(STAGE, config, [documents(rows)])
    copies = copies_in([result])
    assert len(rows) + result.created == result.kept.num_rows + len(result.drops)
    assert sorted(drop.row for drop in result.drops) == [i for i, row in enumerate(rows) if not copies[row["doc_id"]]]
    assert sum(count * tokens_of(row) for row in rows for count in [copies[row["doc_id"]]]) <= (
        config.token_budget or 10**9
    )
    assert all(count <= -(-config.max_epochs // 1) for count in copies.values())
    for drop in result.drops:
        books = rows[drop.row]["source"] == "books"
        other = rows[drop.row]["source"] == "web" and rows[drop.row]["language"] != "en"
        excluded = books or (other and not config.default_weight)
        assert drop.rule == ("weight_zero" if excluded else "not_sampled")
        assert (drop.score == drop.threshold == 0) if excluded else (0 <= drop.threshold <= drop.score < 1)


@settings(max_examples=30)
@given(CORPUS, st.fixed_dictionaries(SETTINGS), st.randoms())
def test_the_mix_does_not_depend_on_shards_or_their_order(documents, run_group, corpus, chosen, random):
    config = SampleConfig(phase="midtrain", weights=WEIGHTS, **chosen)
    rows = rows_of(corpus)
    once = copies_in(run_group(STAGE, config, [documents(rows)]))
    random.shuffle(rows)
    assert copies_in(run_group(STAGE, config, [documents(rows[:7]), documents([]), documents(rows[7:])])) == once


def test_chosen_documents_by_hand(documents, run_group):
    """Five documents of 10 tokens, room for 23: the two with the smallest xxh3-64 under the phase's seed."""
    rows = rows_of([("web", "en", 40)] * 5)
    config = SampleConfig(phase="pretrain", default_weight=1, token_budget=23, seed=7)
    (result,) = run_group(STAGE, config, [documents(rows)])
    seed = xxhash.xxh3_64_intdigest(b"pretrain", 7)
    drawn = sorted(range(5), key=lambda i: xxhash.xxh3_64_intdigest(b"%032x" % i, seed))
    assert [int(doc, 16) for doc in copies_in([result])] == GOLDEN["pretrain"] == sorted(drawn[:2])
    assert [(drop.row, drop.rule) for drop in result.drops] == [(i, "not_sampled") for i in sorted(drawn[2:])]
    assert {drop.threshold for drop in result.drops} == {min(drop.score for drop in result.drops)}


def test_weights_by_metadata_are_weights_by_kind(documents, run_group):
    """Sixty documents of ten tokens in three topics: 3 to 1 to nothing, whatever their shards."""
    rows = rows_of([("web", "en", 40)] * 60)
    topics = ["law", "games", None]
    for i, row in enumerate(rows):
        row["metadata"] = [("row", str(i))] + ([("topic", topics[i % 3])] if topics[i % 3] else [])
    weights = (Weight(metadata={"topic": "law"}, weight=3), Weight(metadata={"topic": "g*"}, weight=1))
    config = SampleConfig(phase="midtrain", weights=weights, token_budget=200)
    once = copies_in(run_group(STAGE, config, [documents(rows)]))
    assert Counter(topics[int(doc, 16) % 3] for doc in once) == {"law": 15, "games": 5}
    assert copies_in(run_group(STAGE, config, [documents(rows[31:]), documents(rows[:31])])) == once


def test_phases_with_one_seed_draw_apart(documents, run_group):
    made = [record_of({"prompt": f"What of {n}?", "answer": "No more words."}) for n in range(5)]
    rows = [
        {**row, "text": plain(one), "format": "chat", "metadata": [("record", canonical(one))]}
        for row, one in zip(rows_of([("web", "en", 40)] * 5), made, strict=True)
    ]
    assert {tokens_of(row) for row in rows} == {11}
    for phase, chosen in GOLDEN.items():
        config = SampleConfig(phase=phase, default_weight=1, token_budget=23, seed=7)
        assert [int(doc, 16) for doc in copies_in(run_group(STAGE, config, [documents(rows)]))] == chosen
    assert len({phase_seed(SampleConfig(phase=p, default_weight=1)) for p in GOLDEN}) == 3


def test_copies_stand_side_by_side_and_are_whole_documents(documents, run_group):
    batch = documents(rows_of([("web", "en", 8), ("wiki", "de", 8), ("books", "en", 8), ("web", "en", 8)]))
    config = SampleConfig(
        phase="midtrain",
        weights=(Weight(source="web", weight=1), Weight(source="wiki", weight=1)),
        token_budget=1000,
        max_epochs=3,
    )
    (result,) = run_group(STAGE, config, [batch])
    assert result.kept == batch.take(pa.array([0, 0, 0, 1, 1, 1, 3, 3, 3]))
    assert result.kept.schema == DOCUMENT
    assert result.created == 6
    assert [(drop.row, drop.rule) for drop in result.drops] == [(2, "weight_zero")]


def test_what_an_entry_cannot_fill_goes_to_the_others(documents, run_group):
    rows = rows_of([("wiki", "en", 40)] * 2 + [("web", "en", 40)] * 50)
    config = SampleConfig(
        phase="pretrain",
        weights=(Weight(source="wiki", weight=1), Weight(source="web", weight=1)),
        token_budget=300,
        max_epochs=2,
    )
    copies = copies_in(run_group(STAGE, config, [documents(rows)]))
    assert [copies[row["doc_id"]] for row in rows[:2]] == [2, 2]
    assert sum(copies[row["doc_id"]] for row in rows[2:]) == 26


def test_without_a_budget_everything_weighted_stays_once(documents, run_group):
    batch = documents(rows_of([("web", "en", 9), ("books", "en", 9), ("wiki", None, 9)]))
    (result,) = run_group(STAGE, SampleConfig(phase="pretrain", weights=WEIGHTS, max_epochs=4), [batch])
    assert result.kept == batch.take(pa.array([0, 2]))


@given(CORPUS, st.integers(0, 40))
def test_key_of_a_split_batch_is_the_key_of_the_whole(documents, corpus, cut):
    config = SampleConfig(phase="pretrain", default_weight=1)
    batch = documents(rows_of(corpus))
    whole = key(batch, config, Context(Loaded(ByteCounts()))).drop_columns("row")
    halves = [
        key(part, config, Context(Loaded(ByteCounts()))).drop_columns("row")
        for part in (batch.slice(0, cut), batch.slice(cut))
    ]
    assert pa.Table.from_batches(halves).combine_chunks() == pa.Table.from_batches([whole])


def test_a_bucket_lies_in_one_partition_and_no_language_is_und(documents):
    batch = documents(rows_of([("web", None, 1), ("web", "und", 1), ("web", "en", 1), ("we", "ben", 1)]))
    keys = (
        key(batch, SampleConfig(phase="pretrain", default_weight=1), Context(Loaded(ByteCounts())))
        .column("partition_key")
        .to_pylist()
    )
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_no_documents_give_an_empty_decision(documents, run_group):
    config = SampleConfig(phase="pretrain", default_weight=1, token_budget=10)
    (result,) = run_group(STAGE, config, [documents([])])
    assert result.kept.num_rows == 0
    assert not result.drops
    assert STAGE.decide([], lambda shard, rows: documents([]), config) == DECISION.empty_table()


def test_decide_reads_partitions_that_were_stored(documents, tmp_path):
    """Partition tables may come back from Parquet, and in other hands than they were made in."""
    rows = rows_of([(s, lang, 4 * n) for n, s in enumerate(SOURCES * 8) for lang in LANGUAGES])
    config = SampleConfig(phase="pretrain", default_weight=1, token_budget=400)
    keyed = pa.Table.from_batches([key(documents(rows), config, Context(Loaded(ByteCounts())))])
    table = STAGE.partition(keyed.append_column("shard", pa.array([0] * len(rows), pa.uint32())), config)
    pq.write_table(table, tmp_path / "p.parquet", row_group_size=10)
    pq.write_table(table, tmp_path / "q.parquet", row_group_size=10, store_schema=False)
    stored = [pq.read_table(tmp_path / name) for name in ("p.parquet", "q.parquet")]
    answers = [STAGE.decide([t], lambda shard, rows: documents([]), config) for t in (table, *stored)]
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": ()},
        {"weights": [{"source": "web", "weight": 0}]},
        {"default_weight": 1, "token_budget": 0},
        {"default_weight": 1, "max_epochs": 0},
        {"default_weight": 1, "tokenizer": "words"},
        {"weights": [{"sources": "web", "weight": 1}]},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        SampleConfig(phase="pretrain", **wrong)
