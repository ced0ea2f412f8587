"""Reads runs from CSV, Parquet or JSON lines: one table, or mixtures and losses in two that share a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from curation_lib.core.errors import ConfigError
from curation_lib.core.places import on_disk
from curation_lib.mix.search.runs import Floats, Runs, made_runs

DOMAINS = "weight_*"
"""Which columns are weights, unless one says so; what stands before the star is no part of a domain's name."""
KINDS: dict[str, Callable[[Any], pd.DataFrame]] = {
    ".csv": lambda path: pd.read_csv(path),
    ".parquet": lambda path: pd.read_parquet(path),
    ".jsonl": lambda path: pd.read_json(path, lines=True),
}
"""How a table is read whose name says its kind."""


class Layout(NamedTuple):
    """Where things stand. domains: a glob over columns of weights. parameters: the column of model sizes, or "".
    losses: a second table, or ""; key: the column that both tables share."""

    targets: Sequence[str]
    domains: str = DOMAINS
    parameters: str = ""
    losses: str = ""
    key: str = "index"


def read_runs(table: str, layout: Layout) -> Runs:
    """The runs of a table at a path or URL.

    Raises ConfigError, naming column and remedy, for columns that lack or hold something else; StoreError where a file
    cannot be reached.
    """
    frame = read_table(table)
    if layout.losses:
        frame = _joined(frame, read_table(layout.losses), layout.key)
    columns = [str(name) for name in frame.columns if fnmatchcase(str(name), layout.domains)]
    columns = [name for name in columns if name not in (layout.key, layout.parameters, *layout.targets)]
    if len(columns) < 2:
        raise ConfigError(
            f"{table}: {len(columns)} columns are called {layout.domains}, where weights of two domains are the least; "
            f"name them by --domains GLOB; it has {_listed(frame)}"
        )
    sizes = _numbers(table, frame, [layout.parameters])[:, 0] if layout.parameters else None
    losses = _numbers(table, frame, layout.targets)
    return made_runs(_named(columns, layout.domains), _numbers(table, frame, columns), layout.targets, losses, sizes)


def read_table(path: str) -> pd.DataFrame:
    """A table whose name says its kind: .csv, .parquet, .jsonl; the first and the last also compressed."""
    kind = next((one for one in KINDS if one in path.rsplit("/", 1)[-1]), None)
    if kind is None:
        raise ConfigError(f"{path}: the name ends in none of {', '.join(KINDS)}")
    with on_disk(path, "runs: ") as local:
        try:
            found = KINDS[kind](local)
        except (ValueError, OSError) as e:
            raise ConfigError(f"{path}: not a {kind} table: {e}") from None
    if not len(found):
        raise ConfigError(f"{path}: the table has no rows")
    return found


def _joined(mixtures: pd.DataFrame, losses: pd.DataFrame, key: str) -> pd.DataFrame:
    for frame in (mixtures, losses):
        if key not in frame.columns:
            raise ConfigError(f"column {key}: a table lacks it, which has {_listed(frame)}; name it by --key COLUMN")
        if not frame[key].is_unique:
            raise ConfigError(f"column {key}: a value stands in two rows, so that tables cannot be joined by it")
    if set(mixtures[key]) != set(losses[key]):
        odd = sorted(set(mixtures[key]) ^ set(losses[key]), key=str)
        raise ConfigError(f"column {key}: {odd[0]} is in one of the two tables only ({len(odd)} in all)")
    both = set(mixtures.columns) & set(losses.columns) - {key}
    if both:
        raise ConfigError(f"column {sorted(map(str, both))[0]}: both tables have it; rename it in one")
    return mixtures.merge(losses, on=key, validate="one_to_one")


def _numbers(table: str, frame: pd.DataFrame, columns: Sequence[str]) -> Floats:
    for name in columns:
        if name not in frame.columns:
            raise ConfigError(f"{table}: no column {name}; it has {_listed(frame)}")
    return np.column_stack([pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64) for name in columns])


def _named(columns: Sequence[str], glob: str) -> list[str]:
    before, star, _ = glob.partition("*")
    return [name.removeprefix(before) if star and "[" not in before and "?" not in before else name for name in columns]


def _listed(frame: pd.DataFrame) -> str:
    names = [str(name) for name in frame.columns]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
