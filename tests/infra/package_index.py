"""A package index on this machine, for tests."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Handler(SimpleHTTPRequestHandler):
    """Serves the folder without a log; a name with `half` in it breaks off in the middle."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def copyfile(self, source: Any, outputfile: Any) -> None:
        body = source.read()
        outputfile.write(body[: len(body) // 2] if "half" in self.path and ".gz" in self.path else body)


class Index:
    """A PEP 503 index of made archives, and the spec that pins them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple/"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, package: str, filename: str, files: dict[str, bytes]) -> dict[str, str]:
        """Put an archive on the index; returns the pin."""
        folder = self.root / "simple" / package
        folder.mkdir(parents=True, exist_ok=True)
        body = _zip(files) if filename.endswith(".whl") else _tar(files)
        (folder / filename).write_bytes(body)
        (folder / "index.html").write_text(f'<html><body><a href="{filename}">{filename}</a></body></html>')
        return {"package": package, "filename": filename, "sha256": hashlib.sha256(body).hexdigest()}


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return out.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, body in files.items():
            made.writestr(name, body)
    return out.getvalue()
