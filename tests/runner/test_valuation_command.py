"""`winnow valuation`: a plan with its price, a verdict with its page, a leaderboard; what is wrong is one line."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.runner import machines
from curation_lib.valuation.cost import Machine
from tests.valuation.runs import TINY, written

pytest.importorskip("torch", reason="training is an extra: make setup-train")
SETTINGS = {**TINY, "measured": {"documents": 10}}


@pytest.fixture
def asked(tmp_path):
    """A valuation of documents about engines, to a model of wheels that is to know engines."""

    def write(**more: object) -> str:
        paths = {name: {"paths": str(written(tmp_path / f"{name}.jsonl", what, n))} for name, what, n in _POOLS}
        given = {**SETTINGS, "base": paths["base"], "candidates": {"engines": paths["engines"]}}
        file = tmp_path / "tiny.yaml"
        file.write_text(yaml.safe_dump({**given, "targets": {"motors": paths["motors"]}, **more}))
        return str(file)

    return write


_POOLS = (("base", "wheel", 200), ("engines", "engine", 40), ("motors", "motor", 30), ("pump", "pump", 1))
LONG = [{"filters.length": {"min_characters": 1000}}]


def called(tmp_path, *words: str) -> tuple[int, str, dict]:
    done = CliRunner().invoke(cli, ["valuation", *words, "--store", str(tmp_path / "store"), "--json"])
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "{}"
    return done.exit_code, done.output, json.loads(last)


def test_a_store_without_valuations_says_so(tmp_path):
    status, said, board = called(tmp_path, "leaderboard")
    assert (status, board) == (0, {"leaderboards": [], "written": []})
    assert "holds no valuation yet: winnow valuation run FILE --store" in " ".join(said.split())


def test_a_plan_trains_nothing_and_a_run_ends_in_a_page_and_a_leaderboard(tmp_path, asked):
    file = asked()
    status, _, plan = called(tmp_path, "plan", file, "--workers", "1")
    assert status == 0
    assert plan["arms"] == {
        "control": 2, "placebo at 30%": 2, "engines at 10%": 2, "engines at 30%": 2, "engines shuffled at 30%": 2
    }  # fmt: skip
    assert (plan["left"]["runs"], plan["left"]["tokens"]) == (11 + 2, 11 * 640)
    assert not (tmp_path / "store" / "training").exists()
    status, _, verdict = called(tmp_path, "run", file, "--workers", "1")
    assert status == 0
    assert verdict["candidates"][0]["name"] == "engines"
    page = tmp_path / "store" / "valuations" / "tiny" / plan["fingerprint"] / "index.html"
    assert verdict["candidates"][0]["verdict"] in page.read_text()
    status, _, board = called(tmp_path, "leaderboard")
    assert [row["candidate"] for row in board["leaderboards"][0]["rows"]] == ["engines", "engines"]
    status, _, after = called(tmp_path, "plan", file, "--workers", "1")
    assert after["left"]["runs"] == 0


def test_options_change_what_is_valued_and_budgets_refuse_it(tmp_path, asked, monkeypatch):
    monkeypatch.setattr(machines, "calibrate", lambda *_: Machine("this one", 1e9, 1e9))
    file, pumps = asked(), str(written(tmp_path / "pumps.jsonl", "pump", 60))
    given = ("--workers", "1", "--candidate", pumps, "--base", str(tmp_path / "base.jsonl"))
    status, _, plan = called(tmp_path, "plan", file, *given)
    assert status == 0
    assert "pumps at 10%" in plan["arms"]
    for command in ("plan", "run"):
        for budget, said in (
            (("--budget-tokens", "7000"), "budget_tokens is 7,000, what is left to train takes 7,040"),
            (("--budget-money", "0"), "budget_money is 0.00 USD, what is left to train takes"),
        ):
            status, output, _ = called(tmp_path, command, file, *given, *budget)
            assert (status, said in output) == (1, True), output
    assert not (tmp_path / "store" / "training").exists()
    status, _, plan = called(tmp_path, "plan", file, *given, "--budget-tokens", "7040", "--budget-money", "1")
    assert status == 0


def test_a_candidate_that_is_too_small_is_read_no_more_often_than_asked(tmp_path, asked):
    status, _, plan = called(tmp_path, "plan", asked(max_epochs=0.2, anneal_tokens=6400), "--workers", "1")
    assert status == 0
    lowered = [arm for arm in plan["arms"] if arm.startswith("engines at")]
    assert "engines at 30%" not in lowered


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shares": [0.3, 0.30004]}, "give each once"),
        ({"optimisation": {"batch_tokens": 72}}, "72 is no multiple of sequence_length 16"),
        ({"optimisation": {"batch_tokens": 64}}, "warmup_tokens 100,000 are all of trunk_tokens 640"),
        ({"trunk_token": 5}, "trunk_token"),
        ({"seeds": 1}, "seeds"),
        ({"shares": [0.3, 0.3]}, "give each once"),
        ({"model": {"hidden": 30, "heads": 4}}, "does not divide"),
        ({"tokenizer": "bytes4"}, "bytes4 only counts; name one with ids"),
        ({"base": {"paths": "nowhere", "source": "filters.density"}}, "filters.density reads no files; name one of"),
        ({"guard_part": 0.4, "placebo_part": 0.3}, "more than half of the base"),
        ({"targets": {"motors": {"paths": "BASE/engines.jsonl"}}}, "are in candidates.engines, too"),
        ({"targets": {"wheels": {"paths": "BASE/base.jsonl"}}}, "are in base, too"),
        ({"guards": {"wheels": {"paths": "BASE/base.jsonl"}}}, "guards.wheels: "),
        (
            {"targets": {"motors": {"paths": "BASE/motors.jsonl", "stages": LONG}}},
            "targets.motors: there is no document",
        ),
        ({"targets": {"pump": {"paths": "BASE/pump.jsonl"}}}, "targets.pump: 1 document to measure with"),
        (
            {"candidates": {"pump": {"paths": "BASE/pump.jsonl"}}},
            "unseen_part (of candidates.pump): there is no document with text in its part",
        ),
        ({"base": {"paths": "BASE/pump.jsonl"}}, "guard_part (of base): there is no document with text in its part"),
        ({"targets": {"none": {"paths": "nowhere/*.jsonl"}}}, "nowhere"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(tmp_path, asked, change, said):
    change = json.loads(json.dumps(change).replace("BASE", str(tmp_path)))
    status, output, _ = called(tmp_path, "plan", asked(**change), "--workers", "1")
    assert status == 1
    errors = [line for line in output.splitlines() if line.startswith("error:")]
    assert len(errors) == 1, output
    assert said in errors[0]
