"""Reads ahead: at once, in order, and never far."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier

import pytest

from curation_lib.runner.ahead import THREADS, ahead


def test_answers_come_in_order_though_the_work_is_done_at_once() -> None:
    together = Barrier(THREADS, timeout=20)  # broken, unless so many wait in it

    def work(n: int) -> int:
        together.wait()
        return n * n

    assert list(ahead(work, range(2 * THREADS))) == [n * n for n in range(2 * THREADS)]


def test_no_more_is_begun_than_can_be_held() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for n in range(1000):
            asked.append(n)
            yield n

    found = ahead(lambda n: n, items())
    assert [next(found) for _ in range(10)] == list(range(10))
    assert len(asked) == THREADS + 10


def test_an_error_comes_where_its_answer_would() -> None:
    found = ahead(lambda n: 1 // n, [2, 1, 0])
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(found)
