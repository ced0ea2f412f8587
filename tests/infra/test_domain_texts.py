"""What trains the classifiers of topic and format: licences, origins, two projects a label, no words of a test set."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from infra.local.demo_fetch import default_cache
from infra.training.documents import check_licence, pieces
from infra.training.inputs import DOMAINS, write_inputs
from infra.training.spec import Texts, load_spec
from tests.filters.domain_sets import domain_sets
from tests.infra.test_training_texts import FREE, TESTED, grams, rows

ROOT = Path(__file__).resolve().parents[2]
MODELS = {
    "topic": ROOT / "curation_lib" / "filters" / "topic_model",
    "format": ROOT / "curation_lib" / "filters" / "format_model",
    "explains": ROOT / "dags" / "models" / "explains-en",
}
ALSO_FREE = {
    "CC-BY-2.5", "CC0-1.0", "CECILL-2.1", "GFDL-1.1-or-later", "GPL-1.0-or-later", "LGPL-3.0-or-later",
    "LicenseRef-FSF-manual", "LicenseRef-SCOWL", "Unicode-DFS-2016", "Vim", "WordNet-3.0",
}  # fmt: skip
"""Allow commercial use, without condition on who or what for; the two LicenseRef are named by their first user."""
TESTED_TOO = (
    *TESTED,
    "spdx",
    "scancode",
    "trafilatura",
    "scrapinghub",
    "newsnation",
    "bigbench",
    "gsm8k",
    "grade-school",
)


@pytest.fixture(scope="module")
def sources() -> list[Texts]:
    return load_spec(DOMAINS).sources


def test_every_licence_is_free_and_allows_commercial_use(sources: list[Texts]) -> None:
    assert {source.license for source in sources} <= FREE | ALSO_FREE
    assert not [source.name for source in sources if len(source.license_evidence.says) < 2]


def test_no_source_is_a_test_set(sources: list[Texts]) -> None:
    for source in sources:
        named = " ".join((source.name, source.package, source.filename, source.members)).lower()
        assert not [word for word in TESTED_TOO if word in named], source.name


@pytest.mark.parametrize("task", MODELS)
def test_each_label_has_two_projects_or_more(sources: list[Texts], task: str) -> None:
    """One can be left out whole, and the label is still known by another."""
    projects: dict[str, set[str]] = {}
    for source in sources:
        for place, label in source.labels.items():
            if place.startswith(task):
                projects.setdefault(label, set()).add(source.file or source.package)
    assert min(map(len, projects.values())) >= 2, projects
    assert set(projects) == set(json.loads((MODELS[task] / "manifest.json").read_bytes())["settings"]["labels"])


@pytest.mark.parametrize("task", MODELS)
def test_a_shipped_model_learnt_from_these_sources(sources: list[Texts], task: str) -> None:
    manifest = json.loads((MODELS[task] / "manifest.json").read_bytes())
    listed: dict[tuple[str, str], set[str]] = {}
    for source in sources:
        for place, label in source.labels.items():
            if place.startswith(task):
                listed.setdefault((label, f"{source.file or source.name}.jsonl.zst"), set()).add(source.license)
    assert {(one["label"], one["name"]): set(one["licenses"]) for one in manifest["data"]} == listed
    assert sum(one["size"] for one in manifest["files"].values()) < 1_000_000


def test_blocks_of_docbook_and_strings_of_json_are_text(tmp_path: Path) -> None:
    import tarfile

    from infra.training.documents import rows as made

    page = "<article><title>Stars</title>" + "<para>A star &amp; its light are old.</para>\n" * 60 + "</article>"
    lines = "\n".join(json.dumps({"text": f"Verse {n} says “so”.\nAnd more."}, ensure_ascii=False) for n in range(60))
    for name, text in (("page.docbook", page), ("verses.json", lines)):
        (tmp_path / name).write_text(text)
    with tarfile.open(tmp_path / "a-1.tar.gz", "w:gz") as archive:
        for name in ("page.docbook", "verses.json"):
            archive.add(tmp_path / name, f"a-1/{name}")
    pinned = {"registry": "pypi", "package": "a", "version": "1", "filename": "a-1.tar.gz", "sha256": "0" * 64}
    rest = {"kind": "x", "license": "MIT", "license_evidence": {"member": "a-1/page.docbook", "says": "star"}}
    docbook = Texts(name="a", format="textbook", members="docbook$", **pinned, **rest)
    verses = Texts(name="b", topic="religion", members="json$", captured='"text": "([^"]+)"', **pinned, **rest)
    check_licence(tmp_path / "a-1.tar.gz", docbook)
    assert "Stars\n\nA star & its light are old.\n\nA star" in "\n\n".join(
        row["text"] for row in made(tmp_path / "a-1.tar.gz", docbook) if row["id"].endswith("#0")
    )
    assert any("Verse 7 says “so”. And more." in row["text"] for row in made(tmp_path / "a-1.tar.gz", verses))
    assert list(pieces(iter([]), "a")) == []


def _of_words(gram: str) -> bool:
    """Not a run of numbers: half of it has letters. Primes and zeros stand in many a text."""
    return len(re.findall(r"\b[^\W\d_]{2,}", gram)) > 6


@pytest.mark.long
def test_no_training_document_shares_thirteen_words_with_a_test_set(tmp_path: Path, data: Path) -> None:
    """Fetches the texts (890 MB of packages, from the cache where they are there) unless WINNOW_DOMAIN_TEXTS has them,
    and checks that they are what the shipped models learnt from."""
    given = os.environ.get("WINNOW_DOMAIN_TEXTS")
    folder = Path(given) if given else tmp_path
    paths = write_inputs(folder, default_cache(), DOMAINS)
    tested = {g for one in domain_sets(data) for text in one.texts for g in grams(text) if _of_words(g)}
    found = {tuple(path.relative_to(folder).parts): rows(path) for path in paths}
    for task, model in MODELS.items():
        manifest = json.loads((model / "manifest.json").read_bytes())
        assert {(task, one["label"], one["name"]): one["documents"] for one in manifest["data"]} == {
            parts: len({row["text"] for row in texts}) for parts, texts in found.items() if parts[0] == task
        }
    shared = {row["id"] for texts in found.values() for row in texts if not tested.isdisjoint(grams(row["text"]))}
    assert not shared
    assert not [one for one in FREE | ALSO_FREE if re.search(r"\bNC\b|non-?commercial|\bND\b", one, re.I)]
