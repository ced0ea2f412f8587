from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.dedup import reading
from curation_lib.dedup.minhash import STAGE, MinHashConfig, candidate_pairs

EVERY_PAIR = {"ngram": 1, "bands": 64, "rows": 1, "survivor": "smallest_id"}  # finds J = 0.5 but for 2**-64


def words(first: int, last: int) -> str:
    return " ".join(f"w{n}" for n in range(first, last))


def shingles(text: str, k: int, kind: str = "words") -> frozenset[tuple[str, ...]]:
    found = text.lower().split() if kind == "words" else list(text)
    return frozenset(tuple(found[i : i + k]) for i in range(max(len(found) - k + 1, bool(found))))


def alike(a: frozenset[Any], b: frozenset[Any]) -> float:
    return len(a & b) / len(a | b) if a | b else 0.0


def held(a: frozenset[Any], b: frozenset[Any]) -> float:
    """How much of `a` is in `b`."""
    return len(a & b) / len(a) if a else 0.0


def reference(
    batch: pa.RecordBatch, config: MinHashConfig
) -> tuple[dict[str, tuple[str, float]], set[tuple[str, str, float]]]:
    """The greedy rule in plain Python over the candidate pairs: doc_id -> (twin, score) if dropped, and the links.

    A document links to every one kept by then that is similar enough; a copy of a kept one's set to that one only.
    """
    ids, texts = batch.column("doc_id").to_pylist(), batch.column("text").to_pylist()
    sets = [shingles(t, config.ngram, config.shingle) for t in texts]
    similarity = held if config.similarity == "containment" else alike
    length = [len(t.encode()) if config.survivor == "longest" else 0 for t in texts]
    near: dict[int, set[int]] = {n: set() for n in range(len(ids))}
    for a, b in candidate_pairs(batch.column("text"), config).tolist():
        near[a].add(b)
        near[b].add(a)
    kept: list[int] = []
    dropped, links = {}, set()
    for n in sorted(near, key=lambda n: (-length[n], ids[n])):
        scores = [(similarity(sets[n], sets[m]), -place, m) for place, m in enumerate(kept) if m in near[n]]
        found = [s for s in scores if s[0] >= config.threshold]
        score, _, twin = max(found, default=(0.0, 0, -1))
        if twin < 0:
            kept.append(n)
            continue
        dropped[ids[n]] = (ids[twin], score)
        linked = [(score, 0, twin)] if sets[n] in [sets[m] for m in kept] else found
        links |= {(ids[n], ids[m], s) for s, _, m in linked}
    return dropped, links


def test_golden(run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]) -> None:
    texts = {
        "long": words(0, 20),
        "same": words(0, 20).upper().replace(" ", ", "),  # longer, as its commas count
        "near": words(0, 19),
        "half": words(0, 11),
        "short": "w0 w1",
        "short too": "W0; w1",
        "other": words(50, 70),
        "nothing": "…",
        "nothing too": "?!",
    }
    batch = documents([{"doc_id": i, "text": t} for i, t in texts.items()])
    outcome = run(STAGE, [[batch]], MinHashConfig(bands=112, rows=1))
    assert outcome.kept == ["same", "half", "short too", "other", "nothing", "nothing too"]
    assert outcome.dropped() == {
        "long": ("near_duplicate", "same", 1.0),
        "near": ("near_duplicate", "same", 15 / 16),
        "short": ("near_duplicate", "short too", 1.0),
    }
    assert {d.threshold for _, d in outcome.drops} == {0.7}


def test_a_chain_loses_its_middle_only(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    chain = {
        "b": words(0, 24),
        "a": words(2, 26),
        "c": words(4, 28),
    }  # J(a,b) = J(a,c) = 22/26, J(b,c) = 20/28
    batch = documents([{"doc_id": i, "text": t} for i, t in chain.items()])
    config = {**EVERY_PAIR, "threshold": 0.8}
    assert run(STAGE, [[batch]], MinHashConfig(**config)).dropped() == {
        "b": ("near_duplicate", "a", 22 / 26),
        "c": ("near_duplicate", "a", 22 / 26),
    }
    renamed = {"A": chain["b"], "B": chain["a"], "C": chain["c"]}
    batch = documents([{"doc_id": i, "text": t} for i, t in renamed.items()])
    outcome = run(STAGE, [[batch]], MinHashConfig(**config))
    assert outcome.kept == ["A", "C"]
    assert outcome.dropped() == {"B": ("near_duplicate", "A", 22 / 26)}


def test_a_copy_of_a_dropped_text_gets_the_nearest_twin_kept_by_then(
    run: Callable[..., Any], documents: Callable[..., Any]
) -> None:
    rows = [("1", words(0, 20)), ("2", words(3, 20)), ("3", words(4, 24)), ("4", words(3, 20))]
    batch = documents([{"doc_id": i, "text": t} for i, t in rows])
    config = MinHashConfig(**EVERY_PAIR, threshold=0.75)
    assert run(STAGE, [[batch]], config).dropped() == {
        "2": ("near_duplicate", "1", 17 / 20),
        "4": ("near_duplicate", "1", 17 / 20),
    }
    rows = [("1", words(0, 20)), ("2", words(4, 20)), ("3", words(4, 23)), ("4", words(4, 20))]
    batch = documents([{"doc_id": i, "text": t} for i, t in rows])
    assert run(STAGE, [[batch]], config).dropped() == {
        "2": ("near_duplicate", "1", 16 / 20),
        "4": ("near_duplicate", "3", 16 / 19),
    }


TEXTS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=7).map(" ".join), max_size=12)
SETTINGS = st.fixed_dictionaries(
    {
        "shingle": st.sampled_from(["words", "characters"]),
        "ngram": st.integers(2, 3),
        "bands": st.sampled_from([1, 8, 32]),
        "rows": st.integers(1, 3),
        "similarity": st.sampled_from(["jaccard", "containment"]),
        "threshold": st.sampled_from([0.0, 0.3, 0.5, 0.6, 2 / 3, 1.0]),
        "survivor": st.sampled_from(["longest", "smallest_id"]),
        "seed": st.integers(0, 3),
        "spill_bytes": st.sampled_from([0, 64, 2**30]),
    }
)


@settings(max_examples=80)
@given(
    TEXTS,
    SETTINGS,
    st.randoms(use_true_random=False),
    st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=3),
    st.integers(1, 5),
)
def test_equals_plain_python_in_any_order_and_split(
    run: Callable[..., Any],
    documents: Callable[..., pa.RecordBatch],
    split: Callable[..., Any],
    texts: list[str],
    options: dict[str, Any],
    random: Any,
    sizes: list[list[int]],
    partitions: int,
) -> None:
    config = MinHashConfig(**options)
    whole = documents([{"doc_id": f"{n:02}", "text": t} for n, t in enumerate(texts)])
    shuffled = whole.take(pa.array(random.sample(range(len(texts)), len(texts)), pa.int64()))
    outcome = run(STAGE, split(shuffled, sizes), config, partitions)
    dropped, links = reference(whole, config)
    assert {d: (twin, score) for d, (_, twin, score) in outcome.dropped().items()} == dropped
    assert set(outcome.links) == links
    assert len(outcome.links) == len(links)
    assert {twin for _, twin, _ in outcome.dropped().values()} <= set(outcome.kept)


@pytest.mark.parametrize("name", ["powershell-versions", "perturbed-18f"])
def test_true_pairs_are_candidates(
    name: str,
    corpus: Callable[[str], pa.RecordBatch],
    labels: Callable[[str], list[tuple[str, str, float]]],
) -> None:
    batch = corpus(name)
    at = {doc: n for n, doc in enumerate(batch.column("doc_id").to_pylist())}
    found = {(a, b) for a, b in candidate_pairs(batch.column("text"), MinHashConfig()).tolist()}
    for low, high in ((0.8, 0.85), (0.85, 1.0)):
        pairs = [(sorted((at[a], at[b])), j) for a, b, j in labels(name) if low <= j < high]
        chance = np.array([1 - (1 - j**8) ** 14 for _, j in pairs])
        recall = np.mean([tuple(pair) in found for pair, _ in pairs])
        error = (chance * (1 - chance)).sum() ** 0.5 / len(pairs)
        assert len(pairs) > 50
        assert recall >= chance.mean() - 3 * error, (low, high, recall, chance.mean(), error)


@pytest.mark.parametrize("name", ["powershell-versions", "perturbed-18f"])
def test_no_removal_below_the_threshold_and_every_twin_is_kept(
    name: str, run: Callable[..., Any], corpus: Callable[[str], pa.RecordBatch]
) -> None:
    batch = corpus(name)
    outcome = run(STAGE, [[batch]], MinHashConfig())
    text = dict(zip(batch.column("doc_id").to_pylist(), batch.column("text").to_pylist(), strict=True))
    assert len(outcome.drops) > 500
    assert {drop.kept_twin for _, drop in outcome.drops} <= set(outcome.kept)
    concerned = {doc for pair in ((d, drop.kept_twin) for d, drop in outcome.drops) for doc in pair}
    sets = {doc: plain_shingles(text[doc]) for doc in concerned}
    for doc, drop in outcome.drops:
        assert drop.score == alike(sets[doc], sets[drop.kept_twin]) >= 0.7


def plain_shingles(text: str) -> frozenset[tuple[str, ...]]:
    """By a definition of a word that agrees on these texts, which have no marks and no Chinese."""
    found = re.findall(r"[^\W_]+", text.lower())
    runs = zip(*(found[n:] for n in range(5)), strict=False)
    return frozenset(runs if len(found) >= 5 else [tuple(found)][: len(found)])


def test_identical_captures_collapse(run: Callable[..., Any], corpus: Callable[[str], Any]) -> None:
    batch = corpus("web-archive-pages")
    outcome = run(STAGE, [[batch]], MinHashConfig(threshold=1.0))
    text = dict(zip(batch.column("doc_id").to_pylist(), batch.column("text").to_pylist(), strict=True))
    plain = [t for t in text.values() if t.strip()]
    assert len(plain) - len(set(plain)) <= len(outcome.drops) < batch.num_rows
    for doc, drop in outcome.drops:
        assert plain_shingles(text[doc]) == plain_shingles(text[drop.kept_twin])


def test_many_copies_are_read_once_and_compared_with_their_first(
    run: Callable[..., Any], documents: Callable[..., pa.RecordBatch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SPAN", 64)
    rows = [{"doc_id": f"page {n:04}", "text": words(0, 300)} for n in range(2000)]
    rows += [{"doc_id": f"word {n:04}", "text": f"word{n % 1900}"} for n in range(2000)]
    rows += [{"doc_id": f"mark {n:04}", "text": "-" * (n % 7)} for n in range(2000)]
    outcome = run(STAGE, [[documents(rows)]], MinHashConfig())
    assert len(outcome.drops) == 1999 + 100
    assert outcome.dropped()["page 1999"] == ("near_duplicate", "page 0000", 1.0)
    assert sum(outcome.read) == 2000 + 200
    assert max(outcome.read) == 64


def test_a_dropped_document_is_linked_to_every_kept_one_it_resembles(
    run: Callable[..., Any], documents: Callable[..., Any]
) -> None:
    rows = [("1", words(0, 20)), ("2", words(5, 25)), ("3", words(3, 22)), ("4", words(3, 22)), ("5", words(0, 20))]
    batch = documents([{"doc_id": i, "text": t} for i, t in rows])
    outcome = run(STAGE, [[batch]], MinHashConfig(**EVERY_PAIR, threshold=0.7))
    assert outcome.kept == ["1", "2"]  # J(1, 2) = 15/25
    assert sorted(outcome.links) == [
        ("3", "1", 17 / 22),
        ("3", "2", 17 / 22),
        ("4", "1", 17 / 22),
        ("4", "2", 17 / 22),
        ("5", "1", 1.0),  # a copy of 1
    ]


def test_links_of_a_document_do_not_depend_on_what_was_dropped_before(
    run: Callable[..., Any], documents: Callable[..., Any]
) -> None:
    kept = [{"doc_id": f"a{n}", "text": f"{words(0, 90)} {words(n * 100, n * 100 + 30)}"} for n in range(1, 9)]
    copies = [{"doc_id": f"b{n}", "text": words(0, 90)} for n in range(3)]
    config = MinHashConfig(ngram=1, bands=64, rows=1, survivor="smallest_id", threshold=0.74)
    together = run(STAGE, [[documents([*kept, *copies])]], config)
    assert together.kept == [row["doc_id"] for row in kept]  # J = 90/150
    alone = run(STAGE, [[documents([*kept, copies[2]])]], config)
    assert [link for link in together.links if link[0] == "b2"] == alone.links
    assert alone.links == [("b2", f"a{n}", 90 / 120) for n in range(1, 9)]


def test_copies_of_a_kept_text_have_one_link_each(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    rows = [{"doc_id": f"{n:03}", "text": words(0, 90)} for n in range(300)]
    outcome = run(STAGE, [[documents(rows)]], MinHashConfig())
    assert outcome.links == [(row["doc_id"], "000", 1.0) for row in rows[1:]]


def test_containment_drops_what_a_kept_document_holds(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    texts = {"whole": words(0, 60), "part": words(10, 40), "more": f"{words(10, 40)} {words(90, 96)}"}
    batch = documents([{"doc_id": i, "text": t} for i, t in texts.items()])
    config = {"ngram": 1, "bands": 64, "rows": 1, "threshold": 0.8}
    assert run(STAGE, [[batch]], MinHashConfig(**config)).dropped() == {"part": ("near_duplicate", "more", 30 / 36)}
    held_by = run(STAGE, [[batch]], MinHashConfig(**config, similarity="containment"))
    assert held_by.dropped() == {
        "part": ("near_duplicate", "whole", 1.0),
        "more": ("near_duplicate", "whole", 30 / 36),
    }
    # the other way round nothing goes: a short document does not hold a long one
    short = MinHashConfig(**config, similarity="containment", survivor="smallest_id")
    assert "whole" in run(STAGE, [[batch]], short).kept


def test_characters_tell_apart_what_words_do_not(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    text = "東京は日本の首都であり、世界でもっとも大きな都市のひとつとして知られている。" * 2
    batch = documents([{"doc_id": "a", "text": text}, {"doc_id": "b", "text": text.replace("、", " ")}])
    assert run(STAGE, [[batch]], MinHashConfig(threshold=1.0)).kept == ["a"]  # words leave punctuation out
    characters = MinHashConfig(preset="curator", ngram=4, threshold=1.0)
    assert run(STAGE, [[batch]], characters).kept == ["a", "b"]
