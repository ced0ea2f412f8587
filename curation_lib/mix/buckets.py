"""Buckets: documents that are alike to a mix, natural or synthetic, of one source, language, licence and metadata."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from curation_lib.core.contract import SYNTHETIC
from curation_lib.mix.matches import UNDETERMINED, Match
from curation_lib.mix.weights import Weight, entry_of


class Bucket(NamedTuple):
    """Documents of one kind, (SYNTHETIC or nothing, source, language, license, *metadata): rows [start, stop) of a
    partition's table, by priority."""

    kind: tuple[str, ...]
    partition: int
    start: int
    stop: int

    @property
    def synthetic(self) -> bool:
        """Whether a generator wrote its documents."""
        return self.kind[0] == SYNTHETIC

    @property
    def source(self) -> str:
        """Where its documents come from."""
        return self.kind[1]

    @property
    def language(self) -> str:
        """Their language; UNDETERMINED where that is not known."""
        return self.kind[2]

    @property
    def license(self) -> str:
        """Their licence, SPDX or unknown."""
        return self.kind[3]

    def metadata(self, keys: Sequence[str]) -> dict[str, str]:
        """Their metadata by `keys`, which are those that `kinds` was given."""
        return dict(zip(keys, self.kind[4:], strict=True))

    def matches(self, match: Match, keys: Sequence[str]) -> bool:
        """Whether its documents match every glob."""
        return match.matches(self.source, self.language, self.metadata(keys))


def kinds(batch: pa.RecordBatch, keys: Sequence[str]) -> pa.Array:
    """string[rows]: `Bucket.kind` joined by NUL; its metadata is that of `keys`."""
    generated = pc.equal(batch.column("format"), SYNTHETIC)
    values = [pc.map_lookup(batch.column("metadata"), name, occurrence="last") for name in keys]
    values = [pc.fill_null(pc.replace_substring(one, "\0", " "), UNDETERMINED) for one in values]
    language = pc.fill_null(batch.column("language"), UNDETERMINED)
    made = pc.if_else(generated, SYNTHETIC, "")
    license = pc.replace_substring(batch.column("license"), "\0", " ")
    return pc.binary_join_element_wise(made, batch.column("source"), language, license, *values, "\0")


def bucket_keys(kinds: pa.Array) -> pa.Array:
    """xxh3-64 of each row's kind, hashed once per distinct one."""
    encoded = kinds.dictionary_encode()
    hashes = [xxhash.xxh3_64_intdigest(kind.encode()) for kind in encoded.dictionary.to_pylist()]
    return pa.array(hashes, pa.uint64()).take(encoded.indices)


def entry(bucket: Bucket, weights: Sequence[Weight], keys: Sequence[str]) -> int:
    """Index of the entry that its documents belong to (`entry_of`)."""
    return entry_of(bucket.source, bucket.language, bucket.metadata(keys), weights)


def buckets(table: pa.Table, number: int) -> Iterator[Bucket]:
    """The runs of one kind in one partition's table."""
    if not table.num_rows:
        return
    kinds = table.column("kind").combine_chunks().dictionary_encode()
    edges = [0, *(np.flatnonzero(np.diff(kinds.indices.to_numpy())) + 1).tolist(), table.num_rows]
    for start, stop in pairwise(edges):
        yield Bucket(tuple(kinds[start].as_py().split("\0")), number, start, stop)


def numbers(table: pa.Table, name: str, bucket: Bucket) -> npt.NDArray[Any]:
    """The bucket's rows of a column."""
    found: npt.NDArray[Any] = table.column(name).slice(bucket.start, bucket.stop - bucket.start).to_numpy()
    return found
