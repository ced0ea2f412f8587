"""A published verdict has its pages, comes last, and can be read back."""

from __future__ import annotations

import pytest
from fsspec.implementations.local import LocalFileSystem

from curation_lib.contracts.publish import publish, published
from curation_lib.contracts.result import Failure, GateResult
from curation_lib.core.errors import StoreError


def verdict(page: str = "validations/a/p.html") -> GateResult:
    failure = Failure("E", "metrics", "rows", "0", ">= 1", "critical", page, ("a=1",))
    return GateResult("mix", False, 3, (failure,), page, {"metrics": page})


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    for name in ("index.html", "validations/a/p.html", "static/x.css"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def check(site, fs, root):
    assert published(fs, root) is None
    address = publish(site, verdict(), fs, root)
    assert address.endswith(f"{root}/validations/a/p.html")
    assert fs.cat_file(f"{root}/validations/a/p.html") == b"validations/a/p.html"
    assert fs.cat_file(f"{root}/static/x.css") == b"static/x.css"
    assert published(fs, root) == verdict()
    (site / "index.html").write_text("new")
    publish(site, GateResult("mix", True, 3, (), "index.html", {"metrics": "index.html"}), fs, root)
    assert fs.cat_file(f"{root}/index.html") == b"new"
    assert published(fs, root).success


def test_on_files(site, tmp_path):
    check(site, LocalFileSystem(), str(tmp_path / "store/contracts/d/c"))


def test_on_s3(site, s3):
    check(site, s3, "bucket/contracts/d/c")


def test_the_verdict_is_the_last_write(site, tmp_path):
    class Broken(LocalFileSystem):
        def put_file(self, lpath, rpath, *rest, **kwargs):
            if rpath.endswith("p.html"):
                raise OSError("disk full")
            super().put_file(lpath, rpath, *rest, **kwargs)

    fs = Broken(skip_instance_cache=True)
    with pytest.raises(StoreError, match="disk full; check the store"):
        publish(site, verdict(), fs, str(tmp_path / "store"))
    assert published(fs, str(tmp_path / "store")) is None


def test_a_store_that_is_not_there_is_named(site, s3):
    with pytest.raises(StoreError, match="no-such-bucket/contracts"):
        publish(site, verdict(), s3, "no-such-bucket/contracts")
