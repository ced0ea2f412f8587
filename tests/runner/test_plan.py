"""A recipe as steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.plan import Step, plan
from tests.runner.corpora import simple


def steps(**changes: Any) -> dict[str, Step]:
    return {s.id: s for s in plan(parse_recipe(simple(Path("inputs"), **changes)))}


def test_neighbours_of_one_shape_share_a_step() -> None:
    found = steps(
        stages=[
            "filters.length",
            "filters.language",
            "dedup.exact",
            "dedup.minhash",
            "filters.length",
            "filters.c4_lines",
            "filters.gopher_quality",
        ]
    )
    middle = [id for id in found if id.partition(".")[0] in ("filters", "dedup")]
    assert middle == [
        "filters.block",
        "dedup.exact",
        "dedup.minhash",
        "filters.length",
        "filters.c4_lines",
        "filters.gopher_quality",
    ]
    assert [stage.name for stage, _ in found["filters.block"].bound] == ["filters.length", "filters.language"]


def test_steps_follow_each_other_and_phases_share_the_corpus() -> None:
    quiz = {"name": "quiz", "paths": "quiz.jsonl", "fields": ["question"]}
    mixes = {"pretrain": {"default_weight": 1.0}, "posttrain": {"default_weight": 1.0, "benchmarks": [quiz]}}
    found = steps(stages=["dedup.exact", "filters.length"], mixes=mixes)
    assert {id: s.upstream for id, s in found.items()} == {
        "sources.books": (),
        "dedup.exact": ("sources.books",),
        "filters.length": ("dedup.exact",),
        "export.licenses": ("filters.length",),
        "mix.pretrain": ("export.licenses",),
        "shuffle.pretrain": ("mix.pretrain",),
        "export.pretrain": ("shuffle.pretrain",),
        "mix.posttrain": ("export.licenses",),
        "shuffle.posttrain": ("mix.posttrain",),
        "export.posttrain": ("shuffle.posttrain",),
        "build.record": ("export.pretrain", "export.posttrain"),
    }


def test_a_stage_may_come_again_later() -> None:
    found = steps(stages=["filters.length", "dedup.exact", {"filters.length": {"min_bytes": 5}}])
    assert [id for id in found if id.startswith("filters.")] == ["filters.length", "filters.length_2"]


def test_every_step_that_makes_a_dataset_has_a_gate() -> None:
    for step in steps().values():
        assert bool(step.contract) == (step.kind != "record"), step.id


def test_the_recipe_s_expectations_join_those_of_their_step() -> None:
    plain, gated = steps(), steps(gates={"dedup.exact": [{"must_fire": ["dedup.exact.duplicate_id"]}]})
    added = set(gated["dedup.exact"].contract) - set(plain["dedup.exact"].contract)
    assert [e.must_fire for e in added] == [("dedup.exact.duplicate_id",)]
    assert gated["export.licenses"].contract == plain["export.licenses"].contract
