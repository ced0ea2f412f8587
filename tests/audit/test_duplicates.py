"""The report of a finished build, against the ledger and against the truth of real data; its page in no browser."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner

from curation_lib.audit.duplicates import duplicates
from curation_lib.audit.duplicates_page import page
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store
from tests.runner.corpora import RAW, rows, run_steps, simple, write_jsonl

ODD = "<script>alert('text')</script> & \"quoted\" <b>bold</b>"


def source(folder: Path) -> dict[str, Any]:
    return {"stage": "sources.jsonl", "paths": str(folder), "license": "MIT", "normalize": [{"normalize.plain": RAW}]}


def words(first: int, last: int) -> str:
    return " ".join(f"w{n}" for n in range(first, last))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A chain A ~ B ~ C, copies that differ in spaces, a repeated id, and names that would be markup."""
    folder = tmp_path_factory.mktemp("duplicates")
    spans = {"a": (0, 40), "b": (8, 48), "c": (16, 56)}  # J(a, b) = J(b, c) = 28/44, J(a, c) = 20/52
    signs = {"a": " !" * 20, "b": "", "c": " ?" * 30}  # B is the shortest
    chain = [{"id": n, "text": words(*spans[n]) + signs[n], "language": "en"} for n in "abc"]
    copies = [
        {"id": f"copy {n}", "url": f"javascript:alert({n})", "text": f"{ODD}{' ' * n}end", "language": "fr"}
        for n in range(1, 4)
    ]
    write_jsonl(folder / "one" / "a.jsonl", [*rows(0, 4), *rows(3, 1), *copies])
    write_jsonl(folder / "two" / "a.jsonl", chain)
    near = {"bands": 64, "rows": 1, "threshold": 0.6}
    stages = ["dedup.exact", {"dedup.minhash": near}]
    sources = {"one": source(folder / "one"), "two": source(folder / "two")}
    run_steps(simple(folder, sources=sources, stages=stages), folder / "store")
    return Store(str(folder / "store"))


def test_rates_by_source_and_language(store: Store) -> None:
    exact, near = duplicates(store, "")["steps"]
    assert (exact["step"], exact["documents"], exact["dropped"], exact["rate"]) == ("dedup.exact", 11, 3, 3 / 11)
    assert exact["by_source"] == [
        {"source": "one", "documents": 8, "dropped": 3, "rate": 3 / 8},
        {"source": "two", "documents": 3, "dropped": 0, "rate": 0.0},
    ]
    assert exact["by_language"] == [
        {"language": "unknown", "documents": 5, "dropped": 1, "rate": 1 / 5},
        {"language": "en", "documents": 3, "dropped": 0, "rate": 0.0},
        {"language": "fr", "documents": 3, "dropped": 2, "rate": 2 / 3},
    ]
    assert near["settings"]["threshold"] == 0.6
    assert [(row["source"], row["dropped"]) for row in near["by_source"]] == [("one", 0), ("two", 1)]


def test_clusters_of_copies_and_of_a_repeated_id(store: Store) -> None:
    clusters = duplicates(store, "")["steps"][0]["clusters"]
    assert (clusters["count"], clusters["documents"]) == (2, 5)
    copies, repeated = clusters["largest"]
    assert (copies["size"], copies["kept"], copies["leader"]["url"]) == (3, 1, "javascript:alert(3)")  # the longest
    assert sorted(s["url"] for s in copies["samples"]) == ["javascript:alert(1)", "javascript:alert(2)"]
    assert {part["kind"] for part in copies["diff"]["parts"]} == {"same", "kept", "dropped"}
    assert (repeated["size"], repeated["samples"][0]["similarity"]) == (2, 1.0)
    assert repeated["samples"][0]["source_id"] == repeated["leader"]["source_id"] == "doc-3"


def test_a_chain_is_one_cluster_though_its_ends_are_kept(store: Store) -> None:
    near = duplicates(store, "")["steps"][1]
    assert near["dropped"] == near["clusters"]["count"] == 1
    (cluster,) = near["clusters"]["largest"]
    assert (cluster["size"], cluster["kept"], cluster["dropped"]) == (3, 2, 1)
    assert cluster["leader"]["source_id"] in ("a", "c")
    assert [(s["source_id"], s["similarity"]) for s in cluster["samples"]] == [("b", 28 / 44)]


def test_the_page_shows_texts_as_they_are_and_needs_nothing(store: Store) -> None:
    seen = Tags()
    text = page(duplicates(store, ""))
    seen.feed(text)
    assert seen.tags.keys() <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "code", "strong", "svg", "text", "rect",
        "ul", "li", "span", "details", "summary", "pre", "ins", "del",
    }  # fmt: skip
    assert not {"href", "src", "action", "onload", "data", "srcset"} & seen.attributes
    assert seen.tags["svg"] >= 4
    assert "&lt;script&gt;alert(&#39;text&#39;)&lt;/script&gt;" in text
    assert "javascript:alert(3)" in seen.text
    assert all(f'width="{w}"' not in text for w in ("nan", "inf"))
    assert "http" not in text.replace("http-equiv", "").replace("https://a.example", "")


class Tags(HTMLParser):
    """Tags by how often they stand there, every attribute's name, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attributes}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_command_writes_data_and_page(store: Store, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        cli, ["duplicates", "", "--store", store.url, "--output", str(tmp_path / "out"), "--json"]
    )
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["written"] == [str(tmp_path / "out" / f"duplicates.{end}") for end in ("json", "html")]
    report = json.loads((tmp_path / "out" / "duplicates.json").read_bytes())
    assert report == duplicates(store, "") == {k: v for k, v in said.items() if k != "written"}
    assert (tmp_path / "out" / "duplicates.html").read_text() == page(report)
    assert "dedup.minhash" in done.stdout


def test_a_build_without_dedup_says_so(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "a.jsonl", rows(0, 3))
    run_steps(simple(tmp_path / "in", stages=[]), tmp_path / "store")
    with pytest.raises(ConfigError, match="removes no duplicates; add dedup.exact"):
        duplicates(Store(str(tmp_path / "store")), "")


def test_nothing_alike_is_a_report_too(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "a.jsonl", rows(0, 3))
    run_steps(simple(tmp_path / "in", stages=["dedup.minhash"]), tmp_path / "store")
    report = duplicates(Store(str(tmp_path / "store")), "")
    assert report["steps"][0]["clusters"] == {"count": 0, "documents": 0, "sizes": [], "largest": []}
    assert "No two documents were found alike" in page(report)


@pytest.fixture(scope="module")
def real(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The five PowerShell versions, whose near-copies are known, through MinHash."""
    folder = tmp_path_factory.mktemp("real")
    with zstandard.open(data / "dedup" / "powershell-versions.docs.jsonl.zst", "rt", encoding="utf-8") as lines:
        write_jsonl(folder / "in" / "a.jsonl", [json.loads(line) for line in lines])
    run_steps(
        simple(folder / "in", sources={"pages": source(folder / "in")}, stages=["dedup.minhash"]), folder / "store"
    )
    return Store(str(folder / "store"))


def ledger(store: Store, kind: str) -> Iterator[dict[str, Any]]:
    (key,) = [k for k in store.list("datasets/dedup.minhash") if k.endswith("manifest.json")]
    for file in complete(store, key.removesuffix("/manifest.json")).files(kind):
        yield from pq.read_table(store.path(file)).to_pylist()


def test_every_edge_is_a_true_pair_and_every_drop_has_its_own(real: Store, data: Path) -> None:
    text = (data / "dedup" / "powershell-versions.pairs.tsv").read_text()
    pairs = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    alike = {frozenset((r["id_a"], r["id_b"])): float(r["jaccard_w5"]) for r in pairs}
    drops, edges = list(ledger(real, "drops")), list(ledger(real, "edges"))
    kept = {row["kept_twin"] for row in drops}
    names = {row["doc_id"]: row["source_id"] for row in [*drops, *_kept(real)]}
    assert {(d["doc_id"], d["kept_twin"], d["score"]) for d in drops} <= {
        (e["doc_id"], e["twin"], e["similarity"]) for e in edges
    }
    assert {e["twin"] for e in edges} >= kept
    assert not {e["twin"] for e in edges} & {d["doc_id"] for d in drops}
    assert {e["stage"] for e in edges} == {"dedup.minhash"}
    found = [(alike.get(frozenset((names[e["doc_id"]], names[e["twin"]]))), e["similarity"]) for e in edges]
    assert sum(truth is not None for truth, _ in found) > 1000
    assert all(truth == pytest.approx(similarity, abs=1e-3) for truth, similarity in found if truth is not None)
    assert all(similarity >= 0.7 for _, similarity in found)


def _kept(store: Store) -> Iterator[dict[str, Any]]:
    for row in ledger(store, "part"):
        yield {name: row[name] for name in ("doc_id", "source_id")}


def test_clusters_add_up_with_the_ledger(real: Store) -> None:
    (step,) = duplicates(real, "")["steps"]
    near: dict[str, set[str]] = {}
    for edge in ledger(real, "edges"):
        near.setdefault(edge["doc_id"], set()).add(edge["twin"])
        near.setdefault(edge["twin"], set()).add(edge["doc_id"])
    sizes, left = [], set(near)
    while left:
        cluster, queue = set(), [min(left)]
        while queue:
            at = queue.pop()
            if at not in cluster:
                cluster.add(at)
                queue += near[at]
        sizes.append(len(cluster))
        left -= cluster
    clusters = step["clusters"]
    assert (clusters["count"], clusters["documents"]) == (len(sizes), sum(sizes))
    assert [c["size"] for c in clusters["largest"]] == sorted(sizes, reverse=True)[:10]
    assert sum(row["clusters"] for row in clusters["sizes"]) == len(sizes)
    assert all(c["diff"] and c["leader"]["source"] == "pages" for c in clusters["largest"])
