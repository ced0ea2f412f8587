"""Ports that are free on the machine that runs the tests."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from infra.local.settings import PORT_VARIABLES


def _free_ports() -> dict[str, int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORT_VARIABLES]
        return {name: held.getsockname()[1] for name, held in zip(PORT_VARIABLES, sockets, strict=True)}


@pytest.fixture
def free_ports() -> dict[str, int]:
    """Setting name -> a port nobody listens on, all different."""
    return _free_ports()


@pytest.fixture(scope="module")
def module_ports() -> dict[str, int]:
    """As `free_ports`, for what lives as long as a module."""
    return _free_ports()
