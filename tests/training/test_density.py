"""Trains on the pairs, which the shipped model never saw, to see that training works; the model is thrown away."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from curation_lib.cli import cli
from curation_lib.core.artefact import MANIFEST, METRICS, ModelManifest
from curation_lib.core.errors import ConfigError
from curation_lib.filters.density import SHIPPED, STAGE, DensityConfig
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.density_training import Training, train_from_files
from curation_lib.text.density_scores import density_scores, load_density
from curation_lib.text.density_signals import SIGNALS, SIGNS
from curation_lib.training.density import DensityTraining, train
from curation_lib.training.density_fit import MOST_BREVITY, auc, brevity, fit, rank_correlation
from curation_lib.training.density_model import HOLDS, KIND, LIBRARIES, Document, card, train_density
from curation_lib.training.density_texts import Text, cut, mixtures
from curation_lib.training.writing import Described
from tests.filters.judging import documents, scores_of_batch

PAIRS = Path(__file__).resolve().parents[1] / "golden" / "density" / "pairs.jsonl"


@pytest.fixture(scope="module")
def found() -> list[Document]:
    """The first 160 pairs as four sources of each label."""
    pairs = [json.loads(line) for line in PAIRS.read_text().splitlines()][:160]
    return [
        Document(pair[member], label, f"{label}-{n % 4}", "CC0-1.0")
        for n, pair in enumerate(pairs)
        for member, label in (("plain", "dense"), ("padded", "polished"))
    ]


def test_the_command_trains_a_model_that_the_filter_takes(found: list[Document], tmp_path: Path) -> None:
    arguments = ["density", "train", "--output", str(tmp_path / "model"), "--json"]
    for source in sorted({(one.label, one.source) for one in found}):
        path = tmp_path / f"{source[1]}.jsonl"
        rows = [{"text": one.text, "license": one.license} for one in found if (one.label, one.source) == source]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        arguments += [f"--{source[0]}", str(path)]
    answer = CliRunner().invoke(cli, arguments)
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output.splitlines()[-1])
    assert told["metrics"]["trained"] == len(found)
    unseen = [json.loads(line) for line in PAIRS.read_text().splitlines()][160:]
    batch = documents(*(pair[member] for member in ("plain", "padded") for pair in unseen))
    scores = scores_of_batch(STAGE, batch, model=str(tmp_path / "model")).column("density").to_numpy()
    assert auc(scores, np.arange(len(scores)) < len(unseen)) > 0.9
    config = DensityConfig(model=str(tmp_path / "model"))
    assert STAGE.facts
    assert STAGE.facts(STAGE.load(config))["fingerprint"] == told["fingerprint"]
    assert "| dense | dense-0 | 40 |" in (tmp_path / "model" / "card.md").read_text()


def test_equal_documents_in_any_order_give_equal_bytes(found: list[Document], tmp_path: Path) -> None:
    train_density(tmp_path / "a", "one", None, found[:80], DensityTraining())
    train_density(tmp_path / "b", "one", None, [*reversed(found[:80]), *found[:3]], DensityTraining())
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["card.md", "manifest.json", "metrics.json", "weights.json", "words.npz"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_every_file_is_a_source_of_its_own_whatever_its_name(found: list[Document], tmp_path: Path) -> None:
    """`v1.0` and `v1.1` are two, as are files of one name in two folders or under two labels; rows that cannot be read
    are counted."""
    names = {
        "dense-0": "v1.0.jsonl",
        "dense-1": "v1.1.jsonl",
        "polished-0": "one/v1.0.jsonl",
        "polished-1": "two/v1.0.jsonl",
    }
    for source, name in names.items():
        path = tmp_path / source.partition("-")[0] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [json.dumps({"text": one.text, "license": one.license}) for one in found if one.source == source][:20]
        path.write_text("\n".join([*rows, "{"] if source == "dense-1" else rows))
    inputs = {label: [str(tmp_path / label)] for label in ("dense", "polished")}
    manifest = train_from_files(Training(inputs, "one"), tmp_path / "model", LocalScheduler(1))
    assert [(one.label, one.name, one.documents) for one in manifest.data] == [
        ("dense", "v1.0", 20), ("dense", "v1.1", 20), ("polished", "one/v1.0", 20), ("polished", "two/v1.0", 20)
    ]  # fmt: skip
    metrics = json.loads((tmp_path / "model" / METRICS).read_bytes())
    assert metrics["unreadable"] == {"dense": 1, "polished": 0}
    assert "1 rows could not be read" in (tmp_path / "model" / "card.md").read_text()


def test_a_source_of_both_labels_is_one_of_each(found: list[Document], tmp_path: Path) -> None:
    some = [one._replace(source=one.source.replace("polished-0", "dense-0")) for one in found[:40]]
    manifest = train_density(tmp_path / "a", "one", None, some, DensityTraining())
    assert [one.name for one in manifest.data if "/" in one.name] == ["dense/dense-0", "polished/dense-0"]
    assert set(json.loads((tmp_path / "a" / METRICS).read_bytes())["auc_left_out"]) == {
        one.name for one in manifest.data
    }


def test_the_shipped_card_is_what_the_code_says_of_the_shipped_model_and_names_copyleft() -> None:
    manifest = ModelManifest.model_validate_json((SHIPPED / MANIFEST).read_bytes())
    made = Described(manifest.name, KIND, manifest.license, manifest.settings, manifest.data, LIBRARIES, HOLDS)
    text = (SHIPPED / "card.md").read_text()
    assert (
        card(made, json.loads((SHIPPED / METRICS).read_bytes())).partition("licence")[2] == text.partition("licence")[2]
    )
    assert manifest.holds == HOLDS
    copyleft = [
        n
        for one in manifest.data
        for name, n in one.licenses.items()
        if "GPL" in name or "GFDL" in name or "-SA-" in name
    ]
    assert f"{sum(copyleft):,} of them are under copyleft licences." in text
    assert f"The model holds {HOLDS}." in text


def test_one_source_of_a_label_is_refused() -> None:
    texts = [Text("a b c", True, "one"), Text("d e f", False, "two"), Text("g h i", False, "three")]
    with pytest.raises(ConfigError, match="two sources"):
        train(texts, DensityTraining())


def test_no_weight_goes_against_its_sign_even_where_the_labels_would_have_it() -> None:
    draw = np.random.default_rng(3)
    z = draw.normal(size=(400, len(SIGNALS)))
    dense = z[:, SIGNALS.index("numbers")] + z[:, SIGNALS.index("hedges")] > 0
    weights, _ = fit(z, dense, np.full(400, 1 / 400), 0.001)
    assert (weights * SIGNS >= 0).all()
    assert weights[SIGNALS.index("hedges")] == 0
    assert weights.argmax() == SIGNALS.index("numbers")


def test_mixtures_keep_the_facts_and_not_the_length(found: list[Document]) -> None:
    made = mixtures([Text(one.text, one.label == "dense", one.source) for one in found])
    passages, padded = made[::2], made[1::2]
    assert all(one.dense for one in passages)
    assert not any(one.dense for one in padded)
    assert all(one.source.startswith("dense") for one in made)
    assert all(
        one.text.split(". ")[0].split("? ")[0] in other.text for one, other in zip(passages, padded, strict=True)
    )
    assert any(len(one.text) > len(other.text) for one, other in zip(passages, padded, strict=True))


def test_training_reaches_the_correlation_with_length_that_it_is_told_and_leaves_the_weights(
    found: list[Document], tmp_path: Path
) -> None:
    """Texts of each label in the same many lengths; words are those of the other folds in training, all here."""
    made = []
    for label, source in sorted({(one.label, one.source) for one in found}):
        whole = "\n\n".join(one.text for one in found if one.source == source)
        for length in (300, 600, 1_200, 2_400):
            made += [Document(text, label, source, "CC0-1.0") for text in cut(whole, length)[:6]]
    models, reached = [], []
    for target in (0.0, -0.3):
        folder = tmp_path / str(target)
        manifest = train_density(folder, "one", None, made, DensityTraining(length_correlation=target))
        told = json.loads((folder / METRICS).read_bytes())
        models.append(load_density(str(folder)).model)
        scores, _ = density_scores(pa.array([one.text for one in made], pa.large_string()), models[-1])
        reached.append(rank_correlation(scores, np.array([float(len(one.text)) for one in made])))
        assert manifest.settings["length_correlation"] == target
        assert f"documents is {told['length_correlation']['score']:.3f}" in (folder / "card.md").read_text()
        assert told["brevity"] == models[-1].brevity
    assert told["length_correlation"]["signals"] > -0.2
    assert told["length_correlation"]["score"] == pytest.approx(-0.3, abs=0.01)
    assert reached[1] == pytest.approx(-0.3, abs=0.1)
    assert reached[0] > -0.2
    assert (models[0].brevity, models[0].bias) == (0.0, models[1].bias)
    assert models[1].brevity > 0
    assert (models[0].weights == models[1].weights).all()


@given(
    st.lists(st.tuples(st.floats(-4, 4), st.integers(6, 16)), min_size=2, max_size=40),
    st.floats(-0.5, 0, exclude_max=True),
)
def test_brevity_is_the_least_that_reaches_the_target(rows: list[tuple[float, int]], target: float) -> None:
    score, length = (np.array(column, float) for column in zip(*rows, strict=True))
    assert brevity(score, -length, 0.0) == 0
    if rank_correlation(score - MOST_BREVITY * length, length) > target:
        with pytest.raises(ConfigError, match="length_correlation .* cannot be reached"):
            brevity(score, -length, target)
        return
    found = brevity(score, -length, target)
    assert found >= 0
    assert rank_correlation(score - found * length, length) <= target
    if found > 1e-6:
        assert rank_correlation(score - found * (1 - 1e-6) * length, length) > target


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=40))
def test_rank_correlation_is_scipys(rows: list[tuple[int, int]]) -> None:
    one, other = (np.array(column, float) for column in zip(*rows, strict=True))
    assume(np.ptp(one) and np.ptp(other))
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic, abs=1e-12)


@pytest.mark.parametrize("length", [1, 7, 100])
def test_cutting_loses_no_character_but_the_short_end(length: int) -> None:
    text = "One two  three\nfour five six seven."
    runs = cut(text, length)
    assert text.startswith("".join(runs))
    assert all(len(run) >= length for run in runs) or runs == [text]


@pytest.mark.parametrize(("score", "wanted"), [([3, 2, 1, 0], 1.0), ([0, 1, 2, 3], 0.0), ([1, 1, 1, 1], 0.5)])
def test_auc(score: list[float], wanted: float) -> None:
    assert auc(np.array(score, float), np.array([True, True, False, False])) == wanted
