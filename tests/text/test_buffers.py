from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.errors import ContractError
from curation_lib.text.buffers import arrow_buffers

KINDS = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()]


def rows(column: pa.Array | pa.ChunkedArray) -> list[bytes]:
    data, offsets = arrow_buffers(column)
    assert (data.dtype, offsets.dtype) == (np.uint8, np.int64)
    assert not data.flags.writeable
    assert not offsets.flags.writeable
    return [data[a:b].tobytes() for a, b in pairwise(offsets)]


@given(st.lists(st.text(), max_size=8), st.integers(0, 8), st.integers(0, 8), st.sampled_from(KINDS))
def test_slices_and_chunks_hold_the_same_rows(texts: list[str], start: int, length: int, kind: pa.DataType) -> None:
    encoded = [t.encode() for t in texts]
    array = pa.array(encoded if "binary" in str(kind) else texts, kind)
    assert rows(array.slice(start, length)) == encoded[start : start + length]
    assert rows(pa.chunked_array([array, array.slice(start)], kind)) == encoded + encoded[start:]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_no_rows(kind: pa.DataType) -> None:
    assert rows(pa.array([], kind)) == [] == rows(pa.chunked_array([], kind))


def test_large_types_are_not_copied() -> None:
    array = pa.array(["one", "two"] * 1000, pa.large_string())
    data, offsets = arrow_buffers(array)
    assert data.ctypes.data == array.buffers()[2].address
    assert offsets.ctypes.data == array.buffers()[1].address


@pytest.mark.parametrize("column", [pa.array(["a", None]), pa.array([1]), pa.chunked_array([["a"], [None]])])
def test_nulls_and_other_types_are_refused(column: pa.Array) -> None:
    with pytest.raises(ContractError, match=r"nulls|int64"):
        arrow_buffers(column)
