"""A swarm of proxy runs on real sources: `python -m tests.benchmarks.proxy_swarm`; writes `results/proxy_swarm.*`. Some
minutes of two cores.

Seven groups of documentation, 24 mixtures at three sizes of models, for factual text of other sources. The target run
reads all there is once, in the natural mixture.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

from curation_lib.runner.dask import scheduler
from curation_lib.runner.mixture_fit import fit
from curation_lib.runner.mixture_search import plan
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.valuation.mixture_search import MixtureSearch
from tests.benchmarks.commands import machine
from tests.benchmarks.density_worth import targets
from tests.benchmarks.filter_rates import MODELS, TOKENIZER, scales
from tests.benchmarks.results import save, scratch
from tests.benchmarks.valuations import data, rows

GROUPS = {
    "dictionaries": ("dict-",),
    "proposals": ("EIPs", "rfcs"),
    "cpp": ("cppreference", "libboost", "libstdc++", "qt", "wx3", "libeigen", "llvm"),
    "scripting": ("python", "perl", "tcl", "tk8", "pike", "zsh", "twisted", "nodejs", "r-doc", "octave"),
    "databases": ("postgresql", "sqlite", "derby", "db5.3"),
    "help": ("libreoffice", "fop", "lilypond", "exim", "postfix", "debian-reference", "developers-reference", "harden"),
}
REST = "languages"
"""What is in no group: manuals of other languages and tools."""
SIZES = (MODELS[0], ({"hidden": 64, "layers": 2, "heads": 4, "sequence_length": 128}, 6e-3), MODELS[1])
"""0.1M, 0.16M and 0.24M parameters."""
SLOPE = "Slope of KL(optimum ‖ natural), nats per tenfold parameters, for the first target:"
TOKENS, TARGET_TOKENS = 100_000, 30_000_000


def main() -> None:
    """A folder as argument keeps pools and runs there."""
    with scratch(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as folder:
        asked = MixtureSearch.model_validate(
            {
                "search": "english",
                "sources": {name: {"paths": str(path)} for name, path in grouped(folder).items()},
                "tokenizer": TOKENIZER,
                "targets": {
                    n: {"paths": str(p), "documents": 30, "max_bytes": 2048} for n, p in targets(folder).items()
                },
                "target_run": {"tokens": TARGET_TOKENS, "max_epochs": 4},
                "swarm": {"mixtures": 21, "strengths": [1, 20], "least_share": 0.01},
                "scales": scales(SIZES, TOKENS),
                "confirmation": {"seeds": 4},
            }
        )
        session = Session(Store(str(folder / "store")), scheduler("local", 2))
        report = fit(asked, plan(asked, session), session)
        del report["place"]
        found = {"machine": machine(), **report}
        save("proxy_swarm", found, page(found))


def grouped(folder: Path) -> dict[str, Path]:
    """The English documents as a file for each group."""
    found: dict[str, list[bytes]] = {name: [] for name in (*GROUPS, REST)}
    for row in rows(data() / "text" / "english.jsonl.zst"):
        found[_group(row["source"])].append(orjson.dumps({"id": row["id"], "text": row["text"]}))
    paths = {}
    for name, lines in found.items():
        paths[name] = folder / f"group-{name}.jsonl"
        paths[name].write_bytes(b"\n".join(lines) + b"\n")
    return paths


def _group(source: str) -> str:
    return next((name for name, parts in GROUPS.items() if any(part in source for part in parts)), REST)


def page(found: dict[str, Any]) -> str:
    """The answer as Markdown."""
    told, claim = found["confirmation"], found["claim"]
    lines = [
        f"{found['machine']}. {_head(found)} {found['verdict']}.\n",
        *(f"Note: {note}.\n" for note in found["notes"]),
        f"The fit alone: {found['fit']['verdict']}.\n",
        "| mixture | trained, bits per byte | the optimum is below it by | p | predicted | LightGBM | KL to natural |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(_mixture(row, told) for row in found["mixtures"]),
        "\n| group | optimum | natural | UniMax | epochs |\n|---|--:|--:|--:|--:|",
        *(
            f"| {row['domain']} | {row['optimum']:.1%} ({row['low']:.1%} to {row['high']:.1%}) | {row['natural']:.1%} | "
            f"{row['unimax']:.1%} | {row['epochs']:.2f} |"
            for row in found["domains"]
        ),
        "\n| target | fit | Spearman on unseen mixtures | error of log loss |\n|---|---|--:|--:|",
        *(
            f"| {target['target'].partition('/')[2]} | {name}{' (used)' if name == target['law'] else ''} | "
            f"{one['spearman']:.3f} ({one['low']:.3f} to {one['high']:.3f}) | {one['error']:.4f} |"
            for target in found["targets"]
            for name, one in target["unseen"].items()
        ),
        f"\nThat smaller models want a larger shift: {claim['verdict']}. {SLOPE}\n",
        f"| penalty in | strength | slope |{''.join(map(_size, claim['scales']))}",
        f"|---|--:|--:|{'--:|' * len(claim['scales'])}",
        *(
            f"| {row['normalisation']} | {row['strength']:g} | {row['value']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f}) | "
            f"{' | '.join(f'{kl:.3f}' for kl in row['kl'])} |"
            for row in claim["slopes"]
        ),
        f"\nThe largest size told from the others: {claim['left_out']['choice'].replace('_', ' ')}.",
    ]
    return "\n".join(lines) + "\n"


def _head(found: dict[str, Any]) -> str:
    runs = f"{found['runs']} mixtures at each of {len(found['claim']['scales'])} sizes, {TOKENS:,} tokens a run"
    return f"{runs}, the epochs of {TARGET_TOKENS:,} tokens."


def _size(scale: dict[str, Any]) -> str:
    return f" KL at {scale['parameters']:,.0f} |"


def _mixture(row: dict[str, Any], told: dict[str, Any]) -> str:
    losses, over = told["losses"].get(row["mixture"]), told["over"].get(row["mixture"])
    trained = "" if losses is None else f"{sum(losses) / len(losses):.4f}"
    below = "" if over is None else f"{over['value']:+.4f} ({over['low']:+.4f} to {over['high']:+.4f})"
    sure = "" if over is None else f"{over['p']:.4f}"
    kl = "∞" if row["kl"] is None else f"{row['kl']:.3f}"
    return f"| {row['mixture']} | {trained} | {below} | {sure} | {row['loss']:.4f} | {row['lightgbm']:.4f} | {kl} |"


if __name__ == "__main__":
    main()
