"""`winnow mix optimise` from a table to its files."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from curation_lib.audit.mixture_page import drawn
from curation_lib.cli import cli
from tests.mix.search.swarms import effective, swarm


def table(worth=(0.05, 0.05, 0.2, 3.0), **more):
    """A swarm as a user has it: one column of weights per domain."""
    runs = swarm(lambda w: effective(w, worth), **more)
    frame = pd.DataFrame(runs.weights, columns=[f"weight_{name}" for name in runs.domains])
    return frame.assign(loss=runs.losses[:, 0], other=runs.losses[::-1, 0])


def optimised(path, folder, *options):
    said = CliRunner().invoke(
        cli,
        [
            "mix",
            "optimise",
            str(path),
            "--target",
            "loss",
            "--output",
            str(folder),
            "--draws",
            "20",
            "--json",
            *options,
        ],
    )
    return said, json.loads(said.output.splitlines()[-1])


def test_the_files_say_what_the_terminal_says_whatever_the_order_of_rows(tmp_path):
    runs = table()
    runs.to_csv(tmp_path / "runs.csv", index=False)
    runs.sample(frac=1, random_state=3).to_csv(tmp_path / "shuffled.csv", index=False)
    said, report = optimised(tmp_path / "runs.csv", tmp_path / "one")
    assert said.exit_code == 0, said.output
    assert report["mixture"] == "optimum"
    assert report["verdict"] in said.output
    optimised(tmp_path / "shuffled.csv", tmp_path / "two")
    for name in ("mixture.json", "mixture.html", "weights.yaml"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    written = json.loads((tmp_path / "one" / "mixture.json").read_bytes())
    assert {**written, "written": report["written"]} == report
    weights = yaml.safe_load((tmp_path / "one" / "weights.yaml").read_text())["weights"]
    assert {row["source"]: row["weight"] for row in weights} == {
        row["domain"]: row["optimum"] for row in report["domains"]
    }
    html = (tmp_path / "one" / "mixture.html").read_text()
    assert "<svg" in html
    assert "src=" not in html
    assert all(row["domain"] in html for row in report["domains"])


def test_what_does_not_beat_unimax_ships_unimax_with_status_0(tmp_path):
    runs = table((1, 1, 1, 1), noise=0.05, runs=40).assign(loss=np.random.default_rng(1).uniform(2, 3, 40))
    runs.to_csv(tmp_path / "runs.csv", index=False)
    said, report = optimised(tmp_path / "runs.csv", tmp_path / "out")
    assert said.exit_code == 0
    assert report["mixture"] == "unimax"
    weights = yaml.safe_load((tmp_path / "out" / "weights.yaml").read_text())
    assert weights["mixture"] == "unimax"
    assert [row["weight"] for row in weights["weights"]] == [0.25] * 4


def test_targets_have_values_and_scales_a_claim(tmp_path):
    frame = pd.concat([table(seed=2).assign(size=1e6), table(seed=3).assign(size=1e9)])
    frame.to_parquet(tmp_path / "runs.parquet")
    said, report = optimised(tmp_path / "runs.parquet", tmp_path / "out", "--target", "other=3", "--parameters", "size")
    assert said.exit_code == 0, said.output
    assert [(one["target"], one["value"]) for one in report["targets"]] == [("loss", 0.25), ("other", 0.75)]
    assert report["scale"] == 1e9
    assert (
        f"larger shift: <strong>{report['claim']['verdict']}</strong>."
        in (tmp_path / "out" / "mixture.html").read_text()
    )
    assert [scale["runs"] for scale in report["claim"]["scales"]] == [80, 80]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--target", "bits=many"], "--target bits=many: write NAME=NUMBER"),
        (["--license-cap", "MIT"], "--license-cap MIT: write NAME=NUMBER"),
        (["--domains", "share_*"], "0 columns are called share_*"),
    ],
)
def test_a_wrong_option_is_one_line(tmp_path, options, said):
    table().to_csv(tmp_path / "runs.csv", index=False)
    result, report = optimised(tmp_path / "runs.csv", tmp_path / "out", *options)
    assert result.exit_code == 1
    assert said in report["error"]


def test_places_in_the_picture_are_in_proportion():
    row = {"domain": "web", "optimum": 0.2, "low": 0.1, "high": 0.4, "natural": 0.3, "unimax": 0.0}
    line = drawn([row])[0]
    assert (line.unimax, line.low - line.unimax, line.high - line.unimax) == (190, 470 / 4, 470)
