"""Hits of benchmark items in documents: matches of n-grams, compared token by token, and gathered by item.

A hit is a field of an item of which a document holds n-grams. It is a near-miss where some of them stand there with
other numbers and nowhere with the right ones; its share then counts both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from curation_lib.text.benchmarks import Benchmark, Index
from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.masked_words import Tokens, folded, masked, masked_tokens
from curation_lib.text.overlap import Matches, ngram_matches

SPAN = pa.struct([pa.field("start", pa.int64()), pa.field("stop", pa.int64())])
HIT = pa.struct(
    [
        pa.field("benchmark", pa.string()),
        pa.field("item", pa.string()),
        pa.field("field", pa.string()),
        pa.field("near", pa.bool_()),
        pa.field("share", pa.float64()),
        pa.field("ngrams", pa.int64()),
        pa.field("found", pa.list_(pa.uint64())),
        pa.field("spans", pa.list_(SPAN)),
    ]
)
"""`share` of the field's `ngrams`; `found`: keys of those met, in the field's order; spans: bytes of the text, the
words met with the signs that touch them and the white space behind, which a cut takes, too."""

Hit = dict[str, Any]
SHOWN = 10
"""Items that a ledger row names."""


class _Field(NamedTuple):
    """What a document holds of one form of a field: spans by place of n-grams that stand there as they are, and with
    other numbers; the n-grams' keys by place."""

    exact: dict[int, list[tuple[int, int]]]
    loose: dict[int, list[tuple[int, int]]]
    keys: dict[int, int]


def hits(texts: pa.LargeStringArray, index: Index, names: Sequence[Benchmark], characters: bool) -> list[list[Hit]]:
    """The hits of each text, by benchmark, item and field in the order of the benchmarks' files."""
    found = ngram_matches(texts, index.grams, characters)
    rows = np.unique(found.rows)
    out: list[list[Hit]] = [[] for _ in range(len(texts))]
    if len(rows):
        some = texts.take(pa.array(rows))
        tokens, (data, offsets) = masked_tokens(some, characters), arrow_buffers(some)
        bounds = np.searchsorted(found.rows, [*rows, len(texts)])
        for n, row in enumerate(rows.tolist()):
            text = data[offsets[n] : offsets[n + 1]].tobytes()
            mine = Matches(*(column[bounds[n] : bounds[n + 1]] for column in found))
            out[row] = list(_hits(_gathered(mine, _Tokens(tokens, n, text), index), index, names, text))
    return out


class _Tokens:
    """The folded tokens of one row, each made when first asked for."""

    def __init__(self, tokens: Tokens, row: int, text: bytes) -> None:
        first, last = int(tokens.offsets[row]), int(tokens.offsets[row + 1])
        self.starts, self._ends, self._text = tokens.starts[first:last], tokens.ends[first:last], text
        self._made: dict[int, str] = {}

    def run(self, first: int, size: int) -> list[str]:
        return [self._made.get(n) or self._make(n) for n in range(first, first + size)]

    def _make(self, n: int) -> str:
        self._made[n] = folded(self._text[self.starts[n] : self._ends[n]].decode())
        return self._made[n]


def _gathered(found: Matches, document: _Tokens, index: Index) -> dict[int, _Field]:
    """Matches by row of the index, those left out whose tokens differ."""
    units: dict[int, _Field] = {}
    texts: dict[int, _Tokens] = {}
    grams = index.grams
    firsts = np.searchsorted(document.starts, found.starts)
    columns = (found.starts, found.stops, found.sizes, found.grams, firsts)
    for start, stop, size, gram, first in zip(*(column.tolist() for column in columns), strict=True):
        run = document.run(first, size)
        for at in range(int(grams.offsets[gram]), int(grams.offsets[gram + 1])):
            unit, place = int(grams.owners[at]), int(grams.places[at])
            if unit not in texts:
                texts[unit] = _Tokens(index.tokens, unit, index.texts[unit].as_py().encode())
            other = texts[unit].run(place, size)
            if run != other and [*map(masked, run)] != [*map(masked, other)]:
                continue
            field = units.setdefault(unit, _Field(defaultdict(list), defaultdict(list), {}))
            field.keys[place] = int(grams.keys[gram])
            (field.exact if run == other else field.loose)[place].append((start, stop))
    return units


def _hits(units: Mapping[int, _Field], index: Index, names: Sequence[Benchmark], text: bytes) -> Iterator[Hit]:
    """One hit per field, by the form of it that the document holds more of."""
    half = len(index.units) // 2
    for row in sorted({unit % half for unit in units}):
        unit = max((u for u in (row, row + half) if u in units), key=lambda u: (_share(units[u], index, u), -u))
        exact, loose, keys = units[unit]
        if index.short[unit] and _share(units[unit], index, unit) < 1:
            continue
        changed = set(loose) - set(exact)
        about = index.units[unit]
        yield {
            "benchmark": names[about.benchmark].name,
            "item": about.item,
            "field": names[about.benchmark].fields[about.field],
            "near": bool(changed),
            "share": _share(units[unit], index, unit),
            "ngrams": int(index.grams.totals[unit]),
            "found": [keys[place] for place in sorted(keys)],
            "spans": _spans([span for place in keys for span in exact.get(place) or loose[place]], text),
        }


def _share(field: _Field, index: Index, unit: int) -> float:
    return len(field.keys) / int(index.grams.totals[unit])


def _spans(spans: Sequence[tuple[int, int]], text: bytes) -> list[dict[str, int]]:
    """Spans that overlap as one, in order, then widened to what a cut takes."""
    out: list[list[int]] = []
    for start, stop in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], stop)
        else:
            out.append([start, stop])
    return [{"start": _before(text, start), "stop": _behind(text, stop)} for start, stop in out]


def _before(text: bytes, start: int) -> int:
    """Where the signs that touch `start` from before begin."""
    while start:
        first = start - 1
        while text[first] & 0xC0 == 0x80:
            first -= 1
        char = text[first:start].decode()
        if char.isspace() or folded(char):
            break
        start = first
    return start


def _behind(text: bytes, stop: int) -> int:
    """Behind the signs that touch `stop`, and the white space behind them."""
    spaces = False
    while stop < len(text):
        width = 1 if text[stop] < 0x80 else 2 if text[stop] < 0xE0 else 3 if text[stop] < 0xF0 else 4
        char = text[stop : stop + width].decode()
        if folded(char) or (spaces and not char.isspace()):
            break
        spaces = spaces or char.isspace()
        stop += width
    return stop


def body(text: str) -> tuple[int, int]:
    """Bytes of the text without the white space before it: a cut of all of them leaves nothing."""
    whole = len(text.encode())
    return whole - len(text.lstrip().encode()), whole


def counts_of(documents: Iterable[Sequence[Hit]]) -> list[list[int]]:
    """`[key, documents]` of every n-gram that some document holds, from the documents' hits, by key."""
    counts: Counter[int] = Counter()
    for found in documents:
        counts.update({key for hit in found for key in hit["found"]})
    return [[key, count] for key, count in sorted(counts.items())]


def added(counts: Iterable[Sequence[Sequence[int]]]) -> list[list[int]]:
    """Several `counts_of` as one."""
    total: Counter[int] = Counter()
    for pairs in counts:
        for key, count in pairs:
            total[key] += count
    return [[key, count] for key, count in sorted(total.items())]


def evidence(over: Sequence[tuple[Hit, float]]) -> str:
    """Items by share, `told`: what a ledger row says."""
    ordered = sorted(over, key=lambda pair: -pair[1])
    items = [told(hit, share) for hit, share in ordered[:SHOWN]]
    return "; ".join([*items, *([f"and {len(over) - SHOWN} more"] if len(over) > SHOWN else [])])


def told(hit: Hit, share: float) -> str:
    """One item: benchmark, item, field, share, bytes of the text."""
    spans = ", ".join(f"{span['start']}-{span['stop']}" for span in hit["spans"])
    return f"{hit['benchmark']} {hit['item']} {hit['field']}: {share:.3f} at {spans}"
