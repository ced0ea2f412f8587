"""Settings: defaults, environment, what was recorded, and errors that name what to change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from infra.local import credentials
from infra.local import settings as settings_module
from infra.local.errors import StackError
from infra.local.settings import MAX_RUN_DIR, PORT_VARIABLES, VARIABLES, Settings, Store, load


def test_defaults_lie_in_the_checkout(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert settings.home == tmp_path / ".winnow"
    assert (settings.airflow_port, settings.dask_port, settings.s3_port) == (8080, 8786, 7480)
    assert settings.workers == 2
    assert settings.store is None


@pytest.mark.parametrize(("name", "variable"), PORT_VARIABLES.items())
def test_every_port_follows_its_variable(tmp_path: Path, name: str, variable: str) -> None:
    assert getattr(load({variable: "23456"}, tmp_path), name) == 23456


def test_a_choice_is_kept_until_it_is_overridden(tmp_path: Path) -> None:
    chosen = load({"WINNOW_AIRFLOW_PORT": "18080", "WINNOW_WORKERS": "3"}, tmp_path)
    chosen = chosen.model_copy(update={"store": Store(kind="file", url="file:///d", reason="r")})
    chosen.home.mkdir()
    chosen.record()
    assert load({}, tmp_path) == chosen
    again = load({"WINNOW_AIRFLOW_PORT": "18081"}, tmp_path)
    assert (again.airflow_port, again.workers, again.store) == (18081, 3, chosen.store)


def test_a_moved_checkout_is_found_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    first = load({}, tmp_path / "a")
    first.home.mkdir()
    first.record()
    (tmp_path / "a").rename(tmp_path / "b")
    assert load({}, tmp_path / "b").home == tmp_path / "b" / ".winnow"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WINNOW_AIRFLOW_PORT", "http"),
        ("WINNOW_S3_PORT", "70000"),
        ("WINNOW_WORKERS", "0"),
        ("WINNOW_WORKER_MEMORY", "lots"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(StackError, match=rf"^{variable}: .*{value}"):
        load({variable: value}, tmp_path)


def test_a_folder_the_process_manager_cannot_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"^WINNOW_HOME: .*percent sign"):
        load({"WINNOW_HOME": str(tmp_path / "50%")}, tmp_path)


@pytest.mark.parametrize("content", ["{", "3", '{"no_such": 1}', '{"dask_port": -1}'])
def test_a_damaged_record_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "settings.json").write_text(content)
    with pytest.raises(StackError, match=r"settings\.json is not readable"):
        load({"WINNOW_HOME": str(tmp_path)}, tmp_path)


def test_sockets_move_when_the_folder_is_too_deep(tmp_path: Path) -> None:
    deep = load({"WINNOW_HOME": str(tmp_path / ("d" * 80))}, tmp_path)
    assert len(os.fsencode(deep.run_dir)) <= MAX_RUN_DIR
    assert deep.run_dir == load({"WINNOW_HOME": str(tmp_path / ("d" * 80))}, tmp_path).run_dir
    assert deep.run_dir != load({"WINNOW_HOME": str(tmp_path / ("e" * 80))}, tmp_path).run_dir


def test_credentials_are_private_stable_and_long_enough(tmp_path: Path) -> None:
    settings = load({"WINNOW_HOME": str(tmp_path / "home")}, tmp_path)
    made = credentials.ensure(settings, {})
    assert credentials.ensure(settings, {}) == made == credentials.read(settings)
    assert made != credentials.Credentials.generate()
    assert len(made.jwt_secret.encode()) >= 64
    for file in (credentials.path(settings), credentials.password_file(settings)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_reading_credentials_before_a_first_start_says_what_to_run(tmp_path: Path) -> None:
    settings = load({"WINNOW_HOME": str(tmp_path)}, tmp_path)
    with pytest.raises(StackError, match=r"run `python -m infra\.local up` first"):
        credentials.read(settings)


def test_an_operators_store_brings_its_keys_and_they_last(tmp_path: Path) -> None:
    own = Store(kind="own", url="s3://theirs", reason="r")
    settings = Settings(checkout=tmp_path, home=tmp_path, store=own)
    credentials.ensure(settings, {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"})
    later = credentials.ensure(settings, {})
    assert (later.s3_key, later.s3_secret, later.s3_session_token) == ("k", "s", None)


@pytest.mark.parametrize(("name", "variable"), VARIABLES.items())
def test_the_readme_names_every_variable_with_its_default(tmp_path: Path, name: str, variable: str) -> None:
    readme = Path(settings_module.__file__).with_name("README.md").read_text()
    default = getattr(load({}, tmp_path), name)
    assert f"| `{variable}` | {default if isinstance(default, str) else format(default, 'g')} |" in readme
