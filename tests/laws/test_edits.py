"""A stage's books, applied to its immutable input, give its output byte for byte, and name what they took."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.registry import find
from curation_lib.core.stage import Map
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store
from tests.laws.conftest import Built
from tests.laws.ledger_rules import side_of
from tests.laws.real_documents import write_documents
from tests.laws.replaying import check_replay, rows
from tests.laws.stage_table import SETTINGS, stages
from tests.runner.corpora import RAW, run_steps

EDITING_MAPS = [s.name for s in stages(Map) if s.consumes == s.produces == DOCUMENT]
BLOCK = "filters.block" if len(EDITING_MAPS) == 1 else "filters.block_2"
"""Neighbouring Maps are a block, too, and stand before the filters."""
FILTERS: list[Any] = [
    {"filters.language": {"languages": ["en", "de", "fr", "es"], "min_language_score": 0.5}},
    "filters.gopher_repetition",
    {"filters.gopher_quality": {"min_words": 30, "without_list": "pass"}},
    {"filters.c4_quality": {"min_sentences": 3}},
    {"filters.fineweb_quality": {"min_line_punct_ratio": 0.05}},
]


def test_books_lead_from_each_input_to_its_output(built: Built) -> None:
    found, made_by = {}, {}
    for step in built.build.steps:
        manifest = complete(built.store, step.directory)
        if manifest and manifest.inputs and not step.step.startswith(("mix.", "shuffle.", "export.")):
            assert all(find(s["stage"]).consumes == find(s["stage"]).produces == DOCUMENT for s in manifest.stages)
            found[step.step] = check_replay(built.store, manifest)
            made_by[step.step] = [s["stage"] for s in manifest.stages]
    assert found["dedup.spans"] == 2
    assert found["filters.c4_lines"] > 10
    assert found["filters.boilerplate_lines"] > 0
    assert found["dedup.minhash"] == 0
    assert found[next(step for step in found if "filters.decontaminate" in made_by[step])] == 3


@pytest.fixture(scope="module")
def real(
    data: Path, language_model: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Store, dict[str, Manifest]]:
    """Real documents in many languages through span dedup, every Map that edits, and a block of filters."""
    folder = tmp_path_factory.mktemp("edits")
    write_documents(data, folder / "inputs")
    source = {"stage": "sources.jsonl", "paths": str(folder / "inputs"), "license": "MIT"}
    recipe = {
        "corpus": "real",
        "sources": {"real": {**source, "normalize": [{"normalize.plain": {**RAW, "identify_language": True, "language_model": language_model}}]}},
        "stages": [
            "dedup.exact",
            {"dedup.spans": {"min_tokens": 25}},
            *({name: SETTINGS.get(name, {})} for name in EDITING_MAPS),
            *FILTERS,
        ],
        "licenses": {"allow": ["*"], "unknown": True},
        "mixes": {"pretrain": {"default_weight": 1.0}},
    }  # fmt: skip
    done = run_steps(recipe, folder / "store", until=BLOCK)
    store = Store(str(folder / "store"))
    return store, {s.step: complete(store, s.directory) for s in done.steps}


def test_a_whole_real_dataset_is_its_input_less_what_the_books_say(real: tuple[Store, dict[str, Manifest]]) -> None:
    store, manifests = real
    counted = {step: check_replay(store, m) for step, m in manifests.items() if m.inputs}
    (maps,) = (step for step, m in manifests.items() if {s["stage"] for s in m.stages} == set(EDITING_MAPS))
    assert {step: m.counts["edited"] for step, m in manifests.items() if m.inputs} == counted
    assert counted["dedup.spans"] > 100
    assert counted[maps] > 1000
    rules = Counter(
        e["rule"] for n in range(len(manifests[maps].shards)) for e in rows(store, manifests[maps], n, "edits")
    )
    assert {"min_words_per_line", "no_terminal_punct", "whitespace"} <= set(rules)


def test_a_ledger_row_shows_rule_score_and_threshold(real: tuple[Store, dict[str, Manifest]]) -> None:
    """Against the stored scores, in plain Python: the first rule that a document fails takes it, the others stand in
    also_failed, and what is kept fails none."""
    store, manifests = real
    block = manifests[BLOCK]
    assert block.counts["kept"] > 50
    fired = {rule for rule, n in block.counts["dropped"].items() if n}
    assert {rule.rpartition(".")[0] for rule in fired} >= {next(iter(f)) if isinstance(f, dict) else f for f in FILTERS}
    for number, shard in enumerate(block.shards):
        failures = _failures(store, block, number)
        drops = {row["doc_id"]: row for row in rows(store, block, number, "drops")}
        assert len(failures) == shard.counts["rows_in"]
        assert {id for id, failed in failures.items() if failed} == set(drops)
        for id, row in drops.items():
            (stage, rule, score, threshold), *others = failures[id]
            assert (row["stage"], row["rule"], row["score"], row["threshold"]) == (stage, rule, score, threshold)
            assert row["also_failed"] == [r if s == stage else f"{s}.{r}" for s, r, _, _ in others]


Failure = tuple[str, str, float, float]


def _failures(store: Store, block: Manifest, number: int) -> dict[str, list[Failure]]:
    """Each document's failures in order, from the scores' files and the settings in the manifest."""
    failed: dict[str, list[Failure]] = {}
    for stage in block.stages:
        directory = block.facts["scores"][stage["stage"]]
        for row in _scores(store, directory, number):
            mine = failed.setdefault(row["doc_id"], [])
            for name in find(stage["stage"]).config.model_fields:
                limit, score = stage["config"].get(name), row.get(name.partition("_")[2])
                if name == "languages" and row["language"] not in limit:
                    mine.append((stage["stage"], name, 0.0, 1.0))
                elif name.startswith(("min_", "max_")) and None not in (limit, score) and _beyond(name, score, limit):
                    mine.append((stage["stage"], name, float(score), float(limit)))
    return failed


def _beyond(name: str, score: float, limit: float) -> bool:
    return score < limit if name.startswith("min_") else score > limit


def _scores(store: Store, directory: str, number: int) -> list[dict[str, Any]]:
    return pq.read_table(store.path(f"{directory}/part-{number:05d}.parquet")).to_pylist()  # type: ignore[no-any-return]


def test_every_drop_of_a_build_of_real_documents_has_a_score_and_a_threshold(
    built: Built, real: tuple[Store, dict[str, Manifest]]
) -> None:
    made = [(built.store, complete(built.store, s.directory)) for s in built.build.steps]
    made += [(real[0], m) for m in real[1].values()]
    drops = [row for store, m in made for n in range(len(m.shards)) for row in rows(store, m, n, "drops")]
    assert len(drops) > 100
    for row in drops:
        assert row["rule"]
        assert None not in (row["score"], row["threshold"]), row
        assert side_of(f"{row['stage']}.{row['rule']}")(row["score"], row["threshold"]), row
    assert {"empty", "duplicate_content"} <= {row["rule"] for row in drops}
