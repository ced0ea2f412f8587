"""A single-node Ceph with its S3 gateway: one monitor, one manager, one OSD in a plain file, one RGW.

Data lies in ``<home>/ceph`` and survives restarts. Steps follow Ceph's manual deployment
(docs.ceph.com, "Manual Deployment"), with replication and timing cut down to one local disk.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path

from infra.local import apt
from infra.local.credentials import Credentials
from infra.local.errors import StackError
from infra.local.settings import HOST, Settings

USER = "winnow"
PROGRAMS = ("ceph-mon", "ceph-mgr", "ceph-osd", "radosgw")
GIB = 2**30
#: daemon -> its capabilities, as `ceph-authtool --cap` takes them
KEYS: dict[str, tuple[str, ...]] = {
    "mon.": ("mon", "allow *"),
    "client.admin": ("mon", "allow *", "osd", "allow *", "mgr", "allow *"),
    "mgr.x": ("mon", "allow profile mgr", "osd", "allow *"),
    "osd.0": ("mon", "allow profile osd", "mgr", "allow profile osd", "osd", "allow *"),
    "client.rgw.a": ("mon", "allow rw", "osd", "allow rwx", "mgr", "allow rw"),
}


def folder(settings: Settings) -> Path:
    """Where Ceph keeps everything but its sockets."""
    return settings.home / "ceph"


def config_file(settings: Settings) -> Path:
    return folder(settings) / "ceph.conf"


def commands(settings: Settings) -> dict[str, list[str]]:
    """Program name -> command line, each in the foreground, in the order they start."""
    # -d: stay in the foreground and log to stderr.
    shared = ["-c", str(config_file(settings)), "-d"]
    # Without it every answer with a body waits 40 ms for the kernel to acknowledge its head.
    frontend = f"beast endpoint={HOST}:{settings.s3_port} tcp_nodelay=1"
    lines = {
        "ceph-mon": ["ceph-mon", "-i", "a", *shared],
        "ceph-mgr": ["ceph-mgr", "-i", "x", *shared],
        "ceph-osd": ["ceph-osd", "-i", "0", *shared],
        "radosgw": ["radosgw", "-n", "client.rgw.a", *shared, "--rgw-frontends", frontend],
    }
    return {name: [_program(line[0]), *line[1:]] for name, line in lines.items()}


def write_config(settings: Settings) -> None:
    """Write ``ceph.conf`` and, once, the cluster's id and the folders of its daemons."""
    root = folder(settings)
    for name in ("mon.a", "mgr.x", "osd.0"):
        (root / name).mkdir(parents=True, exist_ok=True)
    identity = root / "fsid"
    if not identity.exists():
        identity.write_text(str(uuid.uuid4()))
    template = Path(__file__).with_name("ceph.conf.template").read_text()
    values = {
        "fsid": identity.read_text(),
        "address": f"[v2:{HOST}:{settings.ceph_mon_port}]",
        "host": HOST,
        "root": root,
        "run": settings.run_dir,
    }
    config_file(settings).write_text(template.format(**values))


def make_monitor(settings: Settings) -> None:
    """First start: make keys and the monitor's database. Later: only follow a change of its port."""
    root, keyring, made = folder(settings), folder(settings) / "keyring", folder(settings) / "mon.made"
    address = f"[v2:{HOST}:{settings.ceph_mon_port}]"
    if made.exists():
        if made.read_text() != address:
            _move_monitor(settings, address)
        return
    for stale in (keyring, root / "mon.a"):
        shutil.rmtree(stale) if stale.is_dir() else stale.unlink(missing_ok=True)
    keyring.touch(mode=0o600)
    for name, capabilities in KEYS.items():
        pairs = zip(capabilities[::2], capabilities[1::2], strict=True)
        flags = [word for service, what in pairs for word in ("--cap", service, what)]
        _run(settings, "ceph-authtool", str(keyring), "--gen-key", "-n", name, *flags)
    monmap, fsid = str(root / "monmap"), (root / "fsid").read_text()
    _run(settings, "monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", address, monmap)
    (root / "mon.a").mkdir()
    _run(settings, "ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", str(keyring))
    made.write_text(address)


def _move_monitor(settings: Settings, address: str) -> None:
    """Give the stopped monitor another port (Ceph's "messy way": extract, edit and inject its map)."""
    monmap = str(folder(settings) / "monmap")
    _run(settings, "ceph-mon", "-i", "a", "--extract-monmap", monmap)
    _run(settings, "monmaptool", "--rm", "a", monmap)
    _run(settings, "monmaptool", "--addv", "a", address, monmap)
    _run(settings, "ceph-mon", "-i", "a", "--inject-monmap", monmap)
    (folder(settings) / "mon.made").write_text(address)


def monitor_answers(settings: Settings) -> bool:
    return _ask(settings, "ceph", "quorum_status") is not None


def make_osd(settings: Settings) -> None:
    """First start, monitor up: register and format the object store. Does nothing when it is there."""
    root = folder(settings)
    if (root / "osd.made").exists():
        return
    shutil.rmtree(root / "osd.0")
    (root / "osd.0").mkdir()
    known = root / "osd.uuid"
    if not known.exists():
        known.write_text(str(uuid.uuid4()))
    _run(settings, "ceph", "osd", "new", known.read_text(), "0")
    # The file is sparse: it takes disk as objects come. Half of what is free, between 5 and 256 GiB.
    size = min(max(shutil.disk_usage(root).free // 2, 5 * GIB), 256 * GIB)
    format_osd = ("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", known.read_text())
    _run(settings, *format_osd, "--bluestore-block-size", str(size))
    (root / "osd.made").touch()


def osd_is_up(settings: Settings) -> bool:
    answer = _ask(settings, "ceph", "osd", "stat", "--format", "json")
    return answer is not None and json.loads(answer).get("num_up_osds") == 1


def ensure_user(settings: Settings, credentials: Credentials) -> None:
    """Give the S3 user exactly the recorded key; skipped when that was done before."""
    made = folder(settings) / "user.made"
    if made.exists() and made.read_text() == credentials.s3_key:
        return
    keys = ("--access-key", credentials.s3_key, "--secret-key", credentials.s3_secret)
    if _ask(settings, "radosgw-admin", "user", "info", "--uid", USER) is None:
        _run(settings, "radosgw-admin", "user", "create", "--uid", USER, "--display-name", USER, *keys)
    else:
        _run(settings, "radosgw-admin", "key", "create", "--uid", USER, "--key-type", "s3", *keys)
    made.write_text(credentials.s3_key)


def _program(name: str) -> str:
    return shutil.which(name, path=apt.search_path()) or name


def _call(settings: Settings, name: str, *arguments: str, seconds: float) -> subprocess.CompletedProcess[str]:
    # Ceph's own commands read CEPH_ARGS too; an operator's other cluster must not leak in.
    environment = {key: value for key, value in os.environ.items() if key != "CEPH_ARGS"}
    environment["CEPH_CONF"] = str(config_file(settings))
    line = [_program(name), *arguments]
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=seconds, check=False)


def _run(settings: Settings, name: str, *arguments: str) -> None:
    result = _call(settings, name, *arguments, seconds=120)
    if result.returncode != 0:
        last = (result.stderr.strip() or result.stdout.strip() or "no output").splitlines()[-1]
        raise StackError(f"{name} failed: {last} (logs in {settings.log_dir})")


def _ask(settings: Settings, name: str, *arguments: str) -> str | None:
    """The command's output, or None if it failed or did not answer within 10 s."""
    try:
        result = _call(settings, name, *arguments, seconds=10)
    except subprocess.TimeoutExpired:
        return None
    return result.stdout if result.returncode == 0 else None
