"""How often a valuation calls more of the same `worth it`: `python -m tests.benchmarks.placebos`; writes
`results/placebos.*`. Forty valuations of a tiny profile whose candidate is documents of the base that the trunk has not
seen. Their seeds are 0 to 39, fixed before the first was run; none is left out.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from curation_lib.runner.dask import scheduler
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.valuation import value
from curation_lib.valuation.experiment import Valuation
from tests.benchmarks.commands import machine
from tests.benchmarks.results import save, workplace
from tests.benchmarks.valuations import data, parted

RUNS, ALPHA = 40, 0.01
SETTINGS: dict[str, Any] = {
    "valuation": "placebo",
    "tokenizer": {"train": 1024, "megabytes": 8},
    "model": {"hidden": 64, "layers": 2, "heads": 2, "sequence_length": 128},
    "optimisation": {"batch_tokens": 1024, "warmup_tokens": 40_000, "learning_rate": 2e-3},
    "trunk_tokens": 1_000_000,
    "anneal_tokens": 20_480,
    "measured": {"documents": 10, "max_bytes": 1024},
    "negative": False,
    "verdict": {"alpha": ALPHA},
}


def main() -> None:
    """A folder as argument keeps pools and runs there."""
    with workplace(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as folder:
        found = {"machine": machine(), "alpha": ALPHA, "settings": SETTINGS, "rows": measured(folder)}
    save("placebos", found, page(found))


def measured(folder: Path) -> list[dict[str, Any]]:
    """A row per valuation."""
    base, more, other = parted(data() / "text" / "english.jsonl.zst", folder)
    target = {"paths": str(other), "documents": 40, "max_bytes": 1024}
    given = {"base": {"paths": str(base)}, "candidates": {"more": {"paths": str(more)}}}
    asked = {**SETTINGS, **given, "targets": {"other": target}}
    session = Session(Store(str(folder / "store")), scheduler("local", 2))
    return [_row(seed, value(Valuation.model_validate({**asked, "seed": seed}), session)) for seed in range(RUNS)]


def _row(seed: int, told: dict[str, Any]) -> dict[str, Any]:
    (candidate,) = told["candidates"]
    doses = [
        {key: dose[key] for key in ("share", "adjusted")} | {key: dose["effect"][key] for key in ("value", "p")}
        for dose in candidate["doses"]
    ]
    row = {"seed": seed, "verdict": candidate["verdict"], "doses": doses}
    print(row, flush=True)
    return row


def page(found: dict[str, Any]) -> str:
    """The table as Markdown."""
    counted = Counter(row["verdict"].partition(" (")[0] for row in found["rows"])
    below = sum(dose["p"] < found["alpha"] for row in found["rows"] for dose in row["doses"])
    tests = sum(len(row["doses"]) for row in found["rows"])
    told = ", ".join(f"{name}: {n}" for name, n in sorted(counted.items()))
    lines = [
        f"{found['machine']}; {len(found['rows'])} valuations of more of the same, 5 seeds an arm, alpha {ALPHA:g}.",
        f"{told}. Before Holm {below} of {tests} tests have p below alpha ({below / tests:.1%}).\n",
        "| seed | verdict | effect at 10% | p | effect at 30% | p |\n|--:|---|--:|--:|--:|--:|",
    ]
    for row in found["rows"]:
        cells = [f"{dose['value']:+.4f} | {dose['p']:.3f}" for dose in row["doses"]]
        lines.append(f"| {row['seed']} | {row['verdict']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
