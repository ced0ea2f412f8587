"""One chunk, what stands between white space, as kernels see it: code points and what they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from curation_lib.text.kernels import inlined

Codes = npt.NDArray[np.int32]
Kinds = npt.NDArray[np.uint16]
"""Entries of the characters' table."""
Starts = npt.NDArray[np.uint8]
"""1 where a word begins."""

_0, _9 = ord("0"), ord("9")


@inlined
def is_digit(code: int) -> bool:
    return _0 <= code <= _9


@inlined
def run_of(codes: Codes, i: int, b: int) -> int:
    """How many of the sign at `i` follow each other."""
    k = i + 1
    while k < b and codes[k] == codes[i]:
        k += 1
    return k - i
