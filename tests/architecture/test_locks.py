"""The locks go into one environment, so none may undo what another has pinned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-synthetic.txt", "requirements-train.txt")


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS[1:])
def test_an_extra_leaves_every_version_as_it_is(name):
    for other in LOCKS:
        both = pins(name).keys() & pins(other).keys()
        assert {one: pins(name)[one] for one in both} == {one: pins(other)[one] for one in both}


def test_readers_and_training_have_the_same_pytorch():
    readers, train = pins("infra/readers/requirements.txt"), pins("requirements-train.txt")
    assert [readers[one] for one in ("torch", "transformers")] == [train[one] for one in ("torch", "transformers")]


def test_the_lock_of_training_leaves_cuda_to_pytorch():
    found = pins("requirements-train.txt")
    assert not [one for one in found if one.startswith(("nvidia", "cuda", "triton"))]
