from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.recipe import configured, parse_recipe
from curation_lib.dedup import minhash, semantic
from curation_lib.dedup.semantic import STAGE, SemanticConfig, candidate_pairs
from curation_lib.runner.plan import plan
from curation_lib.text.shingles import shingle_hashes, shingle_sets
from curation_lib.text.words import word_hashes
from tests.dedup.semantic_reference import cosine, judged
from tests.runner.corpora import run_steps, simple, simple_inputs

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


def found(outcome: Any) -> dict[str, tuple[str, float]]:
    return {doc: (twin, score) for doc, (_, twin, score) in outcome.dropped().items()}


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


@settings(deadline=None, max_examples=80)
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


@settings(deadline=None, max_examples=5)
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


def load(path: Path) -> list[dict[str, Any]]:
    text = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read().decode()
    return [json.loads(line) for line in text.split("\n") if line]


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


@pytest.fixture(scope="module")
def models(data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two skipgram models of the unperturbed pages, the second without subwords: it knows no other words than theirs.

    One thread and fastText's fixed seed make the same each time.
    """
    import fasttext

    folder = tmp_path_factory.mktemp("models")
    pages = [row["text"] for row in load(data / "dedup" / "perturbed-18f.docs.jsonl.zst") if row["kind"] == "orig"]
    (folder / "pages.txt").write_text("\n".join(" ".join(t.lower().split()) for t in pages))
    paths = [str(folder / name) for name in ("subwords.bin", "words.bin")]
    for path, more in zip(paths, ({"epoch": 4, "bucket": 20_000}, {"epoch": 1, "maxn": 0}), strict=True):
        options = {"dim": 32, "lr": 0.1, "minCount": 2, "thread": 1, "verbose": 0, **more}
        fasttext.train_unsupervised(str(folder / "pages.txt"), model="skipgram", **options).save_model(path)
    return paths


def test_a_model_s_vectors_decide(
    models: list[str], run: Callable[..., Any], corpus: Callable[[str], Any], split: Callable[..., Any]
) -> None:
    """On text of the kind that it was trained on, it finds what no word count shows: 30% of the words replaced."""
    batch, config = corpus("perturbed-18f"), SemanticConfig(model=models[0], threshold=0.96)
    outcome = run(STAGE, [[batch]], config)
    assert found(run(STAGE, split(batch, [[7, 300], [400]]), config)) == found(outcome)
    text = dict(zip(batch.column("doc_id").to_pylist(), batch.column("text").to_pylist(), strict=True))
    model = semantic.load(config).fasttext
    average = vector_of_an_average_text(model)
    for doc, drop in outcome.drops[:200]:
        a, b = (mean_vector(model, text[d]) - average for d in (doc, drop.kept_twin))
        assert drop.score == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=0.005)
    families = [doc.split("/")[0] == drop.kept_twin.split("/")[0] for doc, drop in outcome.drops]
    assert len(families) > 1100
    assert np.mean(families) >= 0.99
    assert Counter(doc.split("/")[1] for doc, _ in outcome.drops)["sub30"] > 50


def mean_vector(model: Any, text: str) -> np.ndarray:
    """As fastText defines a sentence's vector: the mean of its words' vectors, each of length 1."""
    made = [model.get_word_vector(word) for word in re.split(r"\s+", text.lower().strip())]
    return np.mean([v / np.linalg.norm(v) for v in made if v.any()], axis=0)


def vector_of_an_average_text(model: Any) -> np.ndarray:
    words, counts = model.get_words(include_freq=True)
    return np.sum([n / sum(counts) * mean_vector(model, w) for w, n in zip(words, counts, strict=True)], axis=0)


def test_a_model_sees_no_more_than_max_words_and_nothing_in_empty_texts(
    models: list[str], run: Callable[..., Any], documents: Callable[..., Any]
) -> None:
    texts = {"a": "open source\ncode for  government", "b": "open source code for strangers", "c": "", "d": " \n"}
    batch = documents([{"doc_id": doc, "text": t} for doc, t in texts.items()])
    config = SemanticConfig(model=models[0], threshold=1.0, max_words=4)
    assert run(STAGE, [[batch]], config).kept == ["a", "c", "d"]
    assert run(STAGE, [[batch]], SemanticConfig(model=models[0], threshold=1.0)).drops == []


def test_words_that_a_model_does_not_know_are_no_evidence(
    models: list[str], run: Callable[..., Any], documents: Callable[..., Any]
) -> None:
    texts = {"a": "xqzzy plugh", "b": "frobozz", "c": "open source code", "d": "open source code frobozz"}
    batch = documents([{"doc_id": doc, "text": t} for doc, t in texts.items()])
    outcome = run(STAGE, [[batch]], SemanticConfig(model=models[1], threshold=0.5))
    assert outcome.kept == ["a", "b", "d"]


def test_the_model_s_bytes_identify_the_output_and_its_place_does_not(models: list[str], tmp_path: Path) -> None:
    moved = tmp_path / "moved.bin"
    moved.write_bytes(Path(models[0]).read_bytes())
    first, other, same = (
        stage_identity(STAGE, SemanticConfig(model=path, threshold=0.9)) for path in (*models, str(moved))
    )
    assert first == same
    assert first["models"] != other["models"]
    assert stage_identity(STAGE, SemanticConfig(threshold=0.9))["models"] == []


def test_a_build_uses_the_model(models: list[str], tmp_path: Path) -> None:
    inputs = simple_inputs(tmp_path / "inputs")
    stages = [{"dedup.semantic": {"model": models[0], "threshold": 0.5}}]
    built = run_steps(simple(inputs, stages=stages), tmp_path / "store", workers=2, until="dedup.semantic")
    counts = built.steps[-1].counts
    assert counts["dropped"]["dedup.semantic.semantic_duplicate"] == counts["rows_in"] - counts["kept"] > 0


def test_what_is_no_model_is_refused_before_anything_runs(tmp_path: Path) -> None:
    text = tmp_path / "vectors.vec"
    text.write_text("2 2\nthe 0.1 0.2\nof 0.3 0.4\n")
    for path, reason in ((tmp_path / "none.bin", "cannot read"), (tmp_path, "cannot read"), (text, "is no fastText")):
        recipe = simple(tmp_path, stages=[{"dedup.semantic": {"model": str(path), "threshold": 0.9}}])
        with pytest.raises(ConfigError, match=rf"dedup\.semantic: key 'model'.*{reason}.*give the path of a fastText"):
            plan(parse_recipe(recipe))


@pytest.mark.parametrize("share", [1e-5, 0.01, 0.3, 0.9999, 1.0001])
def test_a_cut_model_is_refused_with_a_remedy(share: float, models: list[str], tmp_path: Path) -> None:
    """fastText loads most of these, and never comes back from one that ends within the dictionary."""
    whole = Path(models[0]).read_bytes()
    cut = tmp_path / "cut.bin"
    cut.write_bytes((whole * 2)[: int(len(whole) * share)])
    with pytest.raises(ConfigError, match=r"model: .*cut\.bin is a fastText model cut short.*give the path"):
        semantic.load(SemanticConfig(model=str(cut), threshold=0.9))


def test_a_quantised_classifier_is_refused(language_model: str) -> None:
    with pytest.raises(ConfigError, match=r"lid\.176\.ftz is a fastText model cut short or quantised"):
        semantic.load(SemanticConfig(model=language_model, threshold=0.9))


def test_a_model_asks_for_its_own_threshold(models: list[str]) -> None:
    with pytest.raises(ConfigError, match="needs a `threshold` of its own"):
        configured("dedup.semantic", {"model": models[0]}, "stages")
    stage, config = configured("dedup.semantic", {"model": models[0], "threshold": 0.87}, "stages")
    assert stage.config.model_validate(config.model_dump(mode="json")) == config


MEMORY = """
import re, sys
from pathlib import Path
import numpy as np, pyarrow as pa
from curation_lib.core.stage import OWN
from curation_lib.dedup.semantic import ROWS, STAGE, SemanticConfig

def rows(count):
    bytes_ = np.random.default_rng(1).bytes(256 * count)
    edges = np.arange(0, 256 * count + 1, 256)
    packed = pa.LargeBinaryArray.from_buffers(pa.large_binary(), count, [None, pa.py_buffer(edges), pa.py_buffer(bytes_)])
    ids = pa.array((f"{n:032x}" for n in range(count)), pa.large_string())
    number, key, length, time = (pa.array(np.arange(count), pa.int64()).cast(ROWS.field(name).type) for name in ROWS.names[:4])
    table = pa.table([number, key, length, time, pa.repeat("web", count).cast(pa.large_string()), ids, ids, packed], schema=ROWS)
    table = table.append_column("shard", pa.array(np.zeros(count, np.uint32)))
    return table.append_column("release", pa.array(np.full(count, OWN, np.uint16)))

peak = lambda: 1024 * int(re.search("VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
STAGE.decide([rows(100)], None, SemanticConfig())
given = rows(int(sys.argv[1]))
before = peak()
STAGE.decide([given], None, SemanticConfig())
print(peak() - before)
"""


def test_a_decision_takes_less_than_2_kb_per_document_and_60_mb() -> None:
    count = 60_000
    run = subprocess.run([sys.executable, "-c", MEMORY, str(count)], capture_output=True, text=True, check=True)
    assert 300 * count < int(run.stdout) < 2000 * count + 60_000_000
