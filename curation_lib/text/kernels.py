"""How the innermost kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """`njit` without reference counts, for functions that make no array: each array that such a function is given
    costs two atomic operations a call otherwise, which is more than short ones do besides."""
    compiled: Function = njit(nogil=True, cache=True, _nrt=False)(function)  # type: ignore[call-overload]
    return compiled


def inlined(function: Function) -> Function:
    """A kernel that becomes part of each that calls it: a call passes every field of every array, some 10 ns for the
    short steps that run once a word."""
    compiled: Function = njit(nogil=True, cache=True, _nrt=False, forceinline=True)(function)  # type: ignore[call-overload]
    return compiled
