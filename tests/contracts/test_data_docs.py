"""The pages load nothing from a network, and everything they load is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from curation_lib.contracts import data_docs
from curation_lib.contracts.data_docs import add_summary, make_offline
from curation_lib.contracts.expectations import parse_expectations
from curation_lib.contracts.gate import judge

LOADED = re.compile(r'<(?:link|script|img|iframe|source)\b[^>]*?(?:src|href)="([^"]+)"')
URL = re.compile(r"url\(\s*['\"]?([^'\")]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The Data Docs of a gate that passed, then of one that failed."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    raw = {"frame": "metrics", "type": "ExpectColumnValuesToBeBetween", "column": "rows", "min_value": 5}
    for rows in (9, 3):
        frames = {"metrics": pd.DataFrame({"rows": [rows]})}
        judge("dedup.exact", frames, parse_expectations([raw], "test"), folder)
    return folder


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_pages_load_only_files_of_the_site(site):
    assert len(pages(site)) == 3
    for page in pages(site):
        loaded = LOADED.findall(page.read_text())
        assert len(loaded) >= 10
        for address in loaded:
            assert (page.parent / address).resolve().is_relative_to(site.resolve()), address
            assert (page.parent / address).is_file(), address


def test_no_style_or_script_reaches_out(site):
    for page in pages(site):
        text = page.read_text()
        assert re.findall(r"(?:src=|url\(|@import|fetch\()\s*['\"]?https?:", text) == []
        assert set(re.findall(r'href="(https?://[^"]+)"', text)) <= {"https://greatexpectations.io"}
        assert "dataContextId" not in text
    for sheet in site.rglob("*.css"):
        for address in URL.findall(sheet.read_text()):
            if not address.startswith("data:") and not address.endswith(".ttf"):  # .woff2 comes first
                assert (sheet.parent / address).is_file(), (sheet, address)


def test_the_index_lists_every_run_and_links_its_page(site):
    index = (site / "index.html").read_text()
    linked = set(re.findall(r"'_table_row_link_path': '([^']+)'", index))
    assert linked == {p.relative_to(site).as_posix() for p in pages(site)} - {"index.html"}
    assert index.count("'Failed'") == index.count("'Success'") == 1


def test_links_between_pages_lead_somewhere(site):
    for page in pages(site):
        for address in re.findall(r'<a\b[^>]*href="([^"#]+)"', page.read_text()):
            assert address.startswith("https://") or (page.parent / address).is_file(), address


def test_rewriting_again_changes_nothing(site):
    assert make_offline(site) == 0


def test_an_unknown_script_of_a_later_version_is_taken_out(site, tmp_path):
    page = tmp_path / "index.html"
    page.write_text('<p><script src="https://cdn.example/tracker@3" async></script><a href="https://a.b">c</a></p>')
    assert make_offline(tmp_path) == 1
    assert page.read_text() == '<p><a href="https://a.b">c</a></p>'


def test_a_summary_is_text_and_not_markup(site, tmp_path):
    page = tmp_path / "p.html"
    page.write_text(f"<body>{data_docs._BODY}rest</div></body>")
    add_summary(page, [])
    add_summary(page, ["<script>1</script>"])
    assert "<li>&lt;script&gt;1&lt;/script&gt;</li>" in page.read_text()


def test_every_vendored_file_has_a_licence_and_stays_small():
    folder = Path(data_docs.__file__).parent / "data_docs_assets"
    listed = (folder / "README.md").read_text()
    for file in folder.rglob("*"):
        if file.suffix in {".js", ".css"} and file.parent == folder:
            family = file.name.removesuffix(file.suffix).removesuffix(".min")
            assert family.removesuffix("-filter-control") in listed, file
    licences = {p.stem for p in (folder / "licenses").iterdir()}
    assert licences == {
        "bootstrap",
        "bootstrap-datepicker",
        "bootstrap-table",
        "fontawesome-free",
        "jquery",
        "popper.js",
    }
    assert sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) < 2_000_000


def test_importing_the_room_does_not_import_great_expectations():
    code = (
        "import sys, curation_lib.contracts.gate, curation_lib.contracts.publish; "
        "import curation_lib.contracts.metrics, curation_lib.contracts.sample; "
        "print([m for m in sys.modules if m.startswith('great_expectations')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
