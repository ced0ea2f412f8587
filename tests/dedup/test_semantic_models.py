"""`dedup.semantic` with a fastText model, and what its decision holds in memory."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.recipe import parse_recipe
from curation_lib.core.recipe_stages import configured
from curation_lib.dedup import semantic
from curation_lib.dedup.semantic import STAGE, SemanticConfig
from curation_lib.runner.plan import plan
from tests.dedup.semantic_runs import found, load
from tests.runner.corpora import run_steps, simple, simple_inputs


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
    with pytest.raises(ConfigError, match=r"lid\.176\.ftz is a quantised model"):
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
    web, html = (pa.repeat(word, count).cast(pa.large_string()) for word in ("web", "html"))
    table = pa.table([number, key, length, time, web, ids, ids, html, packed], schema=ROWS)
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
