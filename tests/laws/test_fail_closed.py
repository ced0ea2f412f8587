"""Law 7 for filters: what a rule cannot judge, or never judges, stops the build, and the message names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.recipe import parse_recipe
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters import length
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.runner import work
from curation_lib.runner.plan import plan
from curation_lib.runner.store import Store
from tests.filters.judging import PROSE, documents, loaded, state_of
from tests.laws.stage_table import configured, stages
from tests.runner.corpora import build, prose, rows, run_steps, simple, write_jsonl

FIRES = "filters.gopher_quality.min_words"
LISTS = "filters.url_blocklist"
"""Its rules are those that it is given lists for."""
THRESHOLDS = [s for s in stages(Filter) if isinstance(s, Filter) and s.name.startswith("filters.") and s.name != LISTS]


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Eight documents that every rule keeps, and one that is too short for `min_words`."""
    write_jsonl(tmp_path / "inputs" / "a.jsonl", [*rows(0, 8), {"id": "short", "text": "The and " + prose(9, 2)}])
    return tmp_path / "inputs"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Puts another function into `filters.length`, for builds in this process."""

    def put(**functions: Any) -> None:
        monkeypatch.setattr(length, "STAGE", replace(length.STAGE, **functions))
        work.bind.cache_clear()

    yield put
    monkeypatch.undo()
    work.bind.cache_clear()


def refused(recipe: dict[str, Any], store: Path, run: Callable[..., Any] = run_steps) -> str:
    """What the build says when it stops; nothing behind the filters was made. `run_steps` is without gates."""
    with pytest.raises(ContractError) as error:
        run(recipe, store)
    assert not Store(str(store)).list("exports")
    assert not Store(str(store)).list("builds")
    return str(error.value)


def scored(change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> dict[str, Any]:
    return {"measure": lambda *given: change(length.measure_length(*given))}


def test_a_misspelt_score(inputs: Path, tmp_path: Path, broken: Callable[..., None]) -> None:
    broken(**scored(lambda scores: scores.rename_columns(["charcters", *scores.schema.names[1:]])))
    text = refused(simple(inputs), tmp_path / "store")
    assert "filters.length" in text
    assert '"characters"' in text
    assert "scores are charcters, bytes" in text


@pytest.mark.parametrize("stage", THRESHOLDS, ids=lambda stage: stage.name)
def test_every_threshold_has_a_score(stage: Filter) -> None:
    """Those that are off by default, too, which no build would try."""
    for name in (n for n in stage.config.model_fields if n.startswith(("min_", "max_"))):
        if stage.config.role(name) != "keep":
            continue
        dialects = [d for d, own in getattr(stage.config, "thresholds", {}).items() if name in own]
        for dialect in dialects or [None]:
            config = configured(stage, **{name: 0}, **({"dialect": dialect} if dialect else {}))
            batch = documents(PROSE)
            statistics = stage.statistics(config)(batch) if stage.statistics else None
            scores = stage.measure(batch, config, Context(loaded(stage, config), statistics))
            context = Context(state=state_of(stage, config, [scores]))
            assert name in [rule.name for rule in stage.keep(scores, config, context)], dialect


@pytest.mark.parametrize("value", [float("nan"), None], ids=["NaN", "null"])
def test_a_score_that_is_no_number(
    value: float | None, inputs: Path, tmp_path: Path, broken: Callable[..., None]
) -> None:
    def spoil(scores: pa.RecordBatch) -> pa.RecordBatch:
        found = scores.column("characters").cast(pa.float64())
        return scores.set_column(
            0, "characters", pc.if_else(pc.equal(found, pc.min(found)), pa.scalar(value, pa.float64()), found)
        )

    broken(**scored(spoil))
    text = refused(simple(inputs), tmp_path / "store")
    assert "filters.length" in text
    assert "characters" in text
    assert "short" in text  # the document


def test_a_rule_that_judges_fewer_documents_than_there_are(
    inputs: Path, tmp_path: Path, broken: Callable[..., None]
) -> None:
    def keep(scores: pa.RecordBatch, *rest: Any) -> list[Rule]:
        return [replace(r, failed=r.failed.slice(1)) for r in keep_by_thresholds(scores, *rest)]

    broken(keep=keep)
    assert "filters.length.min_characters: 8 verdicts on 9" in refused(simple(inputs), tmp_path / "store")


def test_a_rule_that_fires_where_it_must(inputs: Path, tmp_path: Path) -> None:
    recipe = simple(inputs, gates={"filters.block": [{"must_fire": [FIRES]}]})
    done = build(recipe, tmp_path / "store", until="filters.block")
    assert done.gates[-1].success
    assert done.steps[-1].counts["dropped"][FIRES] == 1


def test_a_rule_that_never_fires_on_a_corpus_that_contains_its_case(
    inputs: Path, tmp_path: Path, broken: Callable[..., None]
) -> None:
    """A comparison the wrong way round, a unit mixed up: the rule runs and takes nothing."""

    def keep(scores: pa.RecordBatch, config: Any, context: Context) -> list[Rule]:
        return [replace(r, failed=pc.less(r.score, -1)) for r in keep_by_thresholds(scores, config, context)]

    rule = "filters.length.min_characters"
    stages = ["dedup.exact", {"filters.length": {"min_characters": 300}}]
    recipe = simple(inputs, stages=stages, gates={"filters.length": [{"must_fire": [rule]}]})
    sound = run_steps(recipe, tmp_path / "sound", until="filters.length")
    assert sound.steps[-1].counts["dropped"] == {rule: 1}
    broken(keep=keep)
    text = refused(recipe, tmp_path / "store", build)
    assert "filters.length: contract broken" in text
    assert f"nothing dropped by '{rule}'" in text


def test_a_misspelt_rule_that_no_recipe_check_can_know(inputs: Path, tmp_path: Path) -> None:
    gates = {"dedup.exact": [{"must_fire": ["dedup.exact.duplicate_contents"]}]}
    assert "nothing dropped by 'dedup.exact.duplicate_contents'" in refused(
        simple(inputs, gates=gates), tmp_path / "s", build
    )


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("filters.gopher_quality.min_wrds", "no such threshold; nearest: min_words"),
        ("filters.gopher_qualty.min_words", "no rule of the step's stages, filters.length, filters.gopher_quality"),
        ("min_words", "no rule of the step's stages"),
        ("filters.length.max_bytes", "can never fire: max_bytes is null"),
    ],
)
def test_a_rule_that_cannot_fire_is_refused_with_the_recipe(inputs: Path, rule: str, named: str) -> None:
    recipe = parse_recipe(simple(inputs, gates={"filters.block": [{"must_fire": [rule]}]}))
    with pytest.raises(ConfigError, match=named) as error:
        plan(recipe)
    assert "gates.filters.block" in str(error.value)
    assert rule in str(error.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_threshold_that_no_score_fails_is_refused_with_the_recipe(inputs: Path, value: float) -> None:
    recipe = simple(inputs, stages=[{"filters.gopher_quality": {"max_hash_ratio": value}}])
    with pytest.raises(ConfigError, match="'max_hash_ratio'.*finite"):
        plan(parse_recipe(recipe))


LANGUAGES = [{"id": f"german-{n}", "text": prose(50 + n), "language": "de"} for n in range(3)]
LANGUAGES += [
    {"id": "french", "text": prose(60), "language": "fr"},
    {"id": "english", "text": prose(61), "language": "en"},
]


def languages(folder: Path, **settings: Any) -> dict[str, Any]:
    write_jsonl(folder / "inputs" / "b.jsonl", LANGUAGES)
    return simple(folder / "inputs", stages=[{"filters.gopher_quality": settings}])


def test_a_language_without_a_word_list(inputs: Path, tmp_path: Path) -> None:
    text = refused(languages(tmp_path), tmp_path / "store")
    assert "filters.gopher_quality.min_stop_words cannot judge 4 documents, by language: de (3), fr (1)" in text
    assert "first german-0" in text
    assert "`without_list: pass`" in text


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"without_list": "pass"}, 13),
        ({"min_stop_words": None}, 13),
        (
            {"stop_words": {"en": ["the", "of"], "unknown": ["the", "of"], "de": ["und", "der"], "fr": ["the", "of"]}},
            10,
        ),
        ({"stop_words": ["the", "of"]}, 13),
    ],
    ids=["let by", "rule off", "lists", "one list for all"],
)
def test_a_language_without_a_word_list_is_provided_for(
    settings: dict[str, Any], kept: int, inputs: Path, tmp_path: Path
) -> None:
    done = run_steps(languages(tmp_path, **settings), tmp_path / "store", until="filters.gopher_quality")
    assert done.steps[-1].counts["kept"] == kept
