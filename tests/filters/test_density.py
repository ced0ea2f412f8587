from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
import zstandard

from curation_lib.core.artefact import MANIFEST, METRICS
from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Context
from curation_lib.filters.density import SHIPPED, STAGE, DensityConfig
from curation_lib.text.density_counts import density_counts
from curation_lib.text.density_files import WEIGHTS, WORDS, read_density_model, write_density_model
from curation_lib.text.density_scores import density_scores
from curation_lib.text.density_signals import REASONS, SIGNALS, SIGNS
from curation_lib.training.density import DensityTraining
from curation_lib.training.density_fit import auc
from tests.filters.judging import documents, scores_of_batch, state_of

PAIRS = Path(__file__).resolve().parents[1] / "golden" / "density" / "pairs.jsonl"
DENSE = ("dense_reference.powershell", "dense_textbook.openstax")
POLISHED = ("anecdotal_blog.mtlynch", "polished_blog.18f")
FACTS = "Copper melts at 1,085 °C. Brass is an alloy of copper and zinc, bronze one of copper and tin."
CHAT = "I just love this! My grandmother told me a lovely story about it, and honestly we laughed so much."


class Measured(NamedTuple):
    """A set's scores, what they are without the preference for the shorter document, and log lengths."""

    score: np.ndarray[Any, Any]
    signals: np.ndarray[Any, Any]
    length: np.ndarray[Any, Any]


def texts(data: Path, name: str) -> list[str]:
    raw = zstandard.decompress((data / "quality" / f"{name}.jsonl.zst").read_bytes(), max_output_size=1 << 26)
    return [json.loads(line)["text"] for line in raw.splitlines()]


def scored(found: list[str]) -> np.ndarray[Any, Any]:
    return scores_of_batch(STAGE, documents(*found)).column("density").to_numpy()


def pairs() -> list[dict[str, str]]:
    return [json.loads(line) for line in PAIRS.read_text().splitlines()]


@pytest.fixture(scope="module")
def by_set(data: Path) -> dict[str, Measured]:
    """The test sets, none of which trained the model."""
    found = {}
    for name in (*DENSE, *POLISHED):
        mine = texts(data, name)
        scores = scores_of_batch(STAGE, documents(*mine))
        score, brevity = (scores.column(column).to_numpy() for column in ("density", "length"))
        found[name] = Measured(score, score - brevity, np.log([len(text.encode()) for text in mine]))
    return found


def rank_correlation(one: Any, other: Any) -> float:
    ranks = [np.argsort(np.argsort(x)).astype(float) for x in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


@pytest.mark.parametrize("dense", DENSE)
@pytest.mark.parametrize("polished", POLISHED)
def test_dense_documents_rank_above_polished_ones(by_set: Any, dense: str, polished: str) -> None:
    scores = np.concatenate([by_set[dense].score, by_set[polished].score])
    assert auc(scores, np.arange(len(scores)) < len(by_set[dense].score)) >= 0.95


@pytest.mark.parametrize("name", [*DENSE, *POLISHED])
def test_length_does_not_shape_the_signals_within_a_set(by_set: Any, name: str) -> None:
    """Signals alone: the preference for the shorter of two equally dense documents is meant to show here, the more the
    less a set's documents differ in density (-0.21 among reference pages)."""
    assert abs(rank_correlation(by_set[name].signals, by_set[name].length)) < 0.1


def test_length_does_not_shape_the_signals_over_all_sets(by_set: Any) -> None:
    """Signals alone, as above; ranks freed of each set's mean: what is left when dense and polished sets differ in
    length."""
    score, length = (np.concatenate([getattr(f, n) for f in by_set.values()]) for n in ("signals", "length"))
    sets = np.repeat(np.arange(len(by_set)), [len(found.score) for found in by_set.values()])
    ranks = [np.argsort(np.argsort(x)).astype(float) for x in (score, length)]
    freed = [r - (np.bincount(sets, r) / np.bincount(sets))[sets] for r in ranks]
    assert abs(np.corrcoef(*freed)[0, 1]) < 0.1


def test_length_does_not_decide_over_all_sets_as_they_are(by_set: Any) -> None:
    """0.148 by signals alone, as the dense sets are longer."""
    score, length = (np.concatenate([getattr(f, n) for f in by_set.values()]) for n in ("score", "length"))
    assert abs(rank_correlation(score, length)) < 0.1


def test_the_shipped_model_has_the_correlation_with_length_that_its_training_was_told() -> None:
    settings = json.loads((SHIPPED / MANIFEST).read_bytes())["settings"]
    found = json.loads((SHIPPED / METRICS).read_bytes())["length_correlation"]
    assert settings["length_correlation"] == DensityTraining().length_correlation < 0
    assert found["score"] == pytest.approx(settings["length_correlation"], abs=1e-3)
    assert abs(found["signals"]) < 0.01


def test_length_does_not_decide_over_a_corpus(data: Path) -> None:
    """Every tenth of 24,247 English documents of 76 packages, of no label; the whole score."""
    with (data / "text" / "english.jsonl.zst").open("rb") as file:
        lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()[::10]
    found = [json.loads(line)["text"] for line in lines]
    assert abs(rank_correlation(scored(found), [len(text.encode()) for text in found])) < 0.1


def test_the_dense_member_of_a_pair_is_preferred() -> None:
    found = pairs()
    better = scored([pair["plain"] for pair in found]) > scored([pair["padded"] for pair in found])
    written = np.array([pair["source"].startswith("written") for pair in found])
    assert len(found) >= 200
    assert written.mean() <= 0.5
    assert len({pair["topic"] for pair in found}) == len(found)
    assert better[written].mean() >= 0.95
    assert better[~written].mean() >= 0.95


def test_contributions_and_bias_sum_to_the_score() -> None:
    scores = scores_of_batch(STAGE, documents(FACTS, CHAT, "", "word " * 3000))
    model = STAGE.load(DensityConfig()).model
    parts = np.stack([scores.column(name).to_numpy() for name in REASONS], axis=1)
    assert np.allclose(parts.sum(axis=1) + model.bias, scores.column("density").to_numpy(), atol=1e-5)
    assert (model.weights * SIGNS >= 0).all()


@pytest.mark.parametrize(("size", "halvings"), [(0, 5), (64, 5), (1024, 1), (2048, 0), (8192, -2), (200_000, -5)])
def test_each_halving_adds_as_much_down_to_64_bytes_and_each_doubling_takes_it_up_to_64_kilobytes(
    size: int, halvings: float
) -> None:
    model = replace(STAGE.load(DensityConfig()).model, brevity=0.25)
    rows = density_counts(pa.array(["x" * size], pa.large_string()), model.lexicon, model.costs)
    assert model.contributions(rows)[0, REASONS.index("length")] == pytest.approx(0.25 * halvings)


def test_of_equal_signals_the_shorter_text_is_preferred() -> None:
    model = replace(STAGE.load(DensityConfig()).model, brevity=0.25, weights=np.zeros(len(SIGNALS)))
    scores, _ = density_scores(pa.array([CHAT, FACTS * 3, FACTS * 90], pa.large_string()), model)
    assert scores[0] > scores[1] > model.bias > scores[2]


def test_reasons_are_those_that_a_reader_would_give() -> None:
    scores = scores_of_batch(STAGE, documents(FACTS, CHAT))
    (facts, chat), names = zip(*(scores.column(n).to_pylist() for n in SIGNALS), strict=True), list(SIGNALS)
    assert names[int(np.argmax(facts))] in ("numbers", "first_person", "story")
    assert {names[place] for place in np.argsort(chat)[:5]} >= {"first_person", "story", "exclamations"}


def test_other_languages_have_no_score_and_stop_the_build_or_pass() -> None:
    batch = documents(FACTS, FACTS, FACTS, FACTS, language=["en", "de", None, "en-GB"])
    scores = scores_of_batch(STAGE, batch)
    assert [value is None for value in scores.column("density").to_pylist()] == [False, True, False, False]
    (stop,) = STAGE.keep(scores, DensityConfig(min_density=-9), Context())
    assert stop.failed.to_pylist() == [False, None, False, False]
    assert "drop other languages" in stop.unjudged
    (let,) = STAGE.keep(scores, DensityConfig(min_density=9, without_list="pass"), Context())
    assert let.failed.to_pylist() == [True, False, True, True]


def test_without_a_rule_everything_stays() -> None:
    assert STAGE.keep(scores_of_batch(STAGE, documents(FACTS)), DensityConfig(), Context()) == []


@pytest.mark.parametrize("cuts", [(), (40,), (7, 40, 41)])
def test_the_densest_share_stays_however_the_corpus_is_cut(cuts: tuple[int, ...]) -> None:
    found = [text for pair in pairs()[:50] for text in (pair["plain"], pair["padded"])]
    scores = scores_of_batch(STAGE, documents(*found, "Ein Satz.", language=["en"] * len(found) + ["de"]))
    config = DensityConfig(keep_top_percent=12.5, without_list="pass")
    bounds = [0, *cuts, scores.num_rows]
    batches = [scores.slice(a, b - a) for a, b in pairwise(bounds)]
    state = state_of(STAGE, config, batches)
    stay = [not f for batch in batches for f in STAGE.keep(batch, config, Context(state=state))[0].failed.to_pylist()]
    values = scores.column("density").to_pylist()[:-1]
    assert stay[-1]
    assert sum(stay[:-1]) == 13
    assert min(v for v, s in zip(values, stay, strict=False) if s) >= max(
        v for v, s in zip(values, stay, strict=False) if not s
    )


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    model = read_density_model(SHIPPED / WORDS, SHIPPED / WEIGHTS)
    write_density_model(model, tmp_path)
    assert (tmp_path / WEIGHTS).read_bytes() == (SHIPPED / WEIGHTS).read_bytes()
    assert (tmp_path / WORDS).read_bytes() == (SHIPPED / WORDS).read_bytes()


@pytest.mark.parametrize("lacks", ["story", "brevity"])
def test_a_model_of_other_terms_is_refused(tmp_path: Path, lacks: str) -> None:
    other = json.loads((SHIPPED / WEIGHTS).read_bytes())
    (other["signals"] if lacks in other["signals"] else other).pop(lacks)
    (tmp_path / WEIGHTS).write_text(json.dumps(other))
    with pytest.raises(ConfigError, match="train it again"):
        read_density_model(SHIPPED / WORDS, tmp_path / WEIGHTS)
    with pytest.raises(ValueError, match="nothing at"):
        DensityConfig(model=str(tmp_path / "none"))


def test_files_of_two_models_are_no_model(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    (folder / WEIGHTS).write_bytes((SHIPPED / WEIGHTS).read_bytes() + b"\n")
    with pytest.raises(ConfigError, match="weights.json is not the file of its manifest"):
        STAGE.load(DensityConfig(model=str(folder)))
    with pytest.raises(ConfigError, match="weights.json is a file; name the folder"):
        STAGE.load(DensityConfig(model=str(folder / WEIGHTS)))


def test_an_empty_batch_is_legal() -> None:
    scores = scores_of_batch(STAGE, documents())
    assert scores.num_rows == 0
    assert scores.schema.field("density").type == pa.float32()
