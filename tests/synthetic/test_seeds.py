"""`synthetic.seeds`: the choice is exact and the same for any sharding; nothing but notes is added."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Context
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store
from curation_lib.synthetic.allotment import NEEDS, allotted, quotas
from curation_lib.synthetic.excerpts import excerpt
from curation_lib.synthetic.forms import FORMS
from curation_lib.synthetic.seeds import EXCERPT, RANK, REQUESTS, STAGE, SeedsConfig
from tests.filters.judging import documents
from tests.runner.corpora import RAW, prose, run_steps, write_jsonl

SETTINGS = {"requests": 9, "forms": {"diverse_qa": 2, "table": 1}, "languages": ["unknown"], "min_bytes": 100}
DENSE = (
    "The alloy {n} melts at 1,{n}7 K and holds {n} % nickel, 4 % chromium and traces of boron. Its density is 8.{n} g/cm3; "
    "annealing at 9{n}0 K for 3 h doubles the grain size. Corrosion in brine stays below 0.{n} mm per year."
)


def config(**settings: Any) -> SeedsConfig:
    return SeedsConfig.model_validate({**SETTINGS, **settings})


def chosen(batch: pa.RecordBatch, **settings: Any) -> dict[int, list[str]]:
    """Row -> forms asked of it, by rank."""
    noted = applied([batch], **settings)[0].column("metadata").to_pylist()
    seeds = {i: dict(notes or ()) for i, notes in enumerate(noted)}
    ranked = sorted((int(m[RANK]), i) for i, m in seeds.items() if REQUESTS in m)
    assert [rank for rank, _ in ranked] == list(range(len(ranked)))
    return {i: json.loads(seeds[i][REQUESTS]) for _, i in ranked}


def applied(shards: list[pa.RecordBatch], **settings: Any) -> list[pa.RecordBatch]:
    """What the stage makes of the shards."""
    asked = config(**settings)
    context = Context(STAGE.load(asked) if STAGE.load else None)
    keys = [pa.Table.from_batches([STAGE.key(batch, asked, context)]) for batch in shards]
    rows = pa.concat_tables(
        t.append_column("shard", pa.array([n] * t.num_rows, pa.uint32())) for n, t in enumerate(keys)
    )
    decision = STAGE.decide([STAGE.partition(rows, asked)], lambda shard, rows: None, asked)  # type: ignore[arg-type,return-value]
    return [
        STAGE.apply(b, decision.filter(pa.compute.equal(decision.column("shard"), n)), asked, Context()).kept
        for n, b in enumerate(shards)
    ]


def mixed(count: int = 24, **columns: list[Any]) -> pa.RecordBatch:
    """Every third text is dense."""
    return documents(*(DENSE.format(n=n + 10) if n % 3 == 0 else prose(n) for n in range(count)), **columns)


def test_the_densest_are_chosen_and_the_forms_have_their_shares() -> None:
    found = chosen(mixed())
    assert set(found) > {0, 3, 6, 9, 12, 15, 18, 21}, "all dense texts are among the nine"
    assert set(list(found)[:8]) == {0, 3, 6, 9, 12, 15, 18, 21}
    assert Counter(form for forms in found.values() for form in forms) == {"diverse_qa": 6, "table": 3}


def test_nothing_but_notes_changes() -> None:
    batch = mixed(metadata=[[("topic", "x")]] * 24)
    (kept,) = applied([batch])
    assert kept.drop_columns("metadata").equals(batch.drop_columns("metadata"))
    assert {"topic"} == {name for notes in kept.column("metadata").to_pylist() for name, _ in notes} - {REQUESTS, RANK}


def test_an_earlier_choice_is_forgotten() -> None:
    batch = mixed(metadata=[[(REQUESTS, '["faq"]'), (RANK, "3"), ("a", "b")]] * 24)
    notes = [dict(one) for one in applied([batch], requests=1)[0].column("metadata").to_pylist()]
    assert sum(REQUESTS in one for one in notes) == 1
    assert all(one["a"] == "b" for one in notes)


@pytest.mark.parametrize(
    ("column", "values"),
    [("format", ["synthetic"]), ("opt_out", ["robots.txt: GPTBot"]), ("language", ["de"]), ("text", ["Too short."])],
)
def test_never_a_seed(column: str, values: list[Any]) -> None:
    text = DENSE.format(n=5)
    assert chosen(documents(text))
    assert not chosen(documents(text, **{column: values}))


def test_a_regional_language_is_the_language() -> None:
    assert chosen(documents(DENSE.format(n=5), language=["en-GB"]), languages=["en"])


def test_topics_take_turns() -> None:
    """The dense texts are all of one topic; the other still gives every second seed."""
    topics = [[("topic", "metals" if n % 3 == 0 else "stories")] for n in range(24)]
    balanced, not_balanced = (chosen(mixed(metadata=topics), requests=8, balance=b) for b in (True, False))
    assert Counter(n % 3 == 0 for n in balanced) == {True: 4, False: 4}
    assert Counter(n % 3 == 0 for n in not_balanced) == {True: 8}
    assert len(chosen(mixed(metadata=topics), requests=8, max_per_topic=1)) == 2


def test_quality_and_density_have_to_reach_their_least() -> None:
    buckets = [[("quality_bucket", str(n))] for n in range(23)] + [[("quality_bucket", "best")]]
    assert set(chosen(mixed(metadata=buckets), min_quality=20)) == {20, 21, 22}
    assert chosen(mixed(), min_density=-50.0)
    assert not chosen(mixed(), min_density=50.0)


def test_texts_without_a_score_come_last() -> None:
    batch = mixed(language=["sv" if n % 3 == 0 else "en" for n in range(24)])
    found = list(chosen(batch, languages=["sv", "en"], requests=24))
    assert all(n % 3 for n in found[:16])
    assert all(n % 3 == 0 for n in found[16:])


def test_forms_with_needs_go_where_these_are_met() -> None:
    plain, code = prose(1), "Call it so:\n\n```\nrotate daily\nkeep 14\n```\n\n" + prose(2)
    batch = documents(plain, code, DENSE.format(n=11))
    found = chosen(batch, forms={"math_problem": 1, "code_explanation": 1, "summary": 1}, requests=3)
    assert found == {0: ["summary"], 1: ["code_explanation"], 2: ["math_problem"]}
    assert chosen(documents(plain), forms={"math_problem": 1}) == {}


def test_a_long_text_is_shown_in_part() -> None:
    text = "\n\n".join(prose(n, 4) for n in range(30))
    (kept,) = applied([documents(text)], max_bytes=900)
    start, stop = json.loads(dict(kept.column("metadata")[0].as_py())[EXCERPT])
    assert 600 <= stop - start <= 900
    assert (text + "\n\n")[stop:].startswith("\n\n")
    assert ("\n\n" + text)[: start + 2].endswith("\n\n")
    (whole,) = applied([documents(text)], max_bytes=100_000)
    assert EXCERPT not in dict(whole.column("metadata")[0].as_py())


@pytest.mark.parametrize("shards", [2, 7])
def test_any_sharding_gives_the_same_choice(shards: int) -> None:
    batch = mixed(40, metadata=[[("topic", "abc"[n % 3])] for n in range(40)])
    cut = [batch.slice(i * 40 // shards, (i + 1) * 40 // shards - i * 40 // shards) for i in range(shards)]
    whole = applied([batch], per_seed=2)[0].to_pylist()
    assert [row for one in applied(cut, per_seed=2) for row in one.to_pylist()] == whole
    assert [row for one in applied(cut[::-1], per_seed=2)[::-1] for row in one.to_pylist()] == whole


def test_a_build_gives_the_same_choice_for_any_sharding(tmp_path: Path) -> None:
    found = []
    for files in (1, 2, 7):
        rows = [{"id": f"d{n}", "text": DENSE.format(n=n + 10) if n % 3 == 0 else prose(n)} for n in range(21)]
        for n in range(files):
            write_jsonl(tmp_path / str(files) / f"f{n}.jsonl", rows[n * 21 // files : (n + 1) * 21 // files])
        source = {"stage": "sources.jsonl", "paths": str(tmp_path / str(files)), "license": "MIT"}
        recipe = {
            "corpus": "seeds", "sources": {"books": {**source, "normalize": [{"normalize.plain": RAW}]}},
            "stages": [{"synthetic.seeds": SETTINGS}], "licenses": {"allow": ["MIT"]},
            "mixes": {"pretrain": {"default_weight": 1.0}},
        }  # fmt: skip
        store = Store(str(tmp_path / f"store-{files}"))
        done = run_steps(recipe, store.url, until="synthetic.seeds").steps[-1]
        manifest = complete(store, done.directory)
        assert len(manifest.shards) == files
        parts = [store.path(f"{manifest.directory}/{e.files['part'].path}") for e in manifest.shards]
        found.append([row for part in parts for row in pq.read_table(part).to_pylist()])
    assert sum(REQUESTS in dict(row["metadata"] or ()) for row in found[0]) == 9
    assert found[0] == found[1] == found[2]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FORMS), st.floats(0.01, 100), min_size=1), st.integers(0, 500))
def test_quotas_are_the_shares_to_less_than_one(weights: dict[str, float], requests: int) -> None:
    found = quotas(weights, requests)
    assert sum(found.values()) == requests
    total = sum(weights.values())
    assert all(abs(found[form] - requests * weight / total) < 1 + 1e-6 for form, weight in weights.items())


@settings(deadline=None)
@given(
    st.lists(st.sets(st.sampled_from(sorted(set(NEEDS.values())))).map(frozenset), max_size=30),
    st.dictionaries(st.sampled_from(FORMS), st.integers(1, 9), min_size=1),
    st.integers(1, 80),
    st.integers(1, 4),
)
def test_what_is_asked_of_seeds(
    seeds: list[frozenset[str]], weights: dict[str, float], requests: int, per_seed: int
) -> None:
    given = allotted(seeds, weights, requests, per_seed)
    assert len(given) == len(seeds)
    for holds, forms in zip(seeds, given, strict=True):
        assert len(forms) == len(set(forms)) <= per_seed
        assert all(form not in NEEDS or NEEDS[form] in holds for form in forms)
    asked = sum(map(len, given))
    assert asked <= requests
    if per_seed == 1 and set(weights) - set(NEEDS):
        assert asked == min(requests, len(seeds))


PROSE = "The valve opens at three bar and closes again when the pressure falls below two bar."
MENU = "Home | About | Contents | Search | Next | Previous | Up | Index of all pages and of all signs"
PIECES = st.lists(st.sampled_from([PROSE, MENU, "Valves", "x = {}", PROSE * 3, "a\nb\nc"]), max_size=12)


@settings(deadline=None)
@given(PIECES, st.sampled_from(["\n\n", "\n \n", "\n"]), st.integers(1, 200), st.integers(0, 400))
def test_an_excerpt_is_whole_paragraphs_with_the_most_prose(
    pieces: list[str], between: str, least: int, more: int
) -> None:
    text, most = between.join(pieces), least + more
    found = excerpt(text.encode(), least, most)
    if len(text.strip()) <= most:
        assert found == ((0, len(text)) if len(text) >= least else None)
        return
    runs = [between.join(pieces[i:j]) for i in range(len(pieces)) for j in range(i + 1, len(pieces) + 1)]
    fitting = [run for run in runs if len(run) <= most]
    best = max((run.count(PROSE) for run in fitting), default=0)
    if found is None:
        assert best * len(PROSE) < least
        return
    shown = text[slice(*found)]
    assert least <= len(shown) <= most
    assert shown.count(PROSE) == best
    assert shown.endswith(PROSE)
    assert shown.startswith((PROSE, "Valves", "c\n"))


def test_menus_and_code_are_passed_over() -> None:
    item = f"* {PROSE}"
    text = "\n\n".join([MENU, item, item, item, "close(valve)", "Valves", PROSE, "x = {}", PROSE, MENU])
    start, stop = excerpt(text.encode(), 100, 300) or (0, 0)
    assert text[start:stop] == "\n\n".join(["Valves", PROSE, "x = {}", PROSE])
    text = "\n\n".join([MENU, "close(valve)", PROSE, MENU, MENU])
    start, stop = excerpt(text.encode(), 50, 200) or (0, 0)
    assert text[start:stop] == PROSE
    for nothing in (MENU, item):
        assert excerpt("\n\n".join([nothing] * 9).encode(), 100, 300) is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"forms": {"poem": 1}}, "forms are diverse_qa"),
        ({"forms": {"faq": 0}}, "leave it out"),
        ({"min_bytes": 900, "max_bytes": 100}, "no text fits"),
        ({"requests": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        config(**settings)


def test_only_the_place_of_the_model_may_differ() -> None:
    assert StageConfig.only(config(), "locate") == {"model": None}
