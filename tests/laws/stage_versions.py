"""Locks each stage's version to the code that makes its output: `python -m tests.laws.stage_versions --update`.

The import closure of a stage is its module and every curation_lib module that it leads to. Its hash is over
their syntax trees, so comments, docstrings and formatting do not count. Where it changes, so may the bytes of
datasets, and the stage's version has to be raised; `--same-output` says that the bytes are the same.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from curation_lib.core.registry import find, names

ROOT = Path(__file__).resolve().parents[2]
LOCK = Path(__file__).with_name("stage_versions.json")
COMMAND = "python -m tests.laws.stage_versions --update"
Lock = dict[str, dict[str, Any]]


def source_of(module: str, root: Path = ROOT) -> Path | None:
    """The file of a module of this project, None for any other."""
    base = root.joinpath(*module.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


@cache
def imports_of(module: str, root: Path = ROOT) -> frozenset[str]:
    """The curation_lib modules that a module imports, at its top or within its functions."""
    path = source_of(module, root)
    if path is None:
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return frozenset(n for n in found if n.startswith("curation_lib.") and source_of(n, root))


def closure_of(module: str, root: Path = ROOT) -> list[str]:
    """A module and all that it leads to, sorted."""
    seen, queue = {module}, [module]
    while queue:
        new = imports_of(queue.pop(), root) - seen
        seen |= new
        queue.extend(new)
    return sorted(seen)


@cache
def tree_of(module: str, root: Path = ROOT) -> str:
    """The module's syntax tree without docstrings, as text."""
    path = source_of(module, root)
    assert path is not None
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [one for one in node.body if not _is_text(one)] or [ast.Pass()]
    return ast.dump(tree).replace(", type_params=[]", "")  # which Python 3.12 adds to every function and class


def _is_text(node: ast.stmt) -> bool:
    """A string that stands alone: a docstring, or a note under a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def hash_of(module: str, root: Path = ROOT) -> str:
    """32 hex digits over the closure's names and trees."""
    parts = [f"{name}\n{tree_of(name, root)}" for name in closure_of(module, root)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def current() -> Lock:
    """Every registered stage's version and hash, as the code stands."""
    return {
        name: {"version": find(name).version, "closure": hash_of(f"curation_lib.{name}")} for name in sorted(names())
    }


def unversioned(locked: Mapping[str, dict[str, Any]], now: Mapping[str, dict[str, Any]]) -> list[str]:
    """Stages whose code has changed under the version that is locked, or whose version went back."""
    both = [name for name in now if name in locked]
    return [
        name
        for name in both
        if now[name]["version"] < locked[name]["version"]
        or (now[name]["version"] == locked[name]["version"] and now[name]["closure"] != locked[name]["closure"])
    ]


def main(arguments: list[str]) -> str | None:
    """Update the lock; what to do instead where it must not be."""
    parser = argparse.ArgumentParser(prog="python -m tests.laws.stage_versions", description=__doc__)
    parser.add_argument("--update", action="store_true", required=True)
    parser.add_argument("--same-output", action="store_true", help="the changed code gives the same bytes")
    parser.add_argument("--lock", type=Path, default=LOCK, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    locked: Lock = json.loads(options.lock.read_text()) if options.lock.exists() else {}
    now = current()
    changed = unversioned(locked, now)
    if changed and not options.same_output:
        return (
            f"not updated: the code behind {', '.join(changed)} has changed, but not the version. Raise `version` in "
            "the stage's module; if its output is the same byte for byte, add --same-output"
        )
    options.lock.write_text(json.dumps(now, indent=2) + "\n")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
