from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.training.metrics import auc, calibration, evaluation

JUDGED = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])), min_size=1, max_size=30)


@given(JUDGED)
def test_auc_is_the_share_of_pairs_in_the_right_order(judged: list[tuple[bool, float]]) -> None:
    pairs = [(p > n) + (p == n) / 2 for is_p, p in judged if is_p for is_n, n in judged if not is_n]
    found = auc(np.array([p for p, _ in judged]), np.array([s for _, s in judged], np.float32))
    assert found == (pytest.approx(sum(pairs) / len(pairs), abs=1e-6) if pairs else None)


def test_what_a_small_table_gives() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    chosen = np.array([0, 0, 1, 1, 0, 0])
    scores = np.eye(3, dtype=np.float32)[chosen]
    found = evaluation(["a", "b", "c"], truth, scores)
    assert found["accuracy"] == 0.5
    assert found["confusion"] == {
        "a": {"a": 2, "b": 1, "c": 0},
        "b": {"a": 1, "b": 1, "c": 0},
        "c": {"a": 1, "b": 0, "c": 0},
    }
    a, c = found["by_label"]["a"], found["by_label"]["c"]
    assert (a["precision"], a["recall"], a["f1"]) == (
        0.5,
        pytest.approx(2 / 3, abs=1e-6),
        pytest.approx(4 / 7, abs=1e-6),
    )
    assert (c["precision"], c["recall"], c["f1"]) == (None, 0.0, 0.0)


def test_calibration_is_the_distance_of_promise_and_outcome() -> None:
    positive = np.array([True, False, True, True])
    found = calibration(positive, np.array([0.25, 0.25, 1.0, 0.9375], np.float32))
    assert [(b["from"], b["documents"], b["mean_score"], b["share"]) for b in found["bins"] if b["documents"]] == [
        (0.2, 2, 0.25, 0.5), (0.9, 2, 0.96875, 1.0)]  # fmt: skip
    assert found["ece"] == pytest.approx((2 * 0.25 + 2 * 0.03125) / 4)
