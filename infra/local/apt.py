"""Ceph's programs from the distribution's packages: found, or installed where apt and root are there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

PROGRAMS = (
    "ceph-mon",
    "ceph-mgr",
    "ceph-osd",
    "radosgw",
    "ceph",
    "ceph-authtool",
    "monmaptool",
    "radosgw-admin",
)
PACKAGES = ("radosgw", "ceph-mon", "ceph-mgr", "ceph-osd", "ceph-common")
# Wait for another apt (a fresh machine's unattended upgrade) rather than fail at once.
OPTIONS = ("-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")


def installed() -> bool:
    """Whether every program the store needs is on the search path."""
    return all(shutil.which(program, path=search_path()) for program in PROGRAMS)


def search_path() -> str:
    """PATH with the folders Debian keeps daemons in, which a user's shell often lacks."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/bin"])


def obstacle() -> str | None:
    """Why Ceph cannot be installed here, or None if it can."""
    if shutil.which("apt-get") is None:
        return "there is no apt-get to install Ceph with"
    if os.geteuid() != 0:
        return f"installing Ceph needs root; an administrator may run: apt-get install {' '.join(PACKAGES)}"
    return None


def install(say: Callable[[str], None]) -> str | None:
    """Install the packages (64 MB). Returns None, or one line with the reason why it failed."""
    say("installing Ceph's packages with apt (64 MB)")
    first = _apt("install", *OPTIONS, *PACKAGES)
    if first.returncode == 0 and installed():
        return None
    # Package lists missing or older than the archive: renew them and try once more.
    updated, again = _apt("update"), _apt("install", *OPTIONS, *PACKAGES)
    if again.returncode == 0 and installed():
        return None
    return f"apt could not install Ceph: {_last_error(again) or _last_error(updated)}"


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    line = ["apt-get", *arguments]
    return subprocess.run(line, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def _last_error(result: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in result.stderr.splitlines() if line.startswith(("E:", "dpkg:"))]
    return lines[-1] if lines else ""
