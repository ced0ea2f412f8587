"""A valuation whose answer is known: `python -m tests.benchmarks.code_worth`; writes `results/code_worth.*`.

To a model of manuals that is to know Python of other projects: the standard library's code, the same with its words
shuffled, and more of the same manuals. Then code at a small share, with 5 seeds and with 2. The machine is measured
first, so that what was told of time stands beside the clock.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import orjson

from curation_lib.audit.valuations import reported
from curation_lib.runner.dask import scheduler
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.valuation import anneal, plan, train_trunk
from curation_lib.runner.valuation_cost import costs_of
from curation_lib.valuation.experiment import Valuation
from curation_lib.valuation.shuffled import shuffled
from tests.benchmarks.commands import machine
from tests.benchmarks.results import save, workplace
from tests.benchmarks.valuations import TARGET, data, installed, parted, standard_library

SMALL = 0.01
SETTINGS: dict[str, Any] = {
    "valuation": "code",
    "tokenizer": {"train": 1024, "megabytes": 8},
    "model": {"hidden": 64, "layers": 2, "heads": 2, "sequence_length": 128},
    "optimisation": {"batch_tokens": 2048, "warmup_tokens": 40_000, "learning_rate": 2e-3},
    "trunk_tokens": 3_000_000,
    "anneal_tokens": 409_600,
    "shares": [0.05, 0.2],
    "measured": {"documents": 40, "max_bytes": 1024},
}
TOLD, WENT = "this experiment", "as it went, by the clock"


def main() -> None:
    """A folder as argument keeps documents, pools and runs there."""
    with workplace(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as folder:
        found = {"machine": machine(), "settings": SETTINGS, **measured(folder)}
    save("code_worth", found, page(found))


def measured(folder: Path) -> dict[str, Any]:
    """Verdicts by name of the valuation, with minutes and costs."""
    session = Session(Store(str(folder / "store")), scheduler("local", 2))
    base, more, other = parted(data() / "text" / "english.jsonl.zst", folder)
    code = standard_library(folder / "code.jsonl")
    paths = {"code": code, "shuffled": _shuffled(code, folder / "shuffled.jsonl"), "more": more}
    target = installed(TARGET, folder / "target.jsonl")
    given = {
        **SETTINGS,
        "base": {"paths": str(base)},
        "targets": {"python": {"paths": str(target), "documents": 150, "max_bytes": 1024}},
        "guards": {"manuals": {"paths": str(other), "documents": 250, "max_bytes": 2048}},
    }
    whole = {**given, "candidates": {name: {"paths": str(path)} for name, path in paths.items()}}
    few = {**given, "candidates": {"code": {"paths": str(code)}}, "shares": [SMALL], "negative": False}
    return {
        "whole": _valued(whole, session),
        "small, 2 seeds": _valued({**few, "seeds": 2}, session),
        "small, 5 seeds": _valued({**few, "seeds": 5}, session),
    }


def _shuffled(code: Path, to: Path) -> Path:
    told = [orjson.loads(line) for line in code.read_bytes().splitlines()]
    to.write_bytes(b"".join(orjson.dumps({**row, "text": shuffled(row["text"])}) + b"\n" for row in told))
    return to


def _valued(settings: dict[str, Any], session: Session) -> dict[str, Any]:
    valuation, begun = Valuation.model_validate(settings), time.perf_counter()
    planned = plan(valuation, session)
    costs_of(valuation, planned, session)
    train_trunk(planned, session)
    anneal(planned, session)
    report = reported(valuation, planned, session)
    costs = {one.what: one._asdict() for one in costs_of(valuation, planned, session)}
    print(report["sentence"], flush=True)
    return {"minutes": (time.perf_counter() - begun) / 60, "report": report, "costs": costs}


def page(found: dict[str, Any]) -> str:
    """Verdicts, effects and costs as Markdown."""
    lines = [found["machine"], ""]
    for name in ("whole", "small, 2 seeds", "small, 5 seeds"):
        one = found[name]
        lines += [f"**{name}**, {one['minutes']:.1f} minutes: {one['report']['sentence']}", ""]
        lines += ["| | effect | interval (98%) | p | harm to the guard |\n|---|--:|--:|--:|--:|"]
        for dose in (dose for candidate in one["report"]["candidates"] for dose in candidate["doses"]):
            effect, harm = dose["effect"], dose["harm"]
            interval = f"{effect['low']:+.4f} to {effect['high']:+.4f}"
            lines.append(
                f"| {dose['arm']} | {effect['value']:+.4f} | {interval} | {effect['p']:.4f} | {harm['value']:+.4f} |"
            )
        lines.append("")
    return "\n".join([*lines, *_costs(found["whole"]["costs"])]) + "\n"


def _costs(costs: dict[str, Any]) -> list[str]:
    told, went = costs[TOLD], costs[WENT]
    ratio = told["hours"] / went["hours"]
    rows = [
        f"| {one['what']} | {one['machine']} | {one['runs']} | {one['flops']:.2e} | {one['hours']:.3g} | "
        f"{one['money']:.3g} {one['currency']} | {'; '.join(one['assumes'])} |"
        for one in costs.values()
    ]
    return [
        f"Told {60 * told['hours']:.1f} minutes, took {60 * went['hours']:.1f}: a ratio of {ratio:.2f}.",
        "",
        "| what | machine | runs | FLOP | hours | money | assumes |\n|---|---|--:|--:|--:|--:|---|",
        *rows,
    ]


if __name__ == "__main__":
    main()
