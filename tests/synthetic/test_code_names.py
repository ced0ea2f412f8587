"""Code is known where the source has it as written."""

from __future__ import annotations

import pytest

from curation_lib.synthetic.code_names import unknown_code
from tests.synthetic.sets import rewrites, written

SOURCE = """Signals
A query runs with ``from_cache`` set, or asynchronous code calls `session.execute()` and reads  `fromCache(key)`.
Use the -v flag. FROM is a keyword.
"""


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Set ``from_cache`` before `session.execute()`.", []),
        ("Set `from-cache` first, then `from_cache`, then `from-cache`.", ["from-cache"]),
        ("`signals` are sent.", []),
        ("It calls `session.commit()`.", ["session.commit()"]),
        ("It calls asynchronous().", ["asynchronous()"]),
        ("It calls session.execute() and session.close().", ["session.close()"]),
        ("`fromcache` is read by `fromCache`.", ["fromcache"]),
        ("`cache` stands alone nowhere.", ["cache"]),
        ("Runs the value(s) (or none) of a query (asynchronous code).", []),
        ("`-v` is a flag, `-vv` is not.", ["-vv"]),
        ("```\nanything(); `at` all()\n```\nand `reads  ` no more", []),
        ("Pass -v, not --v; it is well-known, 3-fold and - so - on.", ["--v"]),
        ("An odd ` sign and `` two.", []),
        ("", []),
    ],
)
def test_by_hand(text: str, unknown: list[str]) -> None:
    assert unknown_code(text, SOURCE) == unknown


def test_true_rewrites_keep_their_code() -> None:
    made = [one for part in ("tune", "held_out") for one in (*rewrites(part), *written(part))]
    wrong = [one for one in made if unknown_code(one.text, one.source)]
    assert len(made) > 900
    assert len(wrong) <= 0.01 * len(made), [unknown_code(one.text, one.source) for one in wrong[:20]]
