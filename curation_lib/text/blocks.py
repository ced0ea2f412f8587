"""Eight bytes of a text at a time: where runs end, how many characters they hold, their hashes.

A block is a uint64 of up to eight bytes, the first lowest. Tests of all its bytes at once leave the top bit of each
byte that passes, so that trailing zeros say where the first one stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import KIND, SPACE, Table, decode
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.occurrences import spread

_0, _1, _3, _7, _8 = (np.uint64(n) for n in (0, 1, 3, 7, 8))
_EACH = np.uint64(0x0101010101010101)
_TOP = np.uint64(0x8080808080808080)
_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
CASE = np.uint64(0x2020202020202020)
"""Sets the bit that small letters have and capitals lack."""
_FROM_A, _ABOVE_Z = (np.uint64(0x80 - n) * _EACH for n in (ord("a"), ord("z") + 1))  # carry into the top bit
_ABOVE_BLANK = np.uint64(0x80 - 0x21) * _EACH
_NEWLINE = ord("\n")
_SEED, _PRIME, _MIX = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


def _load_code(_context: Any, data: Any, _i: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(64).as_pointer())
        return builder.load(place, align=1)

    return types.uint64(data, types.intp), code


def _zeros_code(_context: Any, _block: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), code


def _ones_code(_context: Any, _block: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), code


_intrinsic: Any = intrinsic
_load: Callable[[Bytes, int], np.uint64] = _intrinsic(_load_code)
"""_load(data, i): data[i:i + 8] as one number; nothing is checked."""
trailing_zeros: Callable[[Any], int] = _intrinsic(_zeros_code)
"""Where the lowest bit of a block stands, 64 of 0."""
ones: Callable[[Any], int] = _intrinsic(_ones_code)
"""How many bits of a block are set."""


@inlined
def block_at(data: Bytes, i: int, end: int) -> np.uint64:
    """The bytes from `i` to `end`, at most eight; above them zeros."""
    size = end - i
    if size >= 8:
        return _load(data, i)
    if i + 8 <= data.shape[0]:
        return _load(data, i) & ((_1 << (np.uint64(size) << _3)) - _1)
    block = _0
    for k in range(size):
        block |= np.uint64(data[i + k]) << np.uint64(8 * k)
    return block


@inlined
def equal(block: np.uint64, byte: int) -> np.uint64:
    """The bytes of `block` that are `byte`, which is not 0."""
    other = block ^ np.uint64(byte) * _EACH
    return ~((other & _LOW) + _LOW | other) & _TOP


@inlined
def letters_end(data: Bytes, i: int, end: int) -> int:
    """Where the run of ASCII letters at `i` ends."""
    while i < end:
        block = block_at(data, i, end)
        folded = (block & _LOW) | CASE
        others = ~((folded + _FROM_A) & ~(folded + _ABOVE_Z) & ~block) & _TOP
        if others:
            return i + (trailing_zeros(others) >> 3)
        i += 8
    return end


@kernel
def visible_end(data: Bytes, i: int, end: int) -> int:
    """Where the run of ASCII characters above the blank (DEL among them) at `i` ends."""
    while i < end:
        block = block_at(data, i, end)
        others = ~((block & _LOW) + _ABOVE_BLANK & ~block) & _TOP
        if others:
            return i + (trailing_zeros(others) >> 3)
        i += 8
    return end


@kernel
def chunk_end(data: Bytes, i: int, end: int, table: Table) -> int:
    """Where the white space behind `i` begins."""
    while True:
        i = visible_end(data, i, end)
        if i == end:
            return end
        code, width = decode(data, i, end)
        if table[code] & KIND == SPACE:
            return i
        i += width


@kernel
def newline_at(data: Bytes, i: int, end: int) -> int:
    """Where the next newline stands; `end` if there is none."""
    while i < end:
        found = equal(block_at(data, i, end), _NEWLINE)
        if found:
            return i + (trailing_zeros(found) >> 3)
        i += 8
    return end


@kernel
def count_characters(data: Bytes, i: int, end: int) -> int:
    """Code points that begin in data[i:end]: bytes that continue none."""
    continuing = 0
    for at in range(i, end, 8):
        block = block_at(data, at, end)
        continuing += ones((block >> _7) & ~(block >> np.uint64(6)) & _EACH)
    return end - i - continuing


@inlined
def text_hash(data: Bytes, i: int, end: int) -> np.uint64:
    """The hash by which data[i:end] is known as a line, a chunk or a word. Texts of up to eight bytes never share it
    with another of their length."""
    h: Any = _SEED + np.uint64(end - i) * _PRIME
    while i < end:
        h = (h ^ block_at(data, i, end)) * _PRIME
        h ^= h >> _MIX
        i += 8
    return spread(h)
