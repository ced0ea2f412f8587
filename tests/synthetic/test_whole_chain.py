"""From seeds through a generator and the gates into a mix: every request ends in a document or in the ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from curation_lib.audit.builds import list_builds
from curation_lib.audit.synthetic import synthetic
from curation_lib.audit.trace import trace
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.plan import plan
from curation_lib.runner.store import Store
from tests.laws.stage_table import QUIZ
from tests.runner.corpora import RAW, run_steps, write_jsonl
from tests.synthetic.endpoint_server import Server
from tests.synthetic.towers import lied, retold, text

PAGES, SHARE = 120, 0.2
RULES = {
    "noise": {"format"},
    "refusal": {"refused"},
    "filtered": {"refused"},
    "cut_short": {"truncated"},
    "cut_json": {"format"},
    "empty": {"empty"},
    "busy": {"endpoint"},
    "broken": {"endpoint"},
    "hang": {"endpoint"},
    "hang_up": {"endpoint"},
    "forbidden": {"endpoint"},
    "html": {"format"},
    "copy": {"max_copied_words", "max_copied_share", "min_novelty", "max_source_similarity", "max_length_ratio"},
    "duplicate": {"min_coverage"},
    "invented": {"max_unknown_numbers"},
}
"""What a server does with a page, and the rules of synthetic.gates that may take its child."""
TWIN = "The pages differ in this sentence alone."


def recipe(inputs: Path, url: str, **mix: Any) -> dict[str, Any]:
    source = {"stage": "sources.jsonl", "paths": str(inputs), "license": "MIT", "normalize": [{"normalize.plain": RAW}]}
    seeds = {"requests": 1000, "languages": ["en"], "min_bytes": 100, "forms": {"knowledge_list": 1}}
    model = {"endpoint": url, "model": "tiny", "model_license": "Apache-2.0", "api": "completion", "price_in": 2,
             "price_out": 10, "timeout_seconds": 1, "retries": 1, "retry_unanswered": 0, "max_wait_seconds": 2}  # fmt: skip
    gates = {"identify_language": False, "min_distinct": None, "max_self_bleu": None}  # a template on purpose
    return {
        "corpus": "towers",
        "sources": {"towers": source},
        "stages": [{"synthetic.seeds": seeds}, {"synthetic.generate": model}, {"synthetic.gates": gates}],
        "licenses": {"allow": ["MIT"]},
        "mixes": {
            "pretrain": {"weights": [{"weight": 1}]},
            "midtrain": {"weights": [{"weight": 1}], "benchmarks": [QUIZ], **mix},
        },
    }


def answer(seed: str) -> str:
    """Faithful, but of the pages that ask for a lie."""
    return lied(seed) if "[invented]" in seed else retold(seed)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        server.answer = answer
        yield server


@pytest.fixture(scope="module")
def store(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A build of 120 pages, one more for each misdeed and the twin of the first."""
    folder = tmp_path_factory.mktemp("chain")
    pages = {f"page-{n}": text(n) for n in range(PAGES)}
    pages |= {name: f"{text(PAGES + n)} The sign says [{name}]." for n, name in enumerate(RULES)}
    pages["twin"] = f"{text(0)} {TWIN}"
    rows = [{"id": id, "text": page, "language": "en"} for id, page in pages.items()]
    for n in range(3):
        write_jsonl(folder / "inputs" / f"{n}.jsonl", rows[n::3])
    run_steps(recipe(folder / "inputs", server.url, synthetic_share=SHARE), folder / "store", workers=2)
    return Store(str(folder / "store"))


@pytest.fixture(scope="module")
def report(store: Store) -> dict[str, Any]:
    return synthetic(store, "", examples=2)


def dropped(store: Store) -> dict[str, dict[str, Any]]:
    """The gates' ledger by the seed's id."""
    keys = [key for key in store.list("datasets/synthetic.gates") if "/ledger/drops" in key]
    rows = [row for key in keys for row in pq.read_table(store.path(key)).to_pylist()]
    return {row["source_id"].partition("#")[0]: row for row in rows}


@pytest.mark.parametrize("misdeed", RULES)
def test_each_misdeed_ends_in_its_rule(misdeed: str, store: Store) -> None:
    row = dropped(store)[misdeed]
    assert row["stage"] == "synthetic.gates"
    assert row["rule"] in RULES[misdeed], row
    assert row["score"] is not None
    assert row["threshold"] is not None


def test_nothing_else_is_dropped_and_nothing_is_lost(store: Store, report: dict[str, Any]) -> None:
    """Of two children that say the same, one stays."""
    gone = set(dropped(store))
    (twin,) = gone - set(RULES)
    assert twin in ("twin", "page-0")
    assert dropped(store)[twin]["rule"] == "max_child_similarity"
    (step,) = report["steps"]
    asked = PAGES + len(RULES) + 1
    assert (step["requests"], step["accepted"]) == (asked, PAGES)
    assert sum(step["rules"].values()) == asked - PAGES


@pytest.mark.parametrize("phase", ["midtrain"])
def test_the_export_has_the_share_that_was_asked_for(phase: str, store: Store, report: dict[str, Any]) -> None:
    keys = [key for key in store.list("exports") if f"/{phase}/" in key and key.endswith(".parquet")]
    rows = [row for key in keys for row in pq.read_table(store.path(key)).to_pylist()]
    tokens = Counter(
        {kind: sum(r["tokens"] for r in rows if r["format"] == kind) for kind in {r["format"] for r in rows}}
    )
    share = tokens["synthetic"] / tokens.total()
    assert abs(share - SHARE) < 0.005
    (told,) = (one for one in report["phases"] if one["phase"] == phase)
    assert told["share"] == pytest.approx(share)
    made = json.loads(next(row["metadata"] for row in rows if row["format"] == "synthetic"))
    assert made["synthetic_model_license"] == "Apache-2.0"
    assert len(made["parents"]) == 1
    assert "synthetic_seed_text" not in made
    card = store.read(
        next(key for key in store.list("exports") if f"/{phase}/" in key and key.endswith("README.md"))
    ).decode()
    assert f"**Synthetic share: {100 * share:.2f} % of tokens.**" in card


@pytest.mark.parametrize(
    ("mix", "said"),
    [
        ({"synthetic_share": 0.8}, "mixes.midtrain.*synthetic_share.*0.5"),
        ({"max_synthetic_share": 0.8}, "mixes.midtrain.*max_synthetic_share.*0.5"),
    ],
)
def test_a_recipe_that_asks_for_most_of_a_mix_is_refused_when_it_is_read(mix: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        plan(parse_recipe(recipe(Path("/tmp"), "http://127.0.0.1:9/v1", **mix)))


def test_the_report_shows_forms_costs_and_both_sides(store: Store, report: dict[str, Any], tmp_path: Path) -> None:
    (step,) = report["steps"]
    (form,) = step["forms"]
    assert form["form"] == "knowledge_list"
    assert step["models"] == {"tiny": step["requests"]}
    assert step["cost"] == pytest.approx((2 * step["prompt_tokens"] + 10 * step["completion_tokens"]) / 1e6)
    assert step["cost_per_accepted_token"] == pytest.approx(step["cost"] / step["accepted_tokens"])
    assert [one["verdict"] for one in step["examples"]["accepted"]] == ["accepted"] * 2
    shown = next(one for one in step["examples"]["rejected"] if one["verdict"].endswith(".max_unknown_numbers"))
    assert "[invented]" in shown["source"]
    assert "1111" in shown["output"]
    assert "1111" in shown["evidence"]
    assert {one["name"]: one["distance"] > 0.9 for one in step["shift"]["measures"]}["words"]
    said = CliRunner().invoke(
        cli, ["synthetic", "report", "", "--store", store.url, "--output", str(tmp_path), "--examples", "2", "--json"]
    )
    assert said.exit_code == 0, said.output
    assert json.loads(said.output.splitlines()[-1])["steps"][0]["accepted"] == PAGES
    page = (tmp_path / "synthetic.html").read_text()
    assert "The sign says [invented]." in page
    assert "<script" not in page
    assert json.loads((tmp_path / "synthetic.json").read_text())["steps"] == report["steps"]


def test_a_child_and_its_parent_are_traced_to_each_other(store: Store, report: dict[str, Any]) -> None:
    one = report["steps"][0]["examples"]["accepted"][0]
    (history,) = trace(store, one["doc_id"])
    (born, *_) = history["events"]
    assert (born["event"], born["form"], born["parents"]) == ("generated", "knowledge_list", one["parents"])
    assert history["outcome"] == "kept"
    (parent,) = trace(store, one["parents"][0])
    (event,) = [e for e in parent["events"] if "children" in e]
    assert (event["step"], event["children"]) == ("synthetic.generate", [one["doc_id"]])
    gone = next(o for o in report["steps"][0]["examples"]["rejected"] if o["verdict"].endswith("refused"))
    (history,) = trace(store, gone["doc_id"])
    assert history["outcome"] == "dropped"


def test_a_build_that_generated_nothing_says_so(store: Store, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "a.jsonl", [{"id": "a", "text": text(1), "language": "en"}])
    plain = {**recipe(tmp_path / "in", "http://127.0.0.1:9/v1"), "stages": ["dedup.exact"]}
    run_steps(plain, tmp_path / "store")
    (record,) = list_builds(Store(str(tmp_path / "store")))
    with pytest.raises(ConfigError, match="generated nothing; add synthetic.generate"):
        synthetic(Store(str(tmp_path / "store")), record.build_id)
