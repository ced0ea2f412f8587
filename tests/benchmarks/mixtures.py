"""How well fits on RegMix's small runs rank unseen mixtures, and whether scale moves the best mixture:
`python -m tests.benchmarks.mixtures`; writes `results/mixtures.*`. The runs are those of WINNOW_TEST_DATA's `science`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from curation_lib.mix.search.answer import answer
from curation_lib.mix.search.boosted import boosted
from curation_lib.mix.search.fits import best_law, fit, ranked
from curation_lib.mix.search.laws import LAWS
from curation_lib.mix.search.natural import Natural, mean_mixture
from curation_lib.mix.search.question import Question
from curation_lib.mix.search.reading import Layout, read_runs
from curation_lib.mix.search.runs import Floats, Runs, made_runs
from tests.benchmarks.commands import machine
from tests.benchmarks.results import save
from tests.conftest import ROOT

PILE_CC = "metric/the_pile_pile_cc_val_loss"
SIZES = {"1m": 1e6, "60m": 6e7, "1B": 1e9}
DRAWS = 200


def main() -> None:
    folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data") / "science"
    found: dict[str, Any] = {"machine": machine(), **unseen(swarm(folder), folder)}
    found["answer"] = answer(all_scales(folder), Question([1.0], scale=SIZES["1m"]), there(folder), DRAWS)
    save("mixtures", found, page(found))


def read(folder: Path, part: str, size: str) -> Runs:
    """The runs of one part, `train` or `test`, at one size."""
    losses = str(folder / f"{part}_pile_loss_{size}.csv")
    return read_runs(str(folder / f"{part}_mixture_{size}.csv"), Layout([PILE_CC], "train_the_pile_*", losses=losses))


def swarm(folder: Path) -> Runs:
    """The 512 runs that everything is fitted on."""
    return read(folder, "train", "1m")


def natural(folder: Path) -> Floats:
    """RegMix draws mixtures around natural: their mean."""
    return there(folder).shares


def there(folder: Path) -> Natural:
    return mean_mixture(swarm(folder))


def all_scales(folder: Path) -> Runs:
    """All runs of all sizes, with their size."""
    parts = [(swarm(folder), "1m"), *((read(folder, "test", size), size) for size in SIZES)]
    sizes = np.concatenate([np.full(len(runs), SIZES[size]) for runs, size in parts])
    first = parts[0][0]
    weights, losses = (np.vstack([getattr(runs, name) for runs, _ in parts]) for name in ("weights", "losses"))
    return made_runs(first.domains, weights, first.targets, losses, sizes)


def unseen(runs: Runs, folder: Path) -> dict[str, Any]:
    """Spearman with its interval on unseen mixtures, per size and fit; every law, and the one that is chosen."""
    losses = runs.losses[:, 0]
    law, folds = best_law(runs.weights, losses)
    tell = {one.name: fit(one, runs.weights, losses).predict for one in LAWS}
    tell["lightgbm"] = boosted(runs.weights, losses)
    tests = {size: read(folder, "test", size) for size in SIZES}
    return {
        "target": PILE_CC,
        "runs": len(runs),
        "law": law.name,
        "folds": {name: _rounded(one._asdict()) for name, one in folds.items()},
        "unseen": {
            size: {name: _rounded(ranked(of(t.weights), t.losses[:, 0])._asdict()) for name, of in tell.items()}
            for size, t in tests.items()
        },
    }


def _rounded(told: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in told.items()}


def page(found: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    lines = [
        (
            f"{found['machine']}. Fitted on {found['runs']} runs of 1M parameters, target Pile-CC; Spearman on mixtures that no "
            f"fit has seen, with 95 % intervals over mixtures. By five folds of the 1M runs alone, `{found['law']}` is chosen.\n"
        ),
        "| fit | 1M, folds | 1M | 60M | 1B |\n|---|--:|--:|--:|--:|",
    ]
    for name in next(iter(found["unseen"].values())):
        cells = [_cell(found["folds"].get(name)), *(_cell(by[name]) for by in found["unseen"].values())]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, *_optimum(found["answer"]), *_claim(found["answer"]["claim"])]) + "\n"


def _cell(told: Mapping[str, float] | None) -> str:
    return "" if told is None else f"{told['spearman']:.3f} ({told['low']:.3f}–{told['high']:.3f})"


def _optimum(report: Mapping[str, Any]) -> list[str]:
    shown = ", ".join(f"{row['domain']} {100 * row['optimum']:.1f} %" for row in report["domains"][:4])
    return [
        f"\n## The optimum at 1M\n\nOn all {report['runs']} runs of 1M. {report['verdict']}. KL to natural at most {report['limits']['kl']:.3f}: {shown}.\n",
        "| mixture | predicted loss | LightGBM | KL to natural |\n|---|--:|--:|--:|",
        *(
            f"| {row['mixture']} | {row['loss']:.4f} ({row['low']:.4f}–{row['high']:.4f}) | {row['lightgbm']:.4f} | {row['kl']:.3f} |"
            for row in report["mixtures"]
        ),
    ]


def _claim(claim: Mapping[str, Any]) -> list[str]:
    heads = "".join(f" KL at {scale['parameters']:g} |" for scale in claim["scales"])
    return [
        (
            f"\n## Do smaller models want a larger shift?\n\nVerdict: {claim['verdict']}. Slope of KL(optimum ‖ natural), nats per "
            "tenfold parameters; the 1B runs hold other mixtures than those at 1M and 60M.\n"
        ),
        f"| penalty in | strength | slope |{heads}\n|---|--:|--:|{'--:|' * len(claim['scales'])}",
        *(
            f"| {row['normalisation']} | {row['strength']:g} | {row['value']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f}) | "
            f"{' | '.join(f'{kl:.3f}' for kl in row['kl'])} |"
            for row in claim["slopes"]
        ),
        (
            "\nOne mixture for all scales, or one that drifts? Fitted to 1M and 60M, the 1B runs are told as follows; the error is that of "
            f"log loss with the level taken off. Better: {claim['left_out']['choice'].replace('_', ' ')}.\n"
        ),
        "| law of all scales | error | Spearman |\n|---|--:|--:|",
        *(
            f"| {name.replace('_', ' ')} | {told['shape']:.4f} | {told['spearman']:.3f} |"
            for name, told in claim["left_out"]["laws"].items()
        ),
    ]


if __name__ == "__main__":
    main()
