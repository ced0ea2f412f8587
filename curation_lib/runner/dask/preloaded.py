"""What worker processes have imported before they are forked."""

from __future__ import annotations

from curation_lib.core.registry import names

_NUMBA = (
    "numba.np.linalg", "numba.np.arraymath", "numba.np.npyimpl", "numba.np.random.generator_methods",
    "numba.np.polynomial.polynomial_functions", "numba.cpython.unicode", "numba.cpython.randomimpl",
    "numba.misc.cffiimpl", "numba.typed.typedlist", "numba.typed.typedset", "numba.experimental.jitclass.base",
    "numba.core.inline_closurecall", "numba.core.optional", "numba.core.typing.cffi_utils",
    "numba.core.typing.setdecl", "numba.core.typing.dictdecl", "numba.core.typing.listdecl",
    "numba.core.typing.cmathdecl", "numba.misc.gdb_hook", "numba.misc.literal", "numba.typed.typeddict",
    "numba.np.random.legacy", "numba.experimental.function_type", "numba.np.types.datetime_registry",
)  # fmt: skip
"""What numba imports when the first kernel is called: half a second a process unless it is there before the fork."""
_PYARROW = ("pandas", "pyarrow.parquet", "pyarrow.compute", "pyarrow.ipc")
"""pyarrow imports pandas when it first sees a Python list."""


def preloaded() -> list[str]:
    """Names of modules: every stage, what runs them, and what these import late."""
    runner = [f"curation_lib.runner.{name}" for name in ("dask", "shard", "group", "export")]
    return [*runner, *(f"curation_lib.{name}" for name in names()), *_NUMBA, *_PYARROW]
