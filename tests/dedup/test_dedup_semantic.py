from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.dedup import minhash, semantic
from curation_lib.dedup.semantic import STAGE, SemanticConfig, candidate_pairs
from curation_lib.text.shingles import shingle_hashes, shingle_sets
from curation_lib.text.words import word_hashes
from tests.dedup.semantic_reference import cosine, judged
from tests.dedup.semantic_runs import found, load

GOLDEN = Path(__file__).parents[1] / "golden" / "dedup" / "semantic.json"
SMALLEST = {"survivor": "smallest_id"}


def vectors_of(batch: pa.RecordBatch, config: SemanticConfig, model: Any = None) -> dict[str, list[int]]:
    """doc_id -> vector, of documents with words."""
    made = semantic.vectors(batch.column("text"), config.max_words, model)
    ids = batch.column("doc_id").to_pylist()
    return {doc: v.tolist() for doc, v in zip(ids, made, strict=True) if v.any()}


def reference(batch: pa.RecordBatch, config: SemanticConfig) -> dict[str, tuple[str, float]]:
    ids, texts = batch.column("doc_id").to_pylist(), batch.column("text").to_pylist()
    vectors = vectors_of(batch, config)
    near: dict[str, set[str]] = {doc: set() for doc in vectors}
    for a, b in candidate_pairs(batch.column("text"), config).tolist():
        near[ids[a]].add(ids[b])
        near[ids[b]].add(ids[a])
    length = {doc: len(t.encode()) if config.survivor == "longest" else 0 for doc, t in zip(ids, texts, strict=True)}
    return judged(sorted(near, key=lambda doc: (-length[doc], doc)), vectors, near, config.threshold)


def test_golden(run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]) -> None:
    golden = json.loads(GOLDEN.read_text())
    batch = documents([{"doc_id": doc, "text": text} for doc, text in golden["texts"].items()])
    outcome = run(STAGE, [[batch]], SemanticConfig(threshold=golden["threshold"]))
    assert outcome.kept == golden["kept"]
    assert {doc: list(drop) for doc, drop in outcome.dropped().items()} == golden["dropped"]
    assert {drop.threshold for _, drop in outcome.drops} == {golden["threshold"]}
    vectors = vectors_of(batch, SemanticConfig())
    assert {doc: vector[:16] for doc, vector in vectors.items()} == golden["vectors"]


def stubbed(monkeypatch: pytest.MonkeyPatch, vectors: dict[str, Sequence[int]]) -> None:
    """Texts are names of these vectors."""

    def made(texts: pa.Array, max_words: int, model: Any) -> np.ndarray:
        return np.array([vectors[t] for t in texts.to_pylist()], np.int8).reshape(-1, 2)

    monkeypatch.setattr(semantic, "vectors", made)


EVERY_PAIR = {"bands": 200, "bits": 1, **SMALLEST}  # two vectors 30 degrees apart share none with chance 6 ** -200


def angle(degrees: float) -> tuple[int, int]:
    return round(127 * math.cos(math.radians(degrees))), round(127 * math.sin(math.radians(degrees)))


def test_a_chain_loses_its_middle_only(
    run: Callable[..., Any], documents: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 20 degrees from one to the next, only neighbours reach 0.9."""
    stubbed(monkeypatch, {"left": angle(0), "middle": angle(20), "right": angle(40)})
    config = SemanticConfig(threshold=0.9, **EVERY_PAIR)
    for names, kept in (
        (["left", "middle", "right"], ["left", "right"]),
        (["middle", "left", "right"], ["middle"]),
        (["left", "right", "middle"], ["left", "right"]),
    ):
        outcome = run(STAGE, [[documents([{"doc_id": f"{n} {t}", "text": t} for n, t in enumerate(names)])]], config)
        assert [doc[2:] for doc in outcome.kept] == kept
        assert {twin[2:] for twin, _ in found(outcome).values()} == {kept[0]}


def test_the_nearest_leader_is_the_twin_and_the_earliest_on_a_tie(
    run: Callable[..., Any], documents: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stubbed(monkeypatch, {"a": (100, 50), "b": (100, -50), "c": (100, 0), "d": (100, 30), "e": (100, 0)})
    config = SemanticConfig(threshold=0.85, **EVERY_PAIR)
    outcome = run(STAGE, [[documents([{"doc_id": i, "text": i} for i in "abcde"])]], config)
    assert {doc: twin for doc, (twin, _) in found(outcome).items()} == {"c": "a", "d": "a", "e": "a"}
    assert found(outcome)["c"][1] == 10000 / math.sqrt(12500 * 10000)


def test_a_copy_of_a_dropped_vector_gets_the_nearest_twin_kept_by_then(
    run: Callable[..., Any], documents: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stubbed(monkeypatch, {"far": angle(0), "same": angle(20), "near": angle(38)})
    rows = [("1", "far"), ("2", "same"), ("3", "near"), ("4", "same")]
    config = SemanticConfig(threshold=0.93, **EVERY_PAIR)
    outcome = run(STAGE, [[documents([{"doc_id": i, "text": t} for i, t in rows])]], config)
    assert {doc: twin for doc, (twin, _) in found(outcome).items()} == {"2": "1", "4": "3"}


TEXTS = st.lists(st.lists(st.sampled_from("abcde"), max_size=6).map(" ".join), max_size=12)
SETTINGS = st.fixed_dictionaries(
    {
        "threshold": st.sampled_from([0.05, 0.3, 0.5, 0.7, 0.87, 1.0]),
        "bands": st.sampled_from([1, 4, 60]),
        "bits": st.sampled_from([1, 3, 14]),
        "max_words": st.sampled_from([2, 4, 100]),
        "survivor": st.sampled_from(["longest", "smallest_id"]),
        "seed": st.integers(0, 3),
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
    config = SemanticConfig(**options)
    whole = documents([{"doc_id": f"{n:02}", "text": t} for n, t in enumerate(texts)])
    shuffled = whole.take(pa.array(random.sample(range(len(texts)), len(texts)), pa.int64()))
    outcome = run(STAGE, split(shuffled, sizes), config, partitions)
    assert found(outcome) == reference(whole, config)
    assert {twin for twin, _ in found(outcome).values()} <= set(outcome.kept)
    assert {rule for rule, _, _ in outcome.dropped().values()} <= {"semantic_duplicate"}


def test_the_defaults_find_99_of_100_at_the_threshold() -> None:
    """The curve itself is tested in tests/text/test_vectors.py."""
    config = SemanticConfig()
    beside = 1 - math.acos(config.threshold) / math.pi
    assert 0.99 <= 1 - (1 - beside**config.bits) ** config.bands < 0.995


def test_twins_and_scores_on_real_pages(run: Callable[..., Any], corpus: Callable[[str], Any]) -> None:
    batch, config = corpus("powershell-versions"), SemanticConfig()
    outcome = run(STAGE, [[batch]], config)
    vectors = vectors_of(batch, config)
    assert len(outcome.drops) > 1500
    for doc, drop in outcome.drops:
        assert drop.score == cosine(vectors[doc], vectors[drop.kept_twin]) >= config.threshold
    assert {drop.kept_twin for _, drop in outcome.drops} <= set(outcome.kept)


@settings(max_examples=5)
@given(
    st.randoms(use_true_random=False),
    st.lists(st.lists(st.integers(0, 200), max_size=3), max_size=4),
    st.integers(1, 5),
)
def test_neither_order_nor_splits_matter_on_real_pages(
    run: Callable[..., Any],
    corpus: Callable[[str], Any],
    split: Callable[..., Any],
    random: Any,
    sizes: list[list[int]],
    partitions: int,
) -> None:
    batch = corpus("web-archive-pages")
    expected = run(STAGE, [[batch]], SemanticConfig())
    order = random.sample(range(batch.num_rows), batch.num_rows)
    outcome = run(STAGE, split(batch.take(pa.array(order)), sizes), SemanticConfig(), partitions)
    assert found(outcome) == found(expected)


def test_documents_that_come_later_change_nothing_for_those_before(
    run: Callable[..., Any], corpus: Callable[[str], Any], documents: Callable[..., Any]
) -> None:
    rows = corpus("perturbed-18f").select(["doc_id", "text"]).to_pylist()
    early = [{**row, "source": "early"} for n, row in enumerate(rows) if n % 3]
    late = [{**row, "source": "late"} for row in rows[::3]]
    config = SemanticConfig(survivor="preferred_source", preferred_sources=("early",))
    alone = run(STAGE, [[documents(early)]], config)
    both = run(STAGE, [[documents(early)], [documents(late)]], config)
    ids = {row["doc_id"] for row in early}
    assert {doc: drop for doc, drop in found(both).items() if doc in ids} == found(alone)
    assert len(found(both)) > len(found(alone)) + 200


KINDS = {
    "ws_case": (150, 150), "shuffled_paras": (150, 145), "sub1": (148, 146), "sub3": (140, 112), "sub10": (126, 0),
    "sub30": (0, 0), "drop_para": (130, 99), "punct_stripped": (101, 24), "boilerplate": (18, 4), "first_half": (1, 1),
}  # fmt: skip
"""Of 150 pages of each kind, how many are dropped for a version of the same page: here, by dedup.minhash."""


@pytest.mark.parametrize(("stage", "column"), [(STAGE, 0), (minhash.STAGE, 1)], ids=lambda s: getattr(s, "name", s))
def test_which_changes_are_found(
    stage: Any, column: int, run: Callable[..., Any], corpus: Callable[[str], pa.RecordBatch]
) -> None:
    outcome = run(stage, [[corpus("perturbed-18f")]], stage.config())
    assert all(doc.split("/")[0] == drop.kept_twin.split("/")[0] for doc, drop in outcome.drops)
    dropped = Counter(doc.split("/")[1] for doc, _ in outcome.drops)
    assert {kind: dropped[kind] for kind in KINDS} == {kind: counts[column] for kind, counts in KINDS.items()}


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("dedup/perturbed-18f.docs", 1000),
        ("dedup/powershell-versions.docs", 1800),
        ("dedup/web-archive-pages.docs", 200),
        ("lid/tldr-pages", 2000),
        ("lid/udhr-odd", 450),
        ("throughput/docs-00", 250),
    ],
)
def test_what_is_dropped_shares_its_text_with_its_twin(
    name: str, dropped: int, data: Path, run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]
) -> None:
    """99 in 100 removals by default share half of the smaller one's 5-word shingles, or are labelled versions.

    The kinds of text: prose, reference pages with a common template, pages in many languages, command cards of
    38 words, single paragraphs in 400 languages, and manuals.
    """
    rows = load(data / f"{name}.jsonl.zst")
    batch = documents([{"doc_id": str(n), "text": row["text"]} for n, row in enumerate(rows)])
    values, offsets = shingle_sets(*shingle_hashes(*word_hashes(batch.column("text")), 5))
    sets = [set(values[a:b].tolist()) for a, b in pairwise(offsets.tolist())]
    outcome = run(STAGE, [[batch]], SemanticConfig())
    pairs = [(int(doc), int(drop.kept_twin)) for doc, drop in outcome.drops]
    unlike = [
        (a, b)
        for a, b in pairs
        if len(sets[a] & sets[b]) < 0.5 * min(len(sets[a]), len(sets[b])) and page(name, rows[a]) != page(name, rows[b])
    ]
    assert len(pairs) >= dropped
    assert len(unlike) <= 0.01 * len(pairs), [(rows[a]["text"][:200], rows[b]["text"][:200]) for a, b in unlike]


def page(name: str, row: dict[str, Any]) -> Any:
    """What the labels call one page in several versions; each row by itself where there are none."""
    if name.startswith("dedup/perturbed"):
        return row["id"].split("/")[0]
    return row["id"].partition("/")[2] if name.startswith("dedup/powershell") else id(row)


def test_many_copies_cost_a_look_up_each(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    rows = [{"doc_id": f"page {n:06}", "text": "The same page once more."} for n in range(200_000)]
    rows += [{"doc_id": f"word {n:06}", "text": f"word{n % 19_000}"} for n in range(20_000)]
    rows += [{"doc_id": f"mark {n:06}", "text": "-" * (n % 7)} for n in range(200_000)]
    outcome = run(STAGE, [[documents(rows)]], SemanticConfig())
    assert found(outcome)["page 199999"] == ("page 000000", 1.0)
    assert len(outcome.drops) == 199_999 + 1000
    assert outcome.read == []


# ---- a fastText model
