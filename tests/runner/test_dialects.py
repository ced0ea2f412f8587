from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.registry import find
from curation_lib.core.stage import Filter
from curation_lib.runner.dask import scheduler
from curation_lib.runner.dialects import EXACT, comparable, compare, dialects_of
from tests.filters.judging import PROSE, failures

HEADINGS = "## A heading of a text about the house and the garden\n" * 3 + "We have been there.\n"
TEXTS = {
    "prose": PROSE,
    "short": "the and of to",
    "repeats": "the old mill by the river was sold to a man from the town " * 8,
    "headings": HEADINGS + PROSE,
    "braces": PROSE + "\n{",
    "script": PROSE + "\nMade with javascript.",
}


@pytest.fixture
def inputs(tmp_path: Path) -> str:
    path = tmp_path / "docs.jsonl"
    path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in TEXTS.items()))
    return str(path)


def compared(inputs: str, *filters: str, examples: int = 9) -> dict[str, dict[str, Any]]:
    answer = compare([inputs], filters, scheduler("local", 1), examples=examples)
    return {one["filter"]: one for one in answer["filters"]}


def keepers(stage: Filter, dialect: str) -> set[str]:
    return {i for i, text in TEXTS.items() if not failures(stage, text, dialect=dialect)}


def test_counts_are_what_each_dialect_says_of_each_document(inputs: str) -> None:
    found = compared(inputs)
    assert list(found) == ["filters.gopher_repetition", "filters.gopher_quality", "filters.c4_quality"]
    disagreements = 0
    for name, one in found.items():
        stage = find(name)
        assert isinstance(stage, Filter)
        kept = {dialect: keepers(stage, dialect) for dialect in dialects_of(stage)}
        assert one["documents"] == len(TEXTS)
        assert one["kept"] == {dialect: len(ids) for dialect, ids in kept.items()}
        for pair in one["pairs"]:
            a, b = (kept[dialect] for dialect in pair["dialects"])
            assert (pair["only_first_keeps"], pair["only_second_keeps"]) == (len(a - b), len(b - a))
        split = {i for i in TEXTS if 0 < sum(i in ids for ids in kept.values()) < len(kept)}
        assert one["disagreements"] == len(split)
        assert sum(example["documents"] for example in one["examples"]) == len(split)
        assert {example["source_id"] for example in one["examples"]} <= split
        for dialect, rules in one["dropped_first_by"].items():
            assert sum(rules.values()) == len(TEXTS) - one["kept"][dialect]
        disagreements += len(split)
    assert disagreements > 3


def test_an_example_shows_rule_score_and_threshold_of_each_dialect(inputs: str) -> None:
    (one,) = compared(inputs, "c4_quality").values()
    (script,) = [e for e in one["examples"] if e["source_id"] == "script"]
    assert "dolma" not in script["kept_by"]
    assert script["rules"]["max_javascript"] == {"dolma": {"score": 1, "threshold": 0.0, "failed": True}}
    (braces,) = [e for e in one["examples"] if e["source_id"] == "braces"]
    assert braces["kept_by"] == ["curator"]
    assert set(braces["rules"]["max_curly_brackets"]) == {"datatrove", "dolma", "dclm"}


def test_exact_words_are_one_dialect_more(tmp_path: Path) -> None:
    """The fast words leave `5°C` whole, spaCy makes three of it: 47 words or 51, around the least of 50."""
    warm = " ".join([*PROSE.split()[:45], "5°C", "6°C"])
    path = tmp_path / "docs.jsonl"
    path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in {**TEXTS, "warm": warm}.items()))
    names = ["gopher_quality", "fineweb_quality"]
    answer = compare([str(path)], names, scheduler("local", 1), examples=9, exact=True)
    gopher, fineweb = answer["filters"]
    assert list(gopher["kept"]) == ["datatrove", EXACT, "dolma", "dclm", "curator"]
    assert list(fineweb["kept"]) == ["datatrove", EXACT]
    assert gopher["kept"][EXACT] == gopher["kept"]["datatrove"] + 1
    (example,) = [e for e in gopher["examples"] if e["kept_by"] == [EXACT]]
    assert example["source_id"] == "warm"
    judged = example["rules"]["min_words"]
    assert (judged["datatrove"]["score"], judged[EXACT]["score"]) == (47, 51)
    arguments = ["dialects", "compare", "--input", str(path), "--filter", "fineweb_quality", "--workers", "1"]
    assert CliRunner().invoke(cli, arguments).exit_code == 1
    shown = CliRunner().invoke(cli, [*arguments, "--exact"])
    assert shown.exit_code == 0, shown.output
    assert f"datatrove and {EXACT}" in shown.stdout


def test_filters_with_one_reading_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"fineweb_quality: no filter with several dialects; those are filters\."):
        comparable(["fineweb_quality"])
    assert [s.name for s in comparable(["filters.c4_quality", "gopher_quality"])] == [
        "filters.gopher_quality",
        "filters.c4_quality",
    ]


def test_the_command_prints_tables_and_json(inputs: str) -> None:
    arguments = ["dialects", "compare", "--input", inputs, "--filter", "c4_quality", "--workers", "1"]
    shown = CliRunner().invoke(cli, [*arguments, "--json"])
    assert shown.exit_code == 0, shown.output
    *lines, last = shown.stdout.strip().splitlines()
    assert (
        json.loads(last)["filters"][0]["kept"]["curator"] == compared(inputs)["filters.c4_quality"]["kept"]["curator"]
    )
    text = "\n".join(lines)
    for wanted in ("Kept by curator alone", "1 > 0", "datatrove and dolma"):
        assert wanted in text
    refused = CliRunner().invoke(cli, [*arguments, "--filter", "length"])
    assert refused.exit_code == 1
