"""What density is worth to a model: `python -m tests.benchmarks.density_worth`; writes `results/density_worth.*`.

Documents that pass the heuristic filters (so all are fluent) in two halves: a trunk is trained on one; of the other the
densest third by `filters.density`, a random third and the least dense third are each half of an anneal, at equal tokens.
Measured in bits per byte on factual text of other sources: Wikipedia, a textbook, a reference. Asked once more with the
thirds of each tenth by length, since the densest documents here are short.
"""

from __future__ import annotations

import bz2
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import orjson
import xxhash

from curation_lib.runner.dask import scheduler
from curation_lib.runner.parts import read_batches
from curation_lib.runner.pool_documents import documents
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.training import carry_out
from curation_lib.runner.valuation import Plan, anneal, judge, plan, train_trunk
from curation_lib.text.density_scores import density_scores, load_density
from curation_lib.valuation.arms import Arm
from curation_lib.valuation.effects import lower
from curation_lib.valuation.experiment import Valuation
from curation_lib.valuation.pool_settings import PoolSettings
from curation_lib.valuation.resampled import resampled
from tests.benchmarks.commands import machine
from tests.benchmarks.results import save, workplace
from tests.benchmarks.valuations import data, rows

ALPHA, SHARE, SEEDS = 0.01, 0.5, 5
CORPUS = ("text/english", "quality/polished_blog.18f", "quality/anecdotal_blog.mtlynch")
FLUENT = [{"filters.gopher_repetition": {}}, {"filters.gopher_quality": {}}]
SETTINGS: dict[str, Any] = {
    "valuation": "density",
    "tokenizer": {"train": 2048, "megabytes": 8},
    "model": {"hidden": 96, "layers": 3, "heads": 3, "sequence_length": 256},
    "optimisation": {"batch_tokens": 2048, "warmup_tokens": 40_000, "learning_rate": 3e-3},
    "trunk_tokens": 3_000_000,
    "anneal_tokens": 307_200,
    "shares": [SHARE],
    "seeds": SEEDS,
    "negative": False,
    "measured": {"documents": 60, "max_bytes": 2048},
    "verdict": {"alpha": ALPHA},
}
CLASSES = {"of all": 1, "of each tenth by length": 10}
"""What thirds are taken of: classes by length, of as many documents each."""
PAIRS = (("top", "random"), ("low", "random"), ("top", "low"))


def main() -> None:
    """A folder as argument keeps pools and runs there."""
    with workplace(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as folder:
        session = Session(Store(str(folder / "store")), scheduler("local", 2))
        asked = {name: answered(folder, session, classes) for name, classes in CLASSES.items()}
        found = {"machine": machine(), "settings": SETTINGS, "thirds": asked}
        save("density_worth", found, page(found))


def answered(folder: Path, session: Session, classes: int) -> dict[str, Any]:
    """Documents, pairs and verdicts of thirds of `classes` classes by length; what was trained already stays."""
    about, pools = thirds(folder, session, classes)
    candidates = {name: {"paths": str(pools[name])} for name in ("top", "random", "low")}
    told = {n: {"paths": str(p), "documents": 200, "max_bytes": 2048} for n, p in targets(folder).items()}
    given = {**SETTINGS, "base": {"paths": str(pools["base"])}, "candidates": candidates, "targets": told}
    valuation = Valuation.model_validate(given)
    planned = plan(valuation, session)
    train_trunk(planned, session)
    anneal(planned, session)
    judged = judge(valuation, planned, session)["candidates"]
    verdicts = [{k: one[k] for k in ("name", "verdict", "doses")} for one in judged]
    return {**about, "pairs": pairs(planned, session), "candidates": verdicts}


def thirds(folder: Path, session: Session, classes: int) -> tuple[dict[str, Any], dict[str, Path]]:
    """The corpus's fluent documents as files: `base`, and of the others `top`, `random` and `low`."""
    paths = [str(data() / f"{name}.jsonl.zst") for name in CORPUS]
    texts = list(dict.fromkeys(_texts(session, PoolSettings.model_validate({"paths": paths, "stages": FLUENT}))))
    draws = np.array([xxhash.xxh3_64_intdigest(text.encode(), seed=11) for text in texts], np.uint64)
    scores, sizes = _scores(texts), np.array([len(text.encode()) for text in texts])
    base, rest = np.flatnonzero(draws % 2 == 0), np.flatnonzero(draws % 2 == 1)
    drawn = rest[np.argsort(draws[rest], kind="stable")]
    chosen = {"base": base, "random": drawn[: len(rest) // 3], **_extremes(rest, scores, sizes, classes)}
    about = {
        "documents": {name: len(n) for name, n in chosen.items()},
        "megabytes": {name: round(float(sizes[n].sum()) / 1e6, 1) for name, n in chosen.items()},
        "mean_density": {name: round(float(scores[n].mean()), 3) for name, n in chosen.items()},
        "median_bytes": {name: int(np.median(sizes[n])) for name, n in chosen.items()},
    }
    files = {name: folder / f"{name}-{classes}.jsonl" for name in chosen}
    return about, {name: _write(files[name], [texts[i] for i in n]) for name, n in chosen.items()}


def _extremes(rest: Any, scores: Any, sizes: Any, classes: int) -> dict[str, Any]:
    """Places of the densest and of the least dense third of each class by length."""
    by_length = np.array_split(rest[np.argsort(sizes[rest], kind="stable")], classes)
    ordered = [np.sort(one)[np.argsort(-scores[np.sort(one)], kind="stable")] for one in by_length]
    top, low = ([one[: len(one) // 3] for one in ordered], [one[-(len(one) // 3) :] for one in ordered])
    return {"top": np.concatenate(top), "low": np.concatenate(low)}


def _texts(session: Session, settings: PoolSettings) -> Iterator[str]:
    for manifest in documents(settings, session):
        for part in manifest.parts():
            for batch in read_batches(session.store, part, columns=["text"]):
                yield from batch.column("text").to_pylist()


def _scores(texts: list[str]) -> Any:
    import pyarrow as pa

    model = load_density(None).model
    pieces = [pa.array(texts[n : n + 1000], pa.large_string()) for n in range(0, len(texts), 1000)]
    return np.concatenate([density_scores(piece, model)[0] for piece in pieces])


def targets(folder: Path) -> dict[str, Path]:
    """Factual text of sources that no arm has."""
    book = [row["text"] for row in rows(data() / "quality" / "dense_textbook.openstax.jsonl.zst")]
    reference = [row["text"] for row in rows(data() / "quality" / "dense_reference.powershell.jsonl.zst")]
    told = {"wikipedia": list(_wikipedia()), "textbook": book, "reference": reference}
    return {name: _write(folder / f"target-{name}.jsonl", texts) for name, texts in told.items()}


def _wikipedia() -> Iterator[str]:
    """Paragraphs of each article: lines of prose, links as their words, templates and references left out."""
    (dump,) = (data() / "text").glob("enwiki-*.bz2")
    with bz2.open(dump) as file:
        articles = [one.text or "" for _, one in ElementTree.iterparse(file) if one.tag.endswith("}text")]
    for text in articles:
        lines = [line for line in _prose(text).split("\n") if len(line) > 80 and line[0].isalpha()]
        if len(lines) > 3:
            yield "\n\n".join(lines)


def _prose(text: str) -> str:
    for pattern, put in (
        (r"(?s)<ref[^>/]*>.*?</ref>|<[^>]+>|<!--.*?-->", ""),
        (r"\[\[(?:[^|\]]*\|)?([^\]]*)\]\]", r"\1"),
    ):
        text = re.sub(pattern, put, text)
    while (shorter := re.sub(r"\{\{[^{}]*\}\}", "", text)) != text:
        text = shorter
    return re.sub(r"'{2,}", "", text)


def _write(to: Path, texts: list[str]) -> Path:
    to.write_bytes(b"".join(orjson.dumps({"id": str(n), "text": text}) + b"\n" for n, text in enumerate(texts)))
    return to


def pairs(planned: Plan, session: Session) -> list[dict[str, Any]]:
    """By how much the first of each pair is below the second, over all targets and on each."""
    observed = {arm: [one.losses for one in carry_out(runs, session)] for arm, runs in planned.runs.items()}
    each = {
        "all": observed,
        **{
            name: {arm: [{name: one[name]} for one in seeds] for arm, seeds in observed.items()}
            for name in next(iter(observed.values()))[0]
            if name.startswith("target/")
        },
    }
    found = []
    for first, second in PAIRS:
        for name, told in each.items():
            drawn = resampled(told, 4000)
            one = lower(drawn, Arm("candidate", first, SHARE), Arm("candidate", second, SHARE), "target", ALPHA)
            found.append({"first": first, "second": second, "targets": name, **one._asdict()})
    return found


def page(found: dict[str, Any]) -> str:
    """The answers as Markdown."""
    head = f"{found['machine']}; {SEEDS} seeds an arm, a half of each anneal is the arm's documents.\n"
    return head + "".join(_section(name, one) for name, one in found["thirds"].items())


def _section(name: str, one: dict[str, Any]) -> str:
    facts = ", ".join(
        f"{n} {one['documents'][n]:,} ({one['mean_density'][n]:+.2f}, {one['median_bytes'][n]:,} bytes)"
        for n in one["documents"]
    )
    head = (
        f"\n## Thirds {name}\n\nDocuments, with their mean density and median length: {facts}.\n\n"
        "| | below | on | bits per byte | interval (98%) | p |\n|---|---|---|--:|--:|--:|\n"
    )
    lines = [
        f"| {pair['first']} | {pair['second']} | {pair['targets'].removeprefix('target/')} | {pair['value']:+.4f} | "
        f"{pair['low']:+.4f} to {pair['high']:+.4f} | {pair['p']:.4f} |\n"
        for pair in one["pairs"]
    ]
    return head + "".join(lines)


if __name__ == "__main__":
    main()
