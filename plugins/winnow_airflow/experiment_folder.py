"""Experiments of a folder, one YAML file each: those that a DAG offers by name, and those that it cannot.

The DAG and the errors come from two files below dags/, as with corpora (`recipe_folder.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from curation_lib.core.errors import ConfigError


class Experiments(NamedTuple):
    """One kind of experiment. what: its word in messages, and the key that names one in its file. folder: below dags/,
    unless the environment names another in `variable`. load: checks a file whole."""

    what: str
    folder: str
    variable: str
    load: Callable[[Path], Any]

    def files(self, dags_folder: str | Path, environment: Mapping[str, str] = os.environ) -> list[Path]:
        """Its `*.yaml`, sorted."""
        folder = Path(environment.get(self.variable) or Path(dags_folder) / self.folder)
        return sorted(path for path in folder.glob("*.yaml") if path.is_file())

    def sound(self, files: list[Path]) -> dict[str, Path]:
        """Files by name of the experiment, of those that can be carried out."""
        return {self.name(found): path for path, found in self._read(files) if not isinstance(found, str)}

    def name(self, experiment: Any) -> str:
        """By which a run asks for it."""
        return str(getattr(experiment, self.what))

    def refuse_broken(self, files: list[Path]) -> None:
        """Raise ConfigError with one line per file that cannot be carried out, or that takes another's name."""
        problems = [found for _, found in self._read(files) if isinstance(found, str)]
        if problems:
            raise ConfigError("\n".join(problems))

    def _read(self, files: list[Path]) -> Iterator[tuple[Path, Any]]:
        """Each file with its experiment, or with what is wrong."""
        taken: dict[str, Path] = {}
        for path in files:
            try:
                found = self.load(path)
            except ConfigError as e:
                yield path, str(e) if str(path) in str(e) else f"{path}: {e}"
                continue
            first = taken.setdefault(self.name(found), path)
            twin = f"{path}: {self.what} {self.name(found)!r} is already described by {first}; give it another name"
            yield path, found if first is path else twin
