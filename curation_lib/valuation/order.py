"""Which tokens each step of a run is trained on, by pool, share and seed: found where they lie, never all in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.model_settings import uneven
from curation_lib.valuation.pool import Index, Pool, scrambled
from curation_lib.valuation.runs import Run


class Stream:
    """A part's documents one behind the other, over and over, each time in another order. tokens: the last of them is
    cut where all make more: one long document would else be read far less often than the part is to be."""

    def __init__(self, pool: Pool, rows: Index, seed: int, tokens: int | None = None) -> None:
        self._pool, self._rows, self._seed = pool, rows, seed
        self._lengths = pool.lengths()[rows]
        if tokens is not None:
            self._lengths[-1] -= max(0, int(self._lengths.sum()) - tokens)
        self.length = int(self._lengths.sum())
        self._epochs: dict[int, tuple[Index, Index]] = {}

    def window(self, start: int, length: int) -> npt.NDArray[np.int64]:
        """Tokens start to start + length of the stream, int64[length]."""
        found: list[npt.NDArray[np.int64]] = []
        while length:
            epoch, at = divmod(start, self.length)
            piece = self._within(epoch, at, min(length, self.length - at))
            found.append(piece)
            start, length = start + len(piece), length - len(piece)
        return np.concatenate(found)

    def _within(self, epoch: int, at: int, length: int) -> npt.NDArray[np.int64]:
        rows, ends = self._order(epoch)
        first = int(np.searchsorted(ends, at, "right"))
        pieces, pool = [], self._pool
        while length:
            row, begin = rows[first], at - (ends[first - 1] if first else 0)
            start, stop = pool.offsets[row] + begin, pool.offsets[row] + min(begin + length, ends[first] - at + begin)
            pieces.append(pool.ids[start:stop].astype(np.int64))
            at, length, first = at + len(pieces[-1]), length - len(pieces[-1]), first + 1
        return np.concatenate(pieces)

    def _order(self, epoch: int) -> tuple[Index, Index]:
        """Rows in the epoch's order, and where each one's tokens end. Two epochs are held."""
        if epoch not in self._epochs:
            ranks = scrambled(self._pool.ranked(self._seed)[self._rows] ^ np.uint64(epoch + 1))
            places = np.lexsort((self._rows, ranks))
            self._epochs.pop(min(self._epochs) if len(self._epochs) > 1 else -1, None)
            self._epochs[epoch] = (self._rows[places], np.cumsum(self._lengths[places]))
        return self._epochs[epoch]


class Order(NamedTuple):
    """The sequences of a run, 10 bytes each; 8 bytes for each of a pool's, while they are drawn. part:
    int16[sequences], which part each is of; place: its number within that part's stream."""

    streams: Sequence[Stream]
    part: npt.NDArray[np.int16]
    place: Index
    length: int

    def sequence(self, n: int) -> npt.NDArray[np.int64]:
        """Sequence n with the token behind it, int64[length + 1]."""
        return self.streams[int(self.part[n])].window(int(self.place[n]) * self.length, self.length + 1)

    def epochs(self) -> list[float]:
        """How often each part was gone through."""
        counts = np.bincount(self.part, minlength=len(self.streams))
        return [int(n) * self.length / s.length for n, s in zip(counts, self.streams, strict=True)]


def order_of(run: Run, pools: Sequence[Pool]) -> Order:
    """The run's sequences over the pools of its parts, shares kept to the sequence. Raises ConfigError for a part
    without documents."""
    length = run.model.sequence_length
    rows = [pool.chosen(part.low, part.high, part.tokens) for pool, part in zip(pools, run.parts, strict=True)]
    for found, part in zip(rows, run.parts, strict=True):
        if not len(found):
            raise ConfigError(f"{part.pool} has no document between {part.low} and {part.high}; give it more documents")
    given = enumerate(zip(pools, rows, run.parts, strict=True))
    streams = [Stream(pool, found, run.seed * 1000 + n, part.tokens) for n, (pool, found, part) in given]
    counts = _apportioned([one.share for one in run.parts], run.steps * per_step(run))
    of = np.repeat(np.arange(len(counts), dtype=np.int16), counts)
    np.random.default_rng(run.seed).shuffle(of)
    place = np.zeros(len(of), np.int64)
    for n, (count, stream) in enumerate(zip(counts, streams, strict=True)):
        place[of == n] = _scattered(count, max(1, stream.length // length), run.seed * 1000 + n)
    return Order(streams, of, place, length)


def _scattered(count: int, epoch: int, seed: int) -> Index:
    """`count` windows out of epochs of `epoch`, drawn from all over each by seed: otherwise a short run would be a few
    long documents, and its seeds would differ by which."""
    rng = np.random.default_rng([seed, 1])
    blocks = [first + rng.permutation(epoch)[: count - first] for first in range(0, count, epoch)]
    return np.concatenate([np.zeros(0, np.int64), *blocks])


def per_step(run: Run) -> int:
    """Sequences of one step over all devices. Raises ConfigError where they do not come out even."""
    if told := uneven(run.model, run.optimisation):
        raise ConfigError(told)
    return run.optimisation.batch_tokens // run.model.sequence_length


def _apportioned(shares: Sequence[float], total: int) -> list[int]:
    """Whole numbers that sum to total, nearest to the shares (largest remainders)."""
    wanted = np.asarray(shares) / sum(shares) * total
    counts = np.floor(wanted).astype(int)
    for n in np.argsort(-(wanted - counts), kind="stable")[: total - counts.sum()]:
        counts[n] += 1
    return [int(n) for n in counts]
