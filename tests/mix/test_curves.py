from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe_stages import configured
from curation_lib.mix.curves import MOST_VALUES, Curve
from curation_lib.mix.sample import STAGE
from curation_lib.mix.settings import SampleConfig

CURVE = {"by": "quality_bucket", "points": {0: 0, 10: 1, 18: 3}}


@given(
    st.dictionaries(st.integers(-50, 50), st.integers(0, 8), min_size=1, max_size=6).filter(lambda p: any(p.values())),
    st.integers(-60, 60),
)
def test_lines_between_points_are_those_of_numpy(points, at):
    xs = sorted(points)
    want = np.interp(at, xs, [points[x] for x in xs])
    assert abs(float(Curve(by="score", points=points).epochs(str(at))) - want) < 1e-9


def test_what_has_no_value_gets_what_missing_says_and_no_number_is_refused():
    curve = Curve(missing=0.5, **CURVE)
    assert [curve.epochs(value) for value in ("5", "12", "99", "und", "2.5")] == [
        Fraction(1, 2), Fraction(3, 2), 3, Fraction(1, 2), Fraction(1, 4)]  # fmt: skip
    with pytest.raises(ConfigError, match=r"metadata 'quality_bucket' of a document is 'good', no number; name a key"):
        curve.epochs("good")


def graded(documents, counts, topic="law"):
    """Documents of ten tokens: so many of each quality."""
    rows = [
        {"source": topic, "language": "en", "text": "x" * 40, "metadata": [("quality_bucket", str(quality))]}
        for quality, count in counts.items()
        for _ in range(count)
    ]
    return documents([{"doc_id": f"{topic}{i:020x}", **row} for i, row in enumerate(rows)])


def rows_by_quality(results):
    return Counter(int(dict(m)["quality_bucket"]) for r in results for m in r.kept.column("metadata").to_pylist())


def test_without_a_budget_each_quality_gets_the_epochs_of_the_curve(documents, run_group):
    config = SampleConfig(phase="pretrain", default_weight=1, max_epochs=4, curve=CURVE)
    results = run_group(STAGE, config, [graded(documents, {0: 10, 5: 10, 10: 10, 14: 10, 18: 10, 19: 10})])
    assert rows_by_quality(results) == {5: 5, 10: 10, 14: 20, 18: 30, 19: 30}


def test_a_budget_keeps_the_curves_proportions_up_to_the_cap(documents, run_group):
    """At half the size as 1 to 6; where the best may stand twice only, the rest goes to the others."""
    batch = graded(documents, {5: 60, 18: 60})
    for epochs, want in ((4, {5: 20, 18: 120}), (1, {5: 60, 18: 60}), (1.5, {5: 50, 18: 90})):
        config = SampleConfig(phase="pretrain", default_weight=1, token_budget=1400, max_epochs=epochs, curve=CURVE)
        assert rows_by_quality(run_group(STAGE, config, [batch])) == want


def test_topics_by_weight_qualities_by_an_entrys_own_curve(documents, run_group):
    """Each topic its half of the budget; the second has no use for what is below 10."""
    steep = {"by": "quality_bucket", "points": {9: 0, 10: 1}}
    weights = [{"source": "law", "weight": 1}, {"source": "games", "weight": 1, "curve": steep}]
    config = SampleConfig(phase="pretrain", weights=weights, token_budget=800, max_epochs=4, curve=CURVE)
    counts = {5: 40, 10: 40}
    shards = [graded(documents, counts), graded(documents, counts, "games")]
    law, games = (rows_by_quality([result]) for result in run_group(STAGE, config, shards))
    assert (law, games) == ({5: 13, 10: 27}, {10: 40})


def test_a_key_of_too_many_values_is_refused(documents, run_group):
    config = SampleConfig(phase="pretrain", default_weight=1, curve={"by": "quality_bucket", "points": {0: 1}})
    with pytest.raises(ConfigError, match="has 1,001 different values, 1,000 at most .*; name a key with fewer"):
        run_group(STAGE, config, [graded(documents, dict.fromkeys(range(MOST_VALUES + 1), 1))])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"curve": {"by": "q", "points": {}}}, "curve.points.*write value: epochs"),
        ({"curve": {"by": "q", "points": {0: 0}}}, "curve.points.*at least one of them above 0"),
        ({"curve": {"by": "q", "points": {0: -1, 1: 2}}}, "curve.points.*none below"),
        ({"curve": {"by": "q", "points": {0: 4}}}, "curve gives up to 4 epochs, max_epochs is 1: raise max_epochs"),
        ({"curve": {"points": {0: 1}}}, "curve.by"),
        ({"anchor": {"source": "web", "share": 0.8}, "synthetic_share": 0.3}, "are more than 1 together"),
        ({"anchor": {"source": "web", "share": 0}}, "anchor.share"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_key_and_remedy(wrong, said):
    with pytest.raises(ConfigError, match=f"mixes.pretrain: mix.sample: .*{said}"):
        configured("mix.sample", {"phase": "pretrain", "default_weight": 1, **wrong}, "mixes.pretrain")
