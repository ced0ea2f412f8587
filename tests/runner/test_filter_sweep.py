"""A sweep of filter rates: what each rate keeps is the best of the text by score, and runs of it give an answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.runner import filter_sweep, machines
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.filter_sweep import judge, plan
from curation_lib.runner.kept_pools import KeptOrder, Scored, cuts, kept_documents, kept_pools
from curation_lib.runner.pool_documents import documents
from curation_lib.runner.pool_tokenizers import tokenizer_of
from curation_lib.runner.pools import opened
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.valuation.cost import Machine
from curation_lib.valuation.filter_sweep import FilterSweep, Ranking, load_sweep
from curation_lib.valuation.pool_settings import PoolSettings, TrainedTokenizer
from curation_lib.valuation.runs import Losses, Run, RunResult

MODEL = {"layers": 1, "heads": 2, "sequence_length": 32}
WORDS = "a heap of words that says little and another that says more about less".split()


def texts(seed: int, many: int = 90) -> list[str]:
    """Documents of all lengths, two of each length, so that scores tie."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 5 + n // 2)) for n in range(many)]


def written(folder: Path, **changes: Any) -> Path:
    for name, seed in (("corpus", 1), ("more", 2), ("target", 3)):
        rows = "\n".join(json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts(seed)))
        (folder / f"{name}.jsonl").write_text(rows)
    told = {
        "sweep": "short",
        "corpus": {"paths": [str(folder / "corpus.jsonl"), str(folder / "more.jsonl")]},
        "ranking": {"filter": "filters.length", "column": "bytes", "best": "lowest"},
        "tokenizer": {"train": 300, "megabytes": 1},
        "targets": {"other": {"paths": str(folder / "target.jsonl"), "documents": 10, "max_bytes": 200}},
        "settings": {"rates": [0.1, 0.3, 1.0], "seeds": 2, "draws": 200},
        "scales": [
            {
                "model": {**MODEL, "hidden": hidden},
                "tokens": 1500,
                "optimisation": {"batch_tokens": 128, "warmup_tokens": 500},
            }
            for hidden in (16, 24)
        ],
    }
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump({**told, **changes}))
    return path


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Store(str(tmp_path / "store")), LocalScheduler(1), batch_rows=16)


@pytest.mark.parametrize("best", ["lowest", "highest"])
def test_each_rate_keeps_the_best_share_of_the_text(tmp_path: Path, session: Session, best: str) -> None:
    written(tmp_path)
    corpus = documents(PoolSettings(paths=[str(tmp_path / f"{one}.jsonl") for one in ("corpus", "more")]), session)
    tokenizer = tokenizer_of(TrainedTokenizer(train=300), corpus, session)
    ranking = Ranking.model_validate({"filter": "filters.length", "column": "bytes", "best": best})
    found = kept_pools(corpus, ranking, [0.1, 0.3, 1.0, 1.0], tokenizer, session)
    sizes = np.sort([len(text) for text in texts(1) + texts(2)])[:: 1 if best == "lowest" else -1]
    for one in found:
        expected = sizes[: int(np.searchsorted(np.cumsum(sizes), one.rate * sizes.sum())) + 1]
        pool = opened(session.store, one.pool)
        assert sorted(pool.bytes.tolist()) == sorted(expected.tolist())
        assert pool.tokens == one.tokens
        assert len(set(pool.digests.tolist())) > 0.8 * len(expected), "documents are told apart"
    again = Session(session.store, LocalScheduler(1), batch_rows=1000)
    assert kept_pools(corpus, ranking, [0.1, 0.3, 1.0, 1.0], tokenizer, again) == found


def test_documents_without_a_score_come_last(tmp_path: Path, session: Session) -> None:
    """`filters.density` scores English alone."""
    rows = [{"id": str(n), "text": text, "language": "fr"} for n, text in enumerate(texts(1, 20))]
    rows += [{"id": f"e{n}", "text": f"{text} in English", "language": "en"} for n, text in enumerate(texts(2, 20))]
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    corpus = documents(PoolSettings(paths=[str(path)]), session)
    tokenizer = tokenizer_of(TrainedTokenizer(train=300), corpus, session)
    for best in ("highest", "lowest"):
        ranking = Ranking.model_validate({"filter": "filters.density", "column": "density", "best": best})
        (half,) = kept_pools(corpus, ranking, [0.5], tokenizer, session)
        english = {len(row["text"]) for row in rows if row["language"] == "en"}
        kept = opened(session.store, half.pool).bytes.tolist()
        assert set(kept) <= english


@pytest.mark.parametrize(
    ("ranking", "told"),
    [
        (
            {"filter": "filters.length", "column": "bites"},
            "filters.length has no score 'bites'; it has characters, bytes",
        ),
    ],
)
def test_a_ranking_by_nothing_is_refused(tmp_path: Path, session: Session, ranking: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        plan(load_sweep(written(tmp_path, ranking=ranking)), session)


@pytest.mark.parametrize(
    ("ranking", "told"),
    [
        ({"filter": "normalize.plain"}, "ranking.*filter: normalize.plain has no scores; name a filter"),
        ({"filter": "filters.lenght"}, "ranking.*filters.lenght.*filters.length"),
        ({"filter": "filters.length", "settings": {"mininum": 3}}, "ranking.*unknown key 'mininum'"),
    ],
)
def test_a_ranking_that_cannot_be_is_refused_before_a_document_is_read(
    tmp_path: Path, ranking: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        load_sweep(written(tmp_path, ranking={"column": "bytes", **ranking}))


def test_records_are_held_apart_from_what_they_are_measured_with(tmp_path: Path, session: Session) -> None:
    """Their digests are of prompt and answer on both sides, and answers alone are trained on."""
    rows = [{"id": str(n), "prompt": f"What is {n}?", "answer": text} for n, text in enumerate(texts(1, 40))]
    for name, some in (("asked", rows[:30]), ("apart", rows[30:]), ("same", rows[20:30])):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in some))
    read = {
        name: {"paths": str(tmp_path / f"{name}.jsonl"), "source": "sources.records"}
        for name in ("asked", "apart", "same")
    }
    given = {"corpus": read["asked"], "ranking": {"filter": "filters.length", "column": "bytes", "best": "lowest"}}
    with pytest.raises(ConfigError, match="target/other: 10 of its 10 documents are in corpus, too"):
        plan(load_sweep(written(tmp_path, **given, targets={"other": read["same"]})), session)
    planned = plan(load_sweep(written(tmp_path, **given, targets={"other": read["apart"]})), session)
    pool = opened(session.store, planned.kept[-1].pool)
    assert sorted(pool.bytes.tolist()) == sorted(len(row["answer"]) for row in rows[:30])
    assert pool.skipped.min() > 0


def test_models_that_grow_but_for_their_embeddings_are_refused(tmp_path: Path, session: Session) -> None:
    told = {"tokens": 1500, "optimisation": {"batch_tokens": 128, "warmup_tokens": 500}}
    models = {**MODEL, "hidden": 32}, {**MODEL, "hidden": 16, "layers": 4}
    with pytest.raises(ConfigError, match=r"scales: .* model 2 of hidden 16 [0-9,]+; give the later one a larger"):
        plan(load_sweep(written(tmp_path, scales=[{**told, "model": one} for one in models])), session)


def test_a_corpus_that_holds_what_it_is_measured_with_is_refused(tmp_path: Path, session: Session) -> None:
    targets = {"other": {"paths": str(tmp_path / "more.jsonl"), "documents": 10}}
    with pytest.raises(ConfigError, match=r"target/other: 10 of its 10 documents are in corpus, too"):
        plan(load_sweep(written(tmp_path, targets=targets)), session)


def test_scores_that_are_no_numbers_come_last(tmp_path: Path) -> None:
    """Of NaN the whole corpus would else be ordered behind a NaN, below which nothing is."""
    store = Store(str(tmp_path))
    documents = pa.table(
        {
            "doc_id": [f"{n:032x}" for n in range(4)],
            "text": ["a", "b", "c", "d"],
            "format": ["text"] * 4,
            "metadata": pa.nulls(4, pa.map_(pa.string(), pa.string())),
        }
    )
    scores = pa.table({"score": [np.nan, 0.5, None, 0.25]}, pa.schema([("score", pa.float64())]))
    pq.write_table(documents, tmp_path / "part.parquet")
    pq.write_table(scores, tmp_path / "scores.parquet")
    for sign, best in ((1.0, "b"), (-1.0, "d")):
        scored = Scored(store, (("part.parquet", "scores.parquet"),), "score", sign)
        kept = [KeptOrder(scored, "", None, last) for last in cuts(scored, [0.25, 0.5, 1.0])]
        texts = [sorted(one.text for one in kept_documents(order)) for order in kept]
        assert texts == [[best], ["b", "d"], ["a", "b", "c", "d"]]


def test_a_corpus_without_documents_is_refused(tmp_path: Path, session: Session) -> None:
    asked = load_sweep(written(tmp_path))
    (tmp_path / "corpus.jsonl").write_text("")
    with pytest.raises(ConfigError, match="corpus: no document is left"):
        plan(_of(asked, [tmp_path / "corpus.jsonl"]), session)
    some = plan(_of(asked, [tmp_path / "corpus.jsonl", tmp_path / "more.jsonl"]), session)
    assert some.kept[-1].tokens > 0


def _of(asked: FilterSweep, paths: Sequence[Path]) -> FilterSweep:
    return asked.model_copy(update={"corpus": PoolSettings(paths=[str(path) for path in paths])})


def test_rates_have_the_epochs_of_one_pass_over_the_corpus(tmp_path: Path, session: Session) -> None:
    planned = plan(load_sweep(written(tmp_path)), session)
    assert [one.rate for one in planned.kept] == [0.1, 0.3, 1.0]
    assert planned.target_tokens == planned.kept[-1].tokens
    for cell in planned.cells:
        (part,) = cell.run.parts
        assert cell.run.tokens / (part.tokens or 1) == pytest.approx(1 / cell.rate, rel=0.12)


def test_an_answer_is_that_of_the_runs_and_a_page(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = load_sweep(written(tmp_path))
    where = {cell.run.print: cell for cell in plan(asked, session).cells}
    held = np.full(10, 150)

    def carry_out(runs: Sequence[Run], session: Session, step: str) -> list[RunResult]:
        found = []
        for run in runs:
            cell = where[run.print]
            far = np.log10(cell.rate) - (-0.8 + 0.6 * cell.scale)
            lost = Losses((2 - 0.2 * cell.scale + 0.1 * far**2 + 1e-4 * (run.seed % 2)) * held, held)
            found.append(RunResult(run.print, dict.fromkeys(run.measures, lost), {"pool": 1 / cell.rate}, 1, 1.0, {}))
        return found

    monkeypatch.setattr(filter_sweep, "carry_out", carry_out)
    from curation_lib.audit.sweep_page import page

    report = judge(asked, plan(asked, session), session)
    assert [one["best"] for one in report["scales"]] == pytest.approx([10**-0.8, 10**-0.2], rel=0.01)
    assert report["claim"] == "claimed"
    assert report["slope"]["low"] > 0
    assert [row["epochs"] for row in report["scales"][0]["rates"]] == [10.0, 3.33, 1.0]
    shown = page(report)
    assert "smaller models want the more aggressive filter: claimed" in shown
    assert shown.count("<polyline") == 2


def test_a_trained_sweep_gives_an_answer_and_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="make setup-train")
    measured = []
    monkeypatch.setattr(machines, "calibrate", lambda *asked: measured.append(asked) or Machine("this one", 1e9, 1e9))
    store = tmp_path / "store"
    asked = ["filters", "sweep", str(written(tmp_path)), "--store", str(store), "--workers", "1", "--json"]
    told = CliRunner().invoke(cli, [*asked, "--plan"])
    planned = json.loads(told.output.splitlines()[-1])
    assert (planned["runs"], planned["left"]["runs"], planned["left"]["tokens"]) == (12, 12, 12 * 1536)
    assert [one["runs"] for one in planned["costs"]] == [12, 6]
    above = CliRunner().invoke(cli, [*asked, "--budget-tokens", "18000"])
    assert above.exit_code == 1
    assert "budget_tokens is 18,000, what is left to train takes 18,432; nothing was trained" in above.output
    assert not (store / "training").exists()
    done = CliRunner().invoke(cli, asked)
    assert done.exit_code == 0, done.output
    report = json.loads(done.output.splitlines()[-1])
    assert all(1 < row["loss"] < 9 for one in report["scales"] for row in one["rates"])
    epochs = [row["epochs"] for row in report["scales"][0]["rates"]]
    assert epochs == pytest.approx([10, 3.3, 1], rel=0.15)
    trained = sorted((store / "training").iterdir())
    assert len(trained) == 2 * 2 * 3
    page = (store / report["place"] / "sweep.html").read_bytes()
    again = CliRunner().invoke(cli, asked)
    assert json.loads(again.output.splitlines()[-1]) == report
    assert sorted((store / "training").iterdir()) == trained
    assert (store / report["place"] / "sweep.html").read_bytes() == page
    assert b"as it went, by the clock" in page
    assert [run.model.hidden for run, *_ in measured] == [16, 24], "each size is measured once"
