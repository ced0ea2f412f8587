from __future__ import annotations

import numpy as np
import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.runs import made_runs, require_fittable

GOOD = np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])


def made(weights=GOOD, losses=((2.0,), (3.0,), (4.0,)), sizes=None):
    return made_runs(["a", "b"], np.array(weights), ["loss"], np.array(losses), sizes)


def test_rows_have_an_order_of_their_own_and_sums_of_one():
    found = made([[0.201, 0.8], [0.5, 0.5], [0.9, 0.1]])
    turned = made([[0.9, 0.1], [0.5, 0.5], [0.201, 0.8]], ((4.0,), (3.0,), (2.0,)))
    np.testing.assert_array_equal(found.weights, turned.weights)
    np.testing.assert_array_equal(found.losses, turned.losses)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"weights": [[0.2, 0.8], [np.nan, 0.5], [0.9, 0.1]]},
            r"column a: row 2 holds no number \(1 rows.*take the run out",
        ),
        ({"weights": [[0.2, 0.8], [0.5, 0.5], [1.1, -0.1]]}, "column b: row 3 holds -0.1; a weight is a share"),
        ({"weights": [[20, 80], [0.5, 0.5], [0.9, 0.1]]}, r"row 1: weights of a, b sum to 100, not 1 .*--domains GLOB"),
        ({"losses": ((2.0,), (0.0,), (4.0,))}, "column loss: row 2 holds 0; the logarithm of a loss"),
        ({"losses": ((2.0,), (np.inf,), (4.0,))}, "column loss: row 2 holds no number"),
        ({"sizes": np.array([1e6, 0, 1e6])}, "column parameters: row 2 holds 0; write how many parameters"),
    ],
)
def test_what_no_run_can_be_is_named_with_column_row_and_remedy(change, said):
    with pytest.raises(ConfigError, match=said):
        made(**change)


def test_a_domain_that_never_varies_and_too_few_runs_are_refused():
    with pytest.raises(ConfigError, match="3 runs do not determine 5 coefficients, of 2 domains: add runs up to 8"):
        require_fittable(made(), 5, 5)
    with pytest.raises(ConfigError, match="domain a: its weight is 0.5 in every run.*vary it"):
        require_fittable(made([[0.5, 0.5]] * 3), 1, 5)
    require_fittable(made(), 1, 5)
