"""n-gram models as ARPA text: how KenLM, SRILM and others exchange them.

`\\data\\`, a line `ngram n=count` per order, then per order `\\n-grams:` and lines of log10 probability, words and,
where longer n-grams begin so, a log10 back-off weight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.errors import ConfigError
from curation_lib.text.arpa_lines import ABSENT, BAD, POSITIVE, SHORT, read_ngrams, read_unigrams, word_table
from curation_lib.text.buffers import Bytes, Offsets, arrow_buffers
from curation_lib.text.ngram_model import Floats
from curation_lib.text.ngram_tables import NO_UNKNOWN, UNKNOWN, Ngrams, Words

_COUNT = re.compile(rb"ngram\s+(\d+)\s*=\s*(\d+)\s*$")
_WRONG = {
    BAD: "is no n-gram line",
    ABSENT: "holds a word that is no unigram",
    SHORT: "comes too early: the order has fewer n-grams than its count says",
    POSITIVE: "has a positive log10 probability",
}
LINES_AT_ONCE = 65536


class Model(NamedTuple):
    """What an ARPA file says. words: their bytes, the unknown word first; orders: n-grams of order 1, 2, …"""

    words: Words
    orders: list[Ngrams]


def parse_arpa(data: bytes, name: str) -> Model:
    """The model in the text `data` of the file `name`.

    A model without `<unk>` gives unknown words a log10 probability of -100, as KenLM does. Memory: 8 + 4n bytes per
    n-gram beside the text. Raises ConfigError naming file and byte where the text is no ARPA.
    """
    counts, at = _head(data, name)
    array = np.frombuffer(data, np.uint8)
    at = _section(data, at, 1, name)
    starts, ends, probability, backoff = (np.zeros(counts[0], kind) for kind in (np.int64, np.int64, "f4", "f4"))
    at = _require(read_unigrams(array, at, starts, ends, probability, backoff), data, name)
    words, unigrams = _with_unknown(array, starts, ends, probability, backoff)
    table, tables = word_table(words)
    orders = [unigrams]
    for n, count in enumerate(counts[1:], 2):
        at = _section(data, at, n, name)
        made = Ngrams(np.zeros((count, n), np.uint32), np.zeros(count, np.float32), np.zeros(count, np.float32))
        at = _require(read_ngrams(array, at, table, tables, *made), data, name)
        orders.append(made)
    if data[at:].split(maxsplit=1)[:1] != [b"\\end\\"]:
        raise ConfigError(f"{name}: no \\end\\ at byte {at}; the file is cut short or has more n-grams than it says")
    return Model(words, orders)


def _head(data: bytes, name: str) -> tuple[list[int], int]:
    at = data.find(b"\\data\\")
    if at < 0:
        raise ConfigError(f"{name}: no \\data\\ line; give an ARPA file or KenLM's binary of type probing")
    counts: list[int] = []
    at = data.find(b"\n", at) + 1
    while at and (end := data.find(b"\n", at)) >= 0:
        line = data[at:end].strip()
        if found := _COUNT.match(line):
            counts.append(int(found[2]))
        elif line:
            break
        at = end + 1
    if not counts:
        raise ConfigError(f"{name}: no counts (ngram 1=…) behind \\data\\; the file is cut short")
    if (least := sum(count * 2 * (n + 1) for n, count in enumerate(counts, 1))) > len(data):  # of each line
        raise ConfigError(f"{name}: {len(data):,} bytes, but its counts ask for {least:,} or more; copy it again")
    return counts, at


def _section(data: bytes, at: int, n: int, name: str) -> int:
    """Where the n-grams of order `n` begin."""
    header = b"\\%d-grams:" % n
    end = data.find(b"\n", data.find(header, at))
    if data[at:end].strip() != header or end < 0:
        raise ConfigError(f"{name}: no {header.decode()} at byte {at}; the file is cut short or its counts are wrong")
    return end + 1


def _require(found: tuple[int, int], data: bytes, name: str) -> int:
    at, wrong = found
    if wrong:
        line = data[at : data.find(b"\n", at) % (len(data) + 1)][:80].decode(errors="replace")
        raise ConfigError(f"{name}: the line at byte {at} {_WRONG[wrong]}: {line!r}; write the model again")
    return at


def _with_unknown(
    data: Bytes, starts: Offsets, ends: Offsets, probability: Floats, backoff: Floats
) -> tuple[Words, Ngrams]:
    """Words and unigrams with the unknown one first."""
    spoken = [
        n
        for n in np.flatnonzero(ends - starts == len(UNKNOWN))
        if data[starts[n] : ends[n]].tobytes().lower() == UNKNOWN
    ]
    here = np.array(spoken[:1], np.int64)
    others = np.delete(np.arange(len(starts)), spoken)
    order = np.concatenate([here, others])
    first = (np.array([], "f4"), np.array([], "f4")) if spoken else (np.array([NO_UNKNOWN], "f4"), np.zeros(1, "f4"))
    none = np.zeros(0 if spoken else 1, np.int64)
    words = Words(data, np.concatenate([none, starts[order]]), np.concatenate([none, ends[order]]))
    ids = np.arange(len(words.starts), dtype=np.uint32).reshape(-1, 1)
    weights = (np.concatenate([first[0], probability[order]]), np.concatenate([first[1], backoff[order]]))
    return words, Ngrams(ids, *weights)


def arpa_text(words: Sequence[bytes], orders: Sequence[Ngrams]) -> Iterator[bytes]:
    """The model as ARPA text, piece by piece; numbers as short as single precision allows."""
    counts = "".join(f"ngram {n}={len(ngrams.probability)}\n" for n, ngrams in enumerate(orders, 1))
    yield f"\\data\\\n{counts}".encode()
    spelled = pa.array(words, pa.large_binary())
    for n, ngrams in enumerate(orders, 1):
        yield f"\n\\{n}-grams:\n".encode()
        for first in range(0, len(ngrams.probability), LINES_AT_ONCE):
            rows = slice(first, first + LINES_AT_ONCE)
            part = Ngrams(ngrams.ids[rows], ngrams.probability[rows], ngrams.backoff[rows])
            yield _lines(part, spelled, n == len(orders))
    yield b"\n\\end\\\n"


def _lines(part: Ngrams, words: pa.Array, longest: bool) -> bytes:
    columns = [words.take(pa.array(part.ids[:, n])) for n in range(part.ids.shape[1])]
    kind = pa.large_binary()
    score, weight = (pc.cast(pc.cast(pa.array(c + 0.0), pa.large_string()), kind) for c in part[1:])
    spoken = pc.binary_join_element_wise(*columns, pa.scalar(b" ", kind))
    fields = [score, spoken] if longest else [score, spoken, weight]
    lines = pc.binary_join_element_wise(*fields, pa.scalar(b"\t", kind))
    ended = pc.binary_join_element_wise(lines, pa.array([b""] * len(lines), kind), pa.scalar(b"\n", kind))
    data, offsets = arrow_buffers(ended)
    return data[offsets[0] : offsets[-1]].tobytes()
