"""How much to keep by density at three sizes of models: `python -m tests.benchmarks.filter_rates`; writes
`results/filter_rates.*`. About ten minutes of two cores.

Documents that pass the heuristic filters, of which `filters.density` keeps the densest 3, 10, 30 and 100 % of the text;
equal tokens, with the epochs of a run that reads the whole corpus once. Measured on factual text of other sources.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curation_lib.runner.dask import scheduler
from curation_lib.runner.filter_sweep import judge, plan
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.valuation.filter_sweep import FilterSweep
from tests.benchmarks.commands import machine
from tests.benchmarks.density_worth import CORPUS, FLUENT, targets
from tests.benchmarks.results import save, scratch
from tests.benchmarks.valuations import data

TOKENIZER = {"train": 1024, "megabytes": 8}
MODELS: tuple[tuple[dict[str, int], float], ...] = (
    ({"hidden": 48, "layers": 2, "heads": 3, "sequence_length": 128}, 6e-3),
    ({"hidden": 80, "layers": 2, "heads": 5, "sequence_length": 128}, 5e-3),
    ({"hidden": 128, "layers": 3, "heads": 4, "sequence_length": 128}, 3e-3),
)
"""0.1M, 0.24M and 0.73M parameters, and the learning rate of each."""
TOKENS = 300_000


def scales(models: Sequence[tuple[Mapping[str, int], float]], tokens: int) -> list[dict[str, Any]]:
    """Sizes of models with their learning rates, each trained on `tokens`."""
    return [
        {
            "model": model,
            "optimisation": {"batch_tokens": 2048, "warmup_tokens": tokens // 10, "learning_rate": rate},
            "tokens": tokens,
        }
        for model, rate in models
    ]


def main() -> None:
    """A folder as argument keeps pools and runs there."""
    with scratch(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as folder:
        asked = FilterSweep.model_validate(
            {
                "sweep": "density",
                "corpus": {"paths": [str(data() / f"{name}.jsonl.zst") for name in CORPUS], "stages": FLUENT},
                "ranking": {"filter": "filters.density", "column": "density"},
                "tokenizer": TOKENIZER,
                "targets": {
                    n: {"paths": str(p), "documents": 50, "max_bytes": 2048} for n, p in targets(folder).items()
                },
                "settings": {"seeds": 3},
                "scales": scales(MODELS, TOKENS),
            }
        )
        session = Session(Store(str(folder / "store")), scheduler("local", 2))
        report = judge(asked, plan(asked, session), session)
        del report["place"]
        found = {"machine": machine(), **report}
        save("filter_rates", found, page(found))


def page(found: dict[str, Any]) -> str:
    """The answer as Markdown."""
    targets = ", ".join(name.partition("/")[2] for name in found["targets"])
    head = (
        f"{found['machine']}; {found['scales'][0]['tokens']:,} tokens a run, {found['seeds']} seeds, the epochs of one pass over "
        f"{found['target_tokens']:,} tokens. Bits per byte on {targets}, of other sources; intervals hold "
        f"{1 - found['alpha']:.0%}.\n\n{found['verdict']}.\n\n"
        "| parameters | kept | epochs | bits per byte | interval | smallest in draws | best rate |\n"
        "|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    lines = []
    for one in found["scales"]:
        for n, row in enumerate(one["rates"]):
            best = f"{one['best']:.0%} ({one['low']:.0%} to {one['high']:.0%})" if n == 0 else ""
            size = f"{one['parameters']:,}" if n == 0 else ""
            lines.append(
                f"| {size} | {row['rate']:.0%} | {row['epochs']:.1f} | {row['loss']:.4f} | "
                f"{row['low']:.4f} to {row['high']:.4f} | {row['chosen']:.0%} | {best} |\n"
            )
    return head + "".join(lines)


if __name__ == "__main__":
    main()
