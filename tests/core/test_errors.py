from __future__ import annotations

import pickle

import pytest

from curation_lib.core import errors
from curation_lib.core.errors import Unreadable, WinnowError

KINDS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, WinnowError)]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_cross_processes_whole(kind: type[WinnowError]) -> None:
    error = kind("what to change")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == "what to change"


def test_unreadable_keeps_place_and_first_bytes() -> None:
    again = pickle.loads(pickle.dumps(Unreadable("cut off", "x#1", b"y" * 100)))
    assert (again.error, again.locator, again.head) == ("cut off", "x#1", b"y" * 64)
