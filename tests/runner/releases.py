"""Builds that are compared with earlier ones, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.runner.build import Build
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store
from tests.runner.corpora import RAW, run_steps

LEVELS = ("dedup.exact", "dedup.minhash")


def recipe(inputs: Path, sources: str, against: dict[str, list[str]] | None = None, **dedup: Any) -> dict[str, Any]:
    """Both levels of dedup over sources a, b, c of a folder; of several, those named earlier are preferred."""
    source = {"stage": "sources.jsonl", "license": "MIT", "normalize": [{"normalize.plain": {"clean": False, **RAW}}]}
    stages = [
        {level: {"preferred_sources": list(sources)[:-1], "against": (against or {}).get(level, []), **dedup}}
        for level in LEVELS
    ]
    return {
        "corpus": f"crawl-{sources}",
        "sources": {name: {**source, "paths": str(inputs / name)} for name in sources},
        "stages": stages,
        "licenses": {"allow": ["MIT"]},
        "mixes": {"pretrain": {"default_weight": 1.0}},
    }


def datasets(done: Build) -> dict[str, Manifest]:
    return {s.step: complete(Store(done.store), s.directory) for s in done.steps if s.step in LEVELS}


def addresses(*builds: Build) -> dict[str, list[str]]:
    """Where each level of each build lies."""
    return {level: [Store(b.store).address(b.directories()[level]) for b in builds] for level in LEVELS}


def calls(done: Build, step: str = "dedup.minhash") -> dict[str, int]:
    return next(s.calls for s in done.steps if s.step == step)


def deduped(inputs: Path, sources: str, store: Path, *earlier: Build, **options: Any) -> Build:
    return run_steps(recipe(inputs, sources, addresses(*earlier)), store, until="dedup.minhash", **options)


def run_cli(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout.splitlines()[-1]))
