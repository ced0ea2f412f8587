"""The picture of a sweep: every scale within it, losses in proportion, a legend that says what it means."""

from __future__ import annotations

import re

import pytest

from curation_lib.audit.sweep_page import HIGH, TOP, drawn, page
from tests.audit.test_valuation_page import balanced

RATES = (0.03, 0.1, 0.3, 1.0)


def report(*sizes):
    scales = []
    for n, size in enumerate(sizes):
        rows = [
            {"rate": rate, "epochs": 1, "loss": 3 - n + 0.02 * place, "low": 3 - n + 0.02 * place - 0.01,
             "high": 3 - n + 0.02 * place + 0.03, "chosen": 0.25}
            for place, rate in enumerate(RATES)
        ]  # fmt: skip
        scales.append({"parameters": size, "tokens": size, "best": 0.03, "low": 0.03, "high": 0.1, "rates": rows})
    told = {"filter": "filters.length", "column": "bytes", "best": "highest"}
    return {"ranking": told, "sweep": "s", "verdict": "it moves: not shown", "claim": "not shown", "target_tokens": 9,
            "seeds": 2, "targets": ["x"], "alpha": 0.05, "scales": scales}  # fmt: skip


@pytest.mark.parametrize("scales", [2, 4, 6])
def test_every_scale_has_its_place(scales):
    sizes = [70_000_000_000 - n for n in range(scales)]
    html = page(report(*sizes))
    balanced(html)
    (height,) = re.findall(r'viewBox="0 0 760 (\d+)"', html)
    places = re.findall(r'<text class="note" x="(\d+)" y="(\d+)">([\d,]+) parameters', html)
    assert [int(text.replace(",", "")) for *_, text in places] == sizes
    assert len({(x, y) for x, y, _ in places}) == scales
    assert all(int(x) + 6.8 * len(f"{text} parameters") <= 760 for x, _, text in places)
    assert all(int(y) < int(height) for _, y, _ in places)
    assert 'class="bad"' not in html, "an answer that is none is no error"


def test_losses_are_in_proportion_above_each_smallest():
    lines, up = drawn(report(1000, 2000))
    assert up.at(0.06) - up.at(0.0) == pytest.approx(3 * (up.at(0.02) - up.at(0.0)))
    for line in lines:
        assert [point.y for point in line.points] == pytest.approx([up.at(0.02 * n) for n in range(4)])
        assert all(TOP - 1e-9 <= point.high < point.y < point.low <= TOP + HIGH + 1e-9 for point in line.points)
