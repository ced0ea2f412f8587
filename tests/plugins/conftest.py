"""Airflow as the tests of the plugin see it: a home of its own, a database of its own, this checkout's folders.

Airflow reads where its home lies when it is first imported, hence the import here. Whatever the shell says of
an Airflow of its own is hidden from these tests.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from atexit import register
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.plugins.passwords import PASSWORDS

CHECKOUT = Path(__file__).resolve().parents[2]
_CONFIG = """
[core]
dags_folder = {checkout}/dags
plugins_folder = {checkout}/plugins
load_examples = False
simple_auth_manager_users = reader:viewer,editor:admin
simple_auth_manager_passwords_file = {home}/passwords.json
[database]
sql_alchemy_conn = sqlite:///{home}/airflow.db
[api]
base_url = http://testserver
secret_key = only for this test run, and of no use to anybody
[api_auth]
jwt_secret = {secret}
[logging]
base_log_folder = {home}/logs
"""


def _first_import() -> Path:
    home = Path(tempfile.mkdtemp(prefix="winnow-airflow-"))
    register(shutil.rmtree, home, ignore_errors=True)
    (home / "airflow.cfg").write_text(_CONFIG.format(checkout=CHECKOUT, home=home, secret="s" * 64))
    (home / "passwords.json").write_text(json.dumps(PASSWORDS))
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AIRFLOW")}
    os.environ["AIRFLOW_HOME"] = str(home)
    try:
        import airflow.sdk
        import airflow.settings

        assert Path(airflow.settings.AIRFLOW_HOME) == home, "Airflow was imported before these tests"
        airflow.sdk.conf.get("core", "dags_folder")
    finally:
        del os.environ["AIRFLOW_HOME"]
        os.environ.update(kept)
    return home


AIRFLOW_HOME = _first_import()


@pytest.fixture(autouse=True)
def _own_airflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.startswith("AIRFLOW")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AIRFLOW_HOME", str(AIRFLOW_HOME))
    monkeypatch.setenv("WINNOW_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "false")


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Airflow's tables, in a file of this test run."""
    from airflow import settings
    from airflow.models import import_all_models
    from airflow.models.base import Base

    import_all_models()
    Base.metadata.create_all(settings.get_engine())


RECIPE = """
corpus: {corpus}
description: Notes for a test.
sources:
  notes: {{stage: sources.jsonl, paths: ["{inputs}/*.jsonl"], license: CC0-1.0}}
  prose: {{stage: sources.jsonl, paths: ["{inputs}/*.jsonl"], license: MIT}}
stages:
  - dedup.exact
  - filters.length
licenses: {{allow: [CC0-1.0, MIT]}}
mixes: {{{mixes}}}
export: {{formats: [parquet]}}
airflow: {{schedule: "@weekly", owner: text-team, tags: [notes], retries: 3, retry_delay_seconds: 7}}
{more}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Path]:
    """recipe(corpus, more, shards, phases) -> a recipe file over inputs made here; `more` is added to the YAML."""

    def write(corpus: str = "notes", more: str = "", shards: int = 2, phases: Sequence[str] = ("pretrain",)) -> Path:
        inputs = tmp_path / "inputs"
        inputs.mkdir(exist_ok=True)
        for shard in range(shards):
            rows = [{"id": f"{shard}-{n}", "text": f"Note {shard} {n % 4} says its own."} for n in range(5)]
            (inputs / f"{shard:03}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        path = tmp_path / "recipes" / f"{corpus}.yaml"
        path.parent.mkdir(exist_ok=True)
        known = "benchmarks: [{name: quiz, paths: quiz.jsonl, fields: [question]}]"
        mixes = ", ".join(
            f"{phase}: {{default_weight: 1{'' if phase == 'pretrain' else f', {known}'}}}" for phase in phases
        )
        path.write_text(RECIPE.format(corpus=corpus, inputs=inputs, mixes=mixes, more=more))
        return path

    return write
