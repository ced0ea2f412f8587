"""A small build of real pages and texts by the `winnow` command, and every question that a store answers."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
import zstandard
from fastwarc.warc import ArchiveIterator

FILTERS = {
    "filters.gopher_repetition": {f"max_dup_{n}_gram_frac": 0.4 for n in range(5, 11)},
    "filters.gopher_quality": {"min_alphabetic_word_ratio": 0.5, "without_list": "pass"},  # pages of many languages
    "filters.c4_quality": {"max_curly_brackets": None},
    "filters.fineweb_quality": {"max_char_dup_ratio": 0.1},
}
"""The rules of web prose, let out a little for manuals."""


@dataclass(frozen=True)
class Place:
    folder: Path
    recipe: Path
    store: Path
    result: dict[str, Any]
    output: str

    def counts(self) -> dict[str, dict[str, Any]]:
        return {step: c for step, c in self.result["funnel"].items() if c}

    def rows(self, step: str, kind: str) -> pd.DataFrame:
        directory = next(s["directory"] for s in self.result["steps"] if s["step"] == step)
        files = sorted((self.store / directory).glob(f"{kind}*.parquet"))
        return pd.concat([pd.read_parquet(f) for f in files], ignore_index=True)


def winnow(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from curation_lib.cli import main; main()", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )


def answer(*arguments: object) -> dict[str, Any]:
    done = winnow(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def head_of_warc(path: Path, target: Path, records: int) -> None:
    """The first records of a WARC that is compressed record by record."""
    with path.open("rb") as file:
        end = next(r.stream_pos for n, r in enumerate(ArchiveIterator(file, parse_http=False)) if n == records)
        file.seek(0)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read(end))


def part_of_jsonl(path: Path, target: Path, rows: int, word: str = "") -> None:
    """The first rows with `word` in their ids."""
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as text:
        lines = (line for line in io.TextIOWrapper(text, "utf-8") if word in json.loads(line).get("id", ""))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(islice(lines, rows)))


def recipe_of(folder: Path, model: str, **changes: Any) -> dict[str, Any]:
    plain = [{"normalize.plain": {"language_model": model}}]
    page = [{"normalize.html": {"language_model": model}}]
    as_it_is = [{"normalize.plain": {"language_model": model, "clean": False}}]
    gsm8k = {"name": "gsm8k", "paths": str(folder / "gsm8k.jsonl"), "fields": ["question"]}
    return {
        "corpus": "real",
        "sources": {
            "debian": {"stage": "sources.warc", "paths": str(folder / "debian"), "license": "GFDL-1.3", "normalize": page},
            "english": {"stage": "sources.jsonl", "paths": str(folder / "english"), "normalize": plain},
            "versions": {"stage": "sources.jsonl", "paths": str(folder / "versions"), "license": "CC-BY-4.0", "normalize": plain},
            "tasks": {"stage": "sources.records", "paths": str(folder / "tasks"), "license": "Apache-2.0", "normalize": as_it_is},
        },
        "stages": ["dedup.exact", "dedup.minhash", "dedup.prompts", *({name: settings} for name, settings in FILTERS.items())],
        "licenses": {"allow": ["GFDL-*", "CC-BY-4.0", "MIT", "Apache-2.0", "CC0-1.0"]},
        "mixes": {
            "pretrain": {"weights": [{"weight": 1}]},
            "midtrain": {
                "weights": [{"source": "versions", "weight": 1}], "token_budget": 100_000, "max_epochs": 2, "benchmarks": [gsm8k]
            },
            "posttrain": {"weights": [{"source": "tasks", "weight": 1}], "token_budget": 2_000, "benchmarks": [gsm8k]},
        },
        **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def place(data: Path, language_model: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("real")
    head_of_warc(data / "warc" / "debian-html-docs-sample.warc.gz", folder / "debian" / "a.warc.gz", 120)
    part_of_jsonl(data / "text" / "english.jsonl.zst", folder / "english" / "a.jsonl", 150)
    for word in ("CimCmdlets", "PSReadLine"):  # five versions of each page
        pages = data / "dedup" / "powershell-versions.docs.jsonl.zst"
        part_of_jsonl(pages, folder / "versions" / f"{word}.jsonl", 200, word)
    part_of_jsonl(data / "bench" / "gsm8k" / "test.jsonl.zst", folder / "gsm8k.jsonl", 200)
    part_of_jsonl(data / "post" / "self-instruct-seed.jsonl.zst", folder / "seeds.jsonl", 175)
    tasks = [json.loads(line) for line in (folder / "seeds.jsonl").read_text().splitlines()]
    records = [{"id": t["id"], "prompt": t["instruction"], "answer": t["instances"][0]["output"]} for t in tasks]
    (folder / "tasks").mkdir()
    (folder / "tasks" / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    recipe = folder / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(recipe_of(folder, language_model), sort_keys=False))
    store = folder / "store"
    done = winnow("build", recipe, "--store", store, "--workers", 2, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return Place(folder, recipe, store, json.loads(done.stdout.splitlines()[-1]), done.stdout)


def test_the_funnel_adds_up_and_passes_on(place: Place) -> None:
    counts = place.counts()
    for step, c in counts.items():
        out = c["kept"] + sum(c["dropped"].values()) + sum(c["quarantined"].values()) + c["skipped"]
        assert c["rows_in"] + c["created"] == out, step
    sources = [c["kept"] for step, c in counts.items() if step.startswith("sources.")]
    assert counts["dedup.exact"]["rows_in"] == sum(sources)
    chain = [
        "dedup.exact",
        "dedup.minhash",
        "dedup.prompts",
        "filters.block",
        "export.licenses",
        "mix.pretrain",
        "export.pretrain",
    ]
    for before, after in pairwise(chain):
        assert counts[after]["rows_in"] == counts[before]["kept"], after
    assert counts["dedup.minhash"]["dropped"]["dedup.minhash.near_duplicate"] > 10
    assert sum(counts["filters.block"]["dropped"].values()) > 10
    assert counts["mix.midtrain"]["created"] + counts["mix.midtrain"]["kept"] > 0


def test_the_funnel_is_shown(place: Place) -> None:
    assert f"build {place.result['build_id']}" in place.output
    for step, c in place.counts().items():
        line = next(line for line in place.output.splitlines() if line.split()[:1] == [step] and "(" not in line)
        assert f"{c['kept']:,}" in line.split(), line


def traced(place: Place, document: str) -> dict[str, Any]:
    (history,) = answer("trace", document, "--store", place.store)["documents"]
    return history  # type: ignore[no-any-return]


def events(history: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e for e in history["events"] if e["event"] == kind]


def test_trace_of_a_kept_document(place: Place) -> None:
    kept = place.rows("export.licenses", "part").iloc[0]
    history = traced(place, kept["doc_id"])
    assert (history["outcome"], history["url"]) == ("kept", kept["url"])
    exported = {e["phase"]: e["copies"] for e in events(history, "exported")}
    assert exported["pretrain"] == 1
    scores = next(e["scores"] for e in history["events"] if e["step"] == "filters.block")
    assert set(scores) == set(FILTERS)


def test_trace_of_a_filtered_document_by_url(place: Place) -> None:
    drops = place.rows("filters.block", "ledger/drops-")
    drop = drops[drops["url"].notna() & ~drops["url"].duplicated(keep=False)].iloc[0]
    history = traced(place, drop["url"])
    (event,) = events(history, "dropped")
    assert history["outcome"] == "dropped"
    assert (event["stage"], event["rule"]) == (drop["stage"], drop["rule"])
    assert (event["score"], event["threshold"]) == pytest.approx((drop["score"], drop["threshold"]))
    assert event["step"] == history["events"][-1]["step"] == "filters.block"


def test_trace_of_a_near_duplicate(place: Place) -> None:
    drop = place.rows("dedup.minhash", "ledger/drops-").iloc[0]
    (event,) = events(traced(place, drop["doc_id"]), "dropped")
    assert (event["rule"], event["kept_twin"]) == ("near_duplicate", drop["kept_twin"])
    assert 0.7 <= event["score"] <= 1
    twin = traced(place, drop["kept_twin"])
    assert twin["url"] == event["twin_url"]
    assert [e["event"] for e in twin["events"] if e["step"] == "dedup.minhash"] == ["kept"]


def test_trace_is_readable_and_knows_what_it_does_not_know(place: Place) -> None:
    drop = place.rows("dedup.minhash", "ledger/drops-").iloc[0]
    shown = winnow("trace", drop["doc_id"], "--store", place.store)
    assert "dedup.minhash.near_duplicate" in shown.stdout
    unknown = winnow("trace", "https://nowhere.example/", "--store", place.store)
    assert unknown.returncode == 1
    assert len(unknown.stderr.splitlines()) == 1
    assert "https://nowhere.example/" in unknown.stderr


def test_sample_reads_what_a_rule_removed(place: Place) -> None:
    drops = place.rows("filters.block", "ledger/drops-")
    stage, rule = drops.groupby(["stage", "rule"]).size().idxmax()
    build = place.result["build_id"][:6]
    found = answer("sample", build, "--store", place.store, "--dropped", f"{stage}.{rule}", "--limit", 3)["documents"]
    wanted = drops[(drops["stage"] == stage) & (drops["rule"] == rule)].sort_values("doc_id")["doc_id"][:3]
    assert [d["doc_id"] for d in found] == list(wanted)
    texts = place.rows("dedup.minhash", "part").set_index("doc_id")["text"]
    assert all(d["text"] and texts[d["doc_id"]].startswith(d["text"]) for d in found)
    wrong = winnow("sample", build, "--store", place.store, "--dropped", "no_such_rule")
    assert wrong.returncode == 1
    assert f"{stage}.{rule}" in wrong.stderr


def test_builds_lists_it(place: Place) -> None:
    (build,) = answer("builds", "--store", place.store)["builds"]
    assert build["build_id"] == place.result["build_id"]
    assert build["exported"]["pretrain"] == place.counts()["export.pretrain"]["kept"]


def test_exports_are_read_by_pandas_and_datasets(place: Place, tmp_path: Path) -> None:
    exports = place.store / "exports" / "real" / place.result["build_id"]
    for phase in ("pretrain", "midtrain", "posttrain"):
        kept = place.counts()[f"export.{phase}"]["kept"]
        frame = pd.read_parquet(exports / phase / "parquet")
        assert len(frame) == kept > 0
        assert frame["text"].str.len().min() > 0
        lines = 0
        for file in (exports / phase / "jsonl").glob("*.jsonl.zst"):
            with file.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as text:
                lines += sum(1 for line in io.TextIOWrapper(text, "utf-8") if json.loads(line)["text"])
        assert lines == kept
    script = (
        "import sys, datasets\n"
        "for kind, files in (('parquet', sys.argv[1]), ('json', sys.argv[2])):\n"
        "    print(datasets.load_dataset(kind, data_files=files, split='train').num_rows)\n"
    )
    files = [str(exports / "pretrain" / "parquet" / "*.parquet"), str(exports / "pretrain" / "jsonl" / "*.jsonl.zst")]
    offline = {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, *files], capture_output=True, text=True, check=False, env={**os.environ, **offline}
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(place.counts()["export.pretrain"]["kept"])] * 2


def test_the_card_names_what_it_is_made_of(place: Place) -> None:
    card = (place.store / "exports" / "real" / place.result["build_id"] / "pretrain" / "README.md").read_text()
    (build,) = answer("builds", "--store", place.store)["builds"]
    for word in (
        "debian",
        "english",
        "versions",
        "GFDL-1.3",
        "CC-BY-4.0",
        build["recipe_fingerprint"],
        place.result["build_id"],
    ):
        assert word in card, word


def test_gc_takes_what_no_build_needs_and_nothing_else(place: Place, language_model: str) -> None:
    """Runs last: a build that never finished leaves datasets behind, finished shuffles what they were gathered from,
    and gc removes those alone."""
    fresh = recipe_of(
        place.folder,
        language_model,
        corpus="other",
        stages=["dedup.exact", {"filters.length": {"min_characters": 900}}],
    )
    recipe = place.folder / "other.yaml"
    recipe.write_text(yaml.safe_dump(fresh, sort_keys=False))
    before = {str(p.relative_to(place.store)) for p in place.store.rglob("*") if p.is_file()}
    assert winnow("build", recipe, "--store", place.store, "--until", "filters.length", "--workers", 1).returncode == 0
    during = {str(p.relative_to(place.store)) for p in place.store.rglob("*") if p.is_file()}
    planned = answer("gc", "--store", place.store, "--dry-run")
    shuffled = {f"shuffle.{phase}" for phase in ("pretrain", "midtrain", "posttrain")}
    assert {d.split("/")[1] for d in planned["directories"]} == {"filters.length", *shuffled}
    assert {str(p.relative_to(place.store)) for p in place.store.rglob("*") if p.is_file()} == during
    done = answer("gc", "--store", place.store)
    assert (done["files"], done["removed"]) == (planned["files"], True)
    after = {str(p.relative_to(place.store)) for p in place.store.rglob("*") if p.is_file()}
    assert {p for p in after - before if not p.startswith("contracts/")} == set()
    assert {p for p in before - after if not p.startswith(("work/shuffle.", "shards/"))} == set()
    assert answer("gc", "--store", place.store)["files"] == 0
    again = answer("build", place.recipe, "--store", place.store, "--workers", 1)
    assert {s["state"] for s in again["steps"]} == {"reused"}
