"""The incremental law: dedup of A, then of B against A, is dedup of A + B with A preferred. Bit for bit, for both
stages, whatever the policy, the split and the order; and what holds of releases that are not so tidy."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.dedup import exact, minhash, semantic, url
from curation_lib.dedup.exact import ExactConfig
from curation_lib.dedup.minhash import MinHashConfig
from curation_lib.dedup.semantic import SemanticConfig
from curation_lib.dedup.url import UrlConfig

STAGES = {
    "exact": (exact.STAGE, ExactConfig),
    "url": (url.STAGE, UrlConfig),
    "minhash": (minhash.STAGE, MinHashConfig),
    "semantic": (semantic.STAGE, SemanticConfig),
}
OPTIONS = {
    "exact": [{}],
    "url": [{}, {"ignore_scheme": False}],
    "semantic": [{}, {"threshold": 0.6}, {"threshold": 0.95}],
    "minhash": [{}, {"threshold": 0.5}, {"similarity": "containment"}, {"preset": "curator", "threshold": 0.8}],
}
Run = Callable[..., Any]
Documents = Callable[[Sequence[dict[str, Any]]], pa.RecordBatch]


def words(first: int, last: int) -> str:
    return " ".join(f"w{n}" for n in range(first, last))


@pytest.fixture(scope="module")
def pool(
    corpus: Callable[[str], pa.RecordBatch], labels: Callable[[str], list[Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Of each set, 160 documents that resemble another of them, as rows."""

    def resembling(name: str) -> list[dict[str, Any]]:
        text = dict(zip(*(corpus(name).column(c).to_pylist() for c in ("doc_id", "text")), strict=True))
        pairs = [p for p in labels(name) if p[2] >= 0.6 and max(len(text[p[0]]), len(text[p[1]])) < 8000]
        random.Random(5).shuffle(pairs)
        chosen = list(dict.fromkeys(doc for a, b, _ in pairs for doc in (a, b)))[:160]
        # Versions of one page have one URL, but for the scheme.
        page = [doc.partition("/")[0 if name == "perturbed-18f" else 2] for doc in chosen]
        urls = [f"http{'s' * (n % 2)}://x.example/{p}" for n, p in enumerate(page)]
        return [{"doc_id": doc, "text": text[doc], "url": url} for doc, url in zip(chosen, urls, strict=True)]

    return {name: resembling(name) for name in ("powershell-versions", "perturbed-18f")}


def mangled(rows: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Copies of documents beside them: the same, under another id, in capitals, with another text under their id."""
    texts = [row["text"] for row in rows]
    made = [
        {"same": row, "copied": {**row, "doc_id": f"{row['doc_id']}+"}, "shouted": {**row, "doc_id": f"{row['doc_id']}!", "text": row["text"].upper()}, "swapped": {**row, "text": rng.choice(texts)}}[kind]
        for row in rows
        for kind in rng.choices(["same", "copied", "shouted", "swapped"], k=rng.choice([0, 0, 0, 1, 2]))
    ]  # fmt: skip
    return [*rows, *made]


def dealt(
    rows: list[dict[str, Any]], crawls: int, rng: random.Random, sources: str = "a"
) -> list[list[dict[str, Any]]]:
    """Rows dealt to crawls at random, each crawl of its own source or sources."""
    dealt_: list[list[dict[str, Any]]] = [[] for _ in range(crawls)]
    for row in rng.sample(rows, len(rows)):
        n = rng.randrange(crawls)
        dealt_[n].append({**row, "source": f"{n}{rng.choice(sources)}"})
    return dealt_


def sharded(batch: pa.RecordBatch, rng: random.Random) -> list[list[pa.RecordBatch]]:
    """1 to 3 shards of batches of up to 50 rows."""
    edges = [0, *sorted(rng.choices(range(batch.num_rows + 1), k=rng.randrange(3))), batch.num_rows]
    cut = [batch.slice(a, b - a) for a, b in pairwise(edges)]
    size = rng.choice([1, 7, 50])
    return [[shard.slice(n, size) for n in range(0, shard.num_rows, size)] for shard in cut]


@pytest.mark.parametrize("name", ["powershell-versions", "perturbed-18f"])
@pytest.mark.parametrize("level", STAGES)
@settings(max_examples=40)
@given(
    st.integers(0, 2**32),
    st.integers(2, 4),
    st.sampled_from(["longest", "newest", "preferred_source", "smallest_id"]),
    st.data(),
    st.sampled_from(["a", "ab"]),
)
def test_one_crawl_after_the_other_is_all_at_once(
    name: str,
    level: str,
    run: Run,
    documents: Documents,
    pool: Any,
    seed: int,
    crawls: int,
    policy: str,
    options: st.DataObject,
    sources: str,
) -> None:
    """A crawl of one source needs no settings for it; of two, their order within the crawl is a setting of both ways."""
    stage, kind = STAGES[level]
    rng = random.Random(seed)
    order = [f"{n}{s}" for n in range(crawls) for s in sources]
    more = options.draw(st.sampled_from(OPTIONS[level]))
    all_at_once = kind(survivor=policy, preferred_sources=order, **more)
    apart = all_at_once
    if len(sources) == 1:
        apart = kind(survivor="smallest_id" if policy == "preferred_source" else policy, **more)
    shards = [
        sharded(documents(rows), rng) for rows in dealt(mangled(rng.sample(pool[name], 90), rng), crawls, rng, sources)
    ]
    one_by_one: list[Any] = []
    for mine in shards:
        one_by_one.append(run(stage, mine, apart, rng.randint(1, 5), [done.shards for done in one_by_one]))
    at_once = run(stage, [s for mine in shards for s in mine], all_at_once, rng.randint(1, 5))
    for what in ("kept", "drops", "links", "bad"):
        assert [x for done in one_by_one for x in getattr(done, what)] == getattr(at_once, what), what
    assert [s for done in one_by_one for s in done.shards] == at_once.shards
    assert {d.kept_twin for _, d in at_once.drops} <= set(at_once.kept)


def test_the_law_spoke_of_something(run: Run, documents: Documents, pool: Any) -> None:
    """In such crawls the second loses documents to the first by every rule."""
    rng = random.Random(1)
    first, second = dealt(mangled(pool["powershell-versions"], rng), 2, rng)
    for level, rules in (
        ("exact", {"duplicate_id", "duplicate_content"}),
        ("url", {"same_url"}),
        ("minhash", {"near_duplicate"}),
        ("semantic", {"semantic_duplicate"}),
    ):
        stage, kind = STAGES[level]
        a = run(stage, [[documents(first)]], kind())
        b = run(stage, [[documents(second)]], kind(), 4, [a.shards])
        lost = {d.rule for doc, d in b.drops if d.kept_twin in set(a.kept) - set(b.kept)}
        assert lost == rules
        assert len(b.kept) < len(run(stage, [[documents(second)]], kind()).kept)
        assert bool(b.bad) == (level == "exact")


@pytest.mark.parametrize("level", STAGES)
def test_a_release_stays_whole_and_names_the_first_that_holds_it(level: str, run: Run, documents: Documents) -> None:
    """Releases that repeat themselves and each other; a released text that is worse by the policy is kept all the same."""
    stage, kind = STAGES[level]

    def page(doc: str, n: int, text: str = "") -> dict[str, str]:
        return {"doc_id": doc, "url": f"https://x.example/{n}", "text": text or words(30 * n, 30 * n + 20)}

    older = documents([page("o2", 0), page("o1", 0), page("o3", 0)])
    newer = documents([page("n", 0), page("m", 1)])
    mine = documents([page("x", 0, f"  {words(0, 20)}"), page("y", 1), page("z", 2)])
    found = run(stage, [[mine]], kind(), 4, [[[older]], [[newer]]])
    assert found.kept == ["z"]
    assert {doc: d.kept_twin for doc, d in found.drops} == {"x": "o1", "y": "m"}
    turned = run(stage, [[mine]], kind(), 4, [[[newer]], [[older]]])
    assert {doc: d.kept_twin for doc, d in turned.drops} == {"x": "n", "y": "m"}


def test_released_ids_with_the_same_or_another_content(run: Run, documents: Documents) -> None:
    release = documents([{"doc_id": "a", "text": "as it was"}])
    mine = documents(
        [
            {"doc_id": "a", "text": "as it was"},
            {"doc_id": "a", "text": "as it is"},
            {"doc_id": "b", "text": "As it  was"},
        ]
    )
    found = run(exact.STAGE, [[mine]], ExactConfig(), 4, [[[release]]])
    assert found.kept == []
    assert [(doc, d.rule, d.kept_twin) for doc, d in found.drops] == [
        ("a", "duplicate_id", "a"),
        ("b", "duplicate_content", "a"),
    ]
    assert found.bad == [("a", "duplicate_id: a has other content")]


def test_a_near_duplicate_gets_the_most_similar_released_twin(run: Run, documents: Documents) -> None:
    """The releases' own chain o1 ~ o2 stays whole; without them the best of the crawl itself would stay."""
    config = MinHashConfig(ngram=1, bands=64, rows=1, threshold=0.75)
    release = documents([{"doc_id": "o1", "text": words(0, 20)}, {"doc_id": "o2", "text": words(2, 22)}])
    mine = documents([{"doc_id": "long", "text": words(2, 23)}, {"doc_id": "short", "text": words(5, 23)}])
    found = run(minhash.STAGE, [[mine]], config, 4, [[[release]]])
    assert found.kept == []
    assert found.dropped() == {"long": ("near_duplicate", "o2", 20 / 21), "short": ("near_duplicate", "o2", 17 / 21)}
    alone = run(minhash.STAGE, [[mine]], config)
    assert alone.dropped() == {"short": ("near_duplicate", "long", 18 / 21)}


def test_releases_are_read_only_where_a_new_document_asks(run: Run, documents: Documents) -> None:
    """1,000 released pages of which 400 are copies: one new page reads one of them and itself."""
    rows = [{"doc_id": f"{n:04}", "text": words(n * 50, n * 50 + 40)} for n in range(600)]
    rows += [{"doc_id": f"copy {n:04}", "text": words(0, 40)} for n in range(400)]
    mine = documents([{"doc_id": "new", "text": words(5 * 50, 5 * 50 + 39)}])
    found = run(minhash.STAGE, [[mine]], MinHashConfig(), 4, [[[documents(rows)]]])
    assert found.dropped() == {"new": ("near_duplicate", "0005", 35 / 36)}
    assert sum(found.read) == 2
