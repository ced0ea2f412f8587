"""A valuation's files: data that says what was judged, a page that shows it."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.audit import valuation_lines, valuation_rows
from curation_lib.audit.axis import axis
from curation_lib.audit.html_pages import short
from curation_lib.audit.valuation_page import page, write
from curation_lib.runner.store import Store
from curation_lib.valuation.arms import Arm
from curation_lib.valuation.cost import Cost
from curation_lib.valuation.dose import VerdictSettings
from curation_lib.valuation.report import Told, report
from curation_lib.valuation.verdict import judge
from tests.valuation.experiments import CONTROL, SETS, candidate, negative, observe

PLACEBO = Arm("placebo", share=0.3)
COST = Cost("this experiment", "a machine", 3, 1e15, 1.5, 3.0, 0.15, "EUR", ("0.05 an hour",))


def told(arms, name="spring", shared="abc", seed=1, sets=SETS, curves=None, seeds=3, epochs=2.5):
    arms = {CONTROL: 0, PLACEBO: 0, **arms}
    observed = observe(np.random.default_rng(seed), arms, sets, seeds, 80, (0.001, 0.001, 0.003))
    read = {arm: epochs for arm in arms if arm.kind == "candidate"}
    return report(
        judge(observed, VerdictSettings(draws=300)), observed, Told(name, "trunk", shared, read, curves or {})
    )


def test_files_are_the_same_to_the_byte_and_hold_what_was_judged(tmp_path):
    arms = {candidate(0.1): 0.03, candidate(0.3): 0.08, negative(0.3): 0.01}
    for folder in ("one", "two"):
        write(told(arms, curves={"control": [(1000, 4.0), (2000, 3.5)]}), [COST], Store(str(tmp_path / folder)))
    for name in ("verdict.json", "cost.json", "index.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    data = json.loads((tmp_path / "one" / "verdict.json").read_text())
    (one,) = data["candidates"]
    assert (one["verdict"], one["share"], one["response_word"]) == ("worth it", 0.3, "grows")
    assert data["sentence"].startswith("c is worth it: best at 30%, where the targets take 0.0")
    small, large = one["doses"]
    assert small["effect"]["value"] == pytest.approx(0.03, abs=0.005)
    assert large["shuffled"] == "c shuffled at 30%"
    assert [arm["epochs"] for arm in data["arms"]] == [None, None, 2.5, 2.5, None]
    assert {len(values) for arm in data["arms"] for values in arm["bits_per_byte"].values()} == {3}
    html = (tmp_path / "one" / "index.html").read_text()
    assert html.index("worth it") < html.index("<svg")
    assert f"{large['effect']['low']:+.4f} to {large['effect']['high']:+.4f}" in html
    assert "0.15 EUR" in html
    assert html.count("<svg") == 1 + 1 + 4 + 1
    assert "src=" not in html


def test_a_page_needs_neither_tasks_nor_shuffled_words_nor_curves_and_a_name_stays_text():
    html = page(told({candidate(0.3, "<b>x</b>"): 0.0}, sets=SETS[:3]), [])
    assert "<b>x</b>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert '<span class="word gone">not worth it</span>' in html
    balanced(html)


@pytest.mark.parametrize(("epochs", "shown"), [(0.0, "0.00"), (0.0042, "0.004"), (0.094, "0.09"), (0.3, "0.30"), (12.5, "12.50")])  # fmt: skip
def test_of_a_candidate_that_is_large_a_small_part_is_not_none(epochs, shown):
    assert f'<td class="n">{shown}</td>' in page(told({candidate(0.3): 0.05}, sets=SETS[:3], epochs=epochs), [])


def test_places_in_the_picture_are_in_proportion():
    data = told({candidate(0.3): 0.05, negative(0.3): 0.0})
    drawn = valuation_rows.effects(data)
    assert [mark.label for mark in drawn.marks] == ["c at 30%", "c shuffled at 30%", "placebo at 30%"]
    pixels = (drawn.lines["least"] - drawn.lines["zero"]) / 0.005
    for mark, one in zip(
        drawn.marks, (data["candidates"][0]["doses"][0]["effect"], None, data["placebos"][0]), strict=True
    ):
        if one:
            assert (mark.value - drawn.lines["zero"]) / pixels == pytest.approx(one["value"])
            assert (mark.high - mark.low) / pixels == pytest.approx(one["high"] - one["low"])
    assert min(mark.low for mark in drawn.marks) >= valuation_rows.LEFT
    assert max(mark.high for mark in drawn.marks) <= valuation_rows.RIGHT


def test_anneals_are_drawn_behind_their_trunk():
    curves = {"trunk": [(100, 5.0), (200, 4.0)], "c at 30%": [(50, 3.9), (100, 3.8)]}
    drawn = valuation_lines.curves(told({candidate(0.3): 0.05}, curves=curves))
    trunk, arm = sorted(drawn.lines, key=lambda line: line.label, reverse=True)
    assert [x for x, _ in trunk.points + arm.points] == pytest.approx(
        [70 + 490 * part / 300 for part in (100, 200, 250, 300)]
    )
    assert (trunk.look, arm.look) == ("trunk", "best")
    assert arm.points[1][1] > arm.points[0][1] > trunk.points[0][1]


@given(st.lists(st.floats(3.5, 4.5), min_size=1, max_size=30))
def test_labels_stand_apart_and_within_the_picture(ends):
    """However many curves end wherever: none is moved out, and their order is that of the ends."""
    curves = {f"c{n}": [(50, 5.0), (100, end)] for n, end in enumerate(ends)}
    drawn = valuation_lines.curves({"curves": curves, "arms": []})
    sides = sorted(line.side for line in drawn.lines)
    assert sides[0] >= valuation_lines.TOP
    assert sides[-1] <= drawn.bottom + 1e-9
    assert all(gap >= valuation_lines.LABEL - 1e-9 for gap in np.diff(sides))
    by_end = sorted(drawn.lines, key=lambda line: line.points[-1][1])
    assert [line.points[-1][1] for line in by_end] == [
        line.points[-1][1] for line in sorted(drawn.lines, key=lambda line: line.side)
    ]


def test_a_verdict_stands_behind_the_intervals():
    rows = [{"candidate": "c", "verdict": "inconclusive (needs 12 more seeds)", "effect": {"value": 0, "low": -1, "high": 1}}]  # fmt: skip
    (mark,) = valuation_rows.ranked(rows).marks
    assert mark.high <= valuation_rows.BEFORE_VERDICT
    assert 752 - 6.2 * len(mark.text) > mark.high, "of a text that ends at 752, 6.2 pixels a letter"


@given(st.text(max_size=60), st.integers(4, 40))
def test_what_is_long_keeps_beginning_and_end(text, most):
    shown = short(text, most)
    assert len(shown) == min(len(text), most)
    if len(text) <= most:
        assert shown == text
    else:
        begin, end = shown[: most // 3], shown[most // 3 + 1 :]
        assert text.startswith(begin)
        assert text.endswith(end)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=5))
def test_axes_hold_their_values_and_mark_round_ones_in_order(values):
    drawn = axis(values, 100, 500)
    assert all(100 <= drawn.at(value) <= 500 for value in values)
    marks = drawn.marks()
    assert 2 <= len(marks) <= 6
    assert len({text for _, text in marks}) == len(marks)
    gaps = np.diff([x for x, _ in marks])
    assert gaps == pytest.approx(gaps[0], rel=1e-3)
    assert all(drawn.at(float(text)) == pytest.approx(x, abs=0.1) for x, text in marks)


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def balanced(html):
    tags = _Tags()
    tags.feed(html)
    assert tags.open == []
