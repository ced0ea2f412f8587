"""Make Great Expectations' Data Docs open without a network.

The pages load scripts and styles from CDNs and their logo from a server that is told the project's id. All
of it is replaced by the files in data_docs_assets/, or taken out.
"""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

ASSETS = "static/vendor"
LOCAL = {
    "bootstrap-table-filter-control": "bootstrap-table-filter-control.min",
    "bootstrap-table": "bootstrap-table.min",
    "bootstrap-datepicker": "bootstrap-datepicker.min",
    "bootstrap": "bootstrap.min",
    "jquery": "jquery.min",
    "popper": "popper.min",
}
"""Name of a script or style sheet -> the vendored file, less its ending. Whatever is not here is taken out:
vega (no page draws a chart), the dark theme, and anything that a later version may add."""
_STYLE = re.compile(r'<link\b[^>]*?href="https?://[^">]*?([^/">]+)"[^>]*>')
_SCRIPT = re.compile(r'<script\b[^>]*?src="https?://[^">]*?([^/">]+)"[^>]*>\s*</script>')
_ICONS = ("fontawesome/css/fontawesome.min.css", "fontawesome/css/solid.min.css")
_DARK = re.compile(r"/\* some css overrides for dark mode\*/.*?(?=</style>)", re.S)
_FOOTER = re.compile(r"<footer>.*?</footer>", re.S)
_LOGO = re.compile(r'<a href="[^"]*">\s*<img\b[^>]*logo-long[^>]*>\s*</a>', re.S)
_HOME = re.compile(r'href="(?:\.\./)+index\.html"')
_SUITE_LINK = re.compile(r'<a\b[^>]*href="[^"]*expectations/[^"]*\.html"[^>]*>(.*?)</a>', re.S)
_BODY = '<div class="col-md-10 col-lg-10 col-xs-12 pl-md-4 pr-md-3">'
_ICON = re.compile(r'<link rel="shortcut icon" href="[^"]*favicon\.ico"[^>]*>')


def make_offline(site: Path) -> int:
    """Rewrite every page of the Data Docs in `site`; gives how many changed. A second call changes none."""
    _place_assets(site)
    return sum(_rewrite(page, site) for page in sorted(site.rglob("*.html")))


def _place_assets(site: Path) -> None:
    """The vendored files, and of Great Expectations' own only the icon: its pages use no other."""
    packaged = resources.files("curation_lib.contracts") / "data_docs_assets"
    with resources.as_file(packaged) as folder:
        shutil.copytree(folder, site / ASSETS, dirs_exist_ok=True)
    for unused in ("fonts", "styles"):
        shutil.rmtree(site / "static" / unused, ignore_errors=True)
    for image in (site / "static" / "images").glob("*"):
        if image.name != "favicon.ico":
            image.unlink()


def _rewrite(page: Path, site: Path) -> bool:
    before = page.read_text(encoding="utf-8")
    up = os.path.relpath(site, page.parent).replace(os.sep, "/")
    after = _FOOTER.sub("", _DARK.sub("", before))
    after = _SUITE_LINK.sub(lambda m: m[1], after)  # suites have no page of their own
    after = _STYLE.sub(lambda m: _style(m[1], up), after)
    after = _SCRIPT.sub(lambda m: _script(m[1], up), after)
    after = _LOGO.sub(f'<a class="h4" href="{up}/index.html">Data contracts</a>', after)
    after = _HOME.sub(f'href="{up}/index.html"', after)
    after = _ICON.sub(f'<link rel="icon" href="{up}/static/images/favicon.ico">', after)
    if after != before:
        page.write_text(after, encoding="utf-8")
    return after != before


def add_summary(page: Path, lines: Sequence[str]) -> None:
    """Say at the top of a page what failed, in the gate's own words; nothing where nothing failed."""
    if lines:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        text = page.read_text(encoding="utf-8")
        summary = f'{_BODY}<div class="alert alert-danger ml-3"><ul class="mb-0">{items}</ul></div>'
        page.write_text(text.replace(_BODY, summary, 1), encoding="utf-8")


def _style(file: str, up: str) -> str:
    if file.startswith("all."):  # Font Awesome's bundle of every face
        return "".join(f'<link rel="stylesheet" href="{up}/{ASSETS}/{icons}">' for icons in _ICONS)
    local = _local(file)
    return f'<link rel="stylesheet" href="{up}/{ASSETS}/{local}.css">' if local else ""


def _script(file: str, up: str) -> str:
    local = _local(file)
    return f'<script src="{up}/{ASSETS}/{local}.js"></script>' if local else ""


def _local(file: str) -> str | None:
    stem = re.sub(r"(-\d[\d.]*)?(\.min)?\.(js|css)$", "", file)
    return LOCAL.get(stem)
