"""The ledger row of any dropped document shows rule, score and threshold, and the score lies on the side that fails."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import Filter, Group, Map, Stage
from curation_lib.runner.build import Build
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store
from tests.laws.conftest import Built
from tests.laws.ledger_rules import SIDES, side_of
from tests.laws.replaying import Rows, rows
from tests.laws.stage_table import SETTINGS, formats, stages
from tests.runner.corpora import RAW, asked, page, prose, run_steps, write_jsonl, write_records, write_warc
from tests.runner.corpora import response as answer

ITEM = Path(__file__).with_name("benchmark.jsonl").read_text().splitlines()[0]
DROPPING: dict[str, dict[str, Any]] = {
    "filters.url_blocklist": {"domains": ["blocked.example"]},
    "filters.language": {"languages": ["en", "ru"], "min_language_score": 0.0},
    "filters.length": {"min_characters": 40},
    "filters.decontaminate": {"action": "drop"},
    "filters.classifier": {"keep_top_percent": 50},
    "filters.density": {"min_density": 0.2, "without_list": "pass"},
    "filters.quality_buckets": {"min_bucket": 15},
    "filters.domains": {"drop_topics": ["unknown"], "keep_formats": ["legal"]},
    "filters.bad_words": {"without_list": "pass"},
    "synthetic.gates": {"min_batch": 3},
    "filters.gopher_quality": {"without_list": "pass"},
}
"""Settings that a stage needs to judge the documents of `corpus` and to drop one, beside those of the other laws."""


def corpus(folder: Path) -> dict[str, Any]:
    """Sources with a document for every stage that the build of every stage has none for."""
    texts = {
        "short": "Too short to keep.",
        "bare": "No sentence ends on any of these lines",
        "code": "for (int i = 0; i < n; i++) { total += values[i]; }\n" * 30,
        "furniture": "Home\nShare\n3 likes\n",
        "whole": prose(4),
        "quoted": "\n".join(prose(4).split("\n")[2:6]),
        "item": ITEM,
        "address": "https://a.example/only",
        "scattered": " ".join(f"{'abcdef'[n % 6] * 3} {'ghijk'[n % 5] * 3}." for n in range(18)),
    }
    documents = [{"id": name, "text": text, "language": "en"} for name, text in texts.items()]
    documents += [
        {"id": "blocked", "url": "https://www.blocked.example/x", "text": prose(1), "language": "en"},
        {"id": "french", "text": prose(2), "language": "fr"},
        {"id": "latin", "text": prose(3), "language": "ru"},
    ]
    write_jsonl(folder / "rows" / "a.jsonl", [*documents, *children()])
    pages = [answer(f"https://a.example/{n}", body) for n, body in enumerate((b"<p>Gone</p>", b"<p></p>", page(5)))]
    write_warc(folder / "pages" / "p.warc.gz", [pages[0].replace(b"200 OK", b"404 No"), *pages[1:]])
    write_records(folder / "talk")
    source = {"license": "MIT", "normalize": [{"normalize.plain": {"clean": False, **RAW}}]}
    return {
        "talk": {"stage": "sources.records", "paths": str(folder / "talk"), **source},
        "rows": {"stage": "sources.jsonl", "paths": str(folder / "rows"), **source},
        "pages": {**source, "stage": "sources.warc", "paths": str(folder / "pages"), "normalize": [{"normalize.html": RAW}]},
    }  # fmt: skip


def foreign(folder: Path) -> dict[str, Any]:
    """A recipe whose mixes take what does not belong into their phases."""
    question = orjson.loads(ITEM)["question"]
    rows = [
        {"id": "item", "text": ITEM},
        {"id": "template", "text": f"<|im_start|>user\n{prose(1)}<|im_end|>"},
        {"id": "nobody's", "text": prose(2), "license": "unknown"},
        {"id": "good", "text": prose(3)},
    ]
    records = [asked(1), {**asked(1), "id": "again"}, {"id": "leak", "prompt": question, "answer": prose(4)}]
    write_jsonl(folder / "rows" / "a.jsonl", rows)
    write_jsonl(folder / "records" / "a.jsonl", records)
    plain = {"license": "MIT", "normalize": [{"normalize.plain": {"clean": False, **RAW}}]}
    benchmarks = SETTINGS["filters.decontaminate"]["benchmarks"]
    return {
        "corpus": "foreign",
        "sources": {
            kind: {"stage": stage, "paths": str(folder / kind), **plain}
            for kind, stage in (("rows", "sources.jsonl"), ("records", "sources.records"))
        },
        "licenses": {"allow": ["MIT"], "unknown": True},
        "mixes": {phase: {"weights": [{"weight": 1}], "benchmarks": benchmarks} for phase in ("midtrain", "posttrain")},
    }


def children() -> list[dict[str, Any]]:
    """Generated documents: one for each outcome that is no success, and a form whose documents all begin alike."""
    outcomes = ("refused", "truncated", "format", "http_503", "over_budget", "ok")
    failed: list[dict[str, Any]] = [{"synthetic_outcome": o, "synthetic_seed_text": prose(1)} for o in outcomes]
    failed.append({"synthetic_seed_text": prose(1)})
    rows = [{"text": "", **noted} for noted in failed]
    for n in range(4):
        source = prose(60 + n)
        words = source.replace(".", " ").replace("\n", " ").lower().split()
        text = "This is what it says. " + ". ".join(" ".join(words[i : i + 9][::-1]) for i in range(0, 90, 9)) + "."
        rows.append(
            {"text": text, "synthetic_outcome": "ok", "synthetic_form": "summary", "synthetic_seed_text": source}
        )
    return [{"id": f"child-{n}", "format": "synthetic", "language": "en", **row} for n, row in enumerate(rows)]


def drops(store: Store, build: Build) -> Rows:
    """Every row of every dataset's ledger."""
    manifests = [complete(store, step.directory) for step in build.steps]
    return [row for m in manifests for n in range(len(m.shards)) for row in rows(store, m, n, "drops")]


@pytest.fixture(scope="module")
def ledgers(built: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """Ledger rows by stage: of the build of every stage, and of every stage by itself."""
    folder, found = tmp_path_factory.mktemp("ledgers"), drops(built.store, built.build)
    sources = corpus(folder)
    for stage in (s for s in stages(Map, Filter, Group) if judges(s)):
        settings = SETTINGS.get(stage.name, {}) | DROPPING.get(stage.name, {})
        recipe = {
            "corpus": "ledgers",
            "sources": sources,
            "stages": [{stage.name: settings}],
            "licenses": {"allow": ["MIT"]},
            "mixes": {"pretrain": {"default_weight": 1.0}},
        }
        found += drops(Store(str(folder / "store")), run_steps(recipe, folder / "store", until=stage.name))
    found += drops(Store(str(folder / "mixed")), run_steps(foreign(folder / "foreign"), folder / "mixed"))
    by_stage: dict[str, Rows] = {}
    for row in found:
        by_stage.setdefault(row["stage"], []).append(row)
    return by_stage


def judges(stage: Stage) -> bool:
    """Whether a stage takes documents and may stand among a recipe's `stages`."""
    return stage.consumes == DOCUMENT and not stage.name.startswith(("mix.", "export."))


NEVER_DROPS = ("synthetic.seeds", "synthetic.generate", *(f"export.{name}" for name in formats()))


@pytest.mark.parametrize("stage", [s.name for s in stages(Map, Filter, Group) if s.name not in NEVER_DROPS])
def test_every_drop_has_a_rule_a_score_and_a_threshold(stage: str, ledgers: dict[str, Rows]) -> None:
    assert ledgers.get(stage), "no document of these corpora is dropped; add one"
    for row in ledgers[stage]:
        assert row["rule"]
        assert None not in (row["score"], row["threshold"]), row
        assert side_of(f"{stage}.{row['rule']}")(row["score"], row["threshold"]), row


def test_every_rule_with_a_direction_of_its_own_was_seen(ledgers: dict[str, Rows]) -> None:
    fired = Counter(f"{row['stage']}.{row['rule']}" for found in ledgers.values() for row in found)
    assert sorted(set(SIDES) - set(fired)) == []
