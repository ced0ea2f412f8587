"""Many small reads of a far store at once: each waits for the network, not for a core."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
THREADS = 16


def ahead(function: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """`function` of every item, in order; of at most THREADS items more than were asked for is anything in memory."""
    with ThreadPoolExecutor(THREADS) as pool:
        under_way: deque[Future[Answer]] = deque()
        for item in items:
            under_way.append(pool.submit(function, item))
            if len(under_way) > THREADS:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
