"""Preflight: each failing check is one line with its remedy."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from infra.local import preflight
from infra.local.settings import PORT_VARIABLES, Settings, Store


@pytest.fixture
def settings(tmp_path: Path, free_ports: dict[str, int]) -> Settings:
    base = Settings(checkout=tmp_path, home=tmp_path, min_memory_gb=0, min_disk_gb=0)
    return base.model_copy(update=free_ports)


def test_nothing_to_say_when_all_is_well(settings: Settings) -> None:
    assert preflight.problems(settings) == []


@pytest.mark.parametrize(("name", "variable"), PORT_VARIABLES.items())
def test_a_taken_port_names_its_owner_and_variable(settings: Settings, name: str, variable: str) -> None:
    ceph = settings.model_copy(update={"store": Store(kind="ceph", url="s3://winnow", reason="r")})
    with socket.create_server(("127.0.0.1", getattr(settings, name))):
        found = preflight.problems(ceph)
    assert len(found) == 1
    assert f"{getattr(settings, name)} ({name}) is taken" in found[0]
    assert variable in found[0]
    assert f"pid {os.getpid()}" in found[0]


def test_ports_of_ceph_do_not_matter_without_it(settings: Settings) -> None:
    files = settings.model_copy(update={"store": Store(kind="file", url="file:///d", reason="r")})
    with socket.create_server(("127.0.0.1", settings.s3_port)):
        assert preflight.problems(files) == []


def test_one_port_for_two_uses_is_refused(settings: Settings) -> None:
    twice = settings.model_copy(update={"dask_port": settings.airflow_port})
    assert len([line for line in preflight.problems(twice) if "given twice" in line]) == 2


def test_too_little_disk_and_memory_are_named_with_a_remedy(settings: Settings) -> None:
    greedy = settings.model_copy(update={"min_disk_gb": 1e9, "min_memory_gb": 1e9, "home": settings.home / "a" / "b"})
    disk, memory = preflight.problems(greedy)
    assert disk.startswith("disk: ")
    assert "WINNOW_HOME" in disk
    assert memory.startswith("memory: ")
    assert "WINNOW_MIN_MEMORY_GB" in memory
    assert all("\n" not in line for line in (disk, memory))
