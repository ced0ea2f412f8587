"""What the terminal shows of a model that was trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table

from curation_lib.terminal import OUT

if TYPE_CHECKING:
    from curation_lib.runner.model_review import Review
    from curation_lib.runner.models import Made


def classifier(made: Made) -> dict[str, Any]:
    """How well a classifier does, and where it is."""
    table = Table("label", "held out", "precision", "recall", "F1", "AUC", box=None)
    for label, one in made.metrics["held_out"]["by_label"].items():
        shares = ("–" if one[name] is None else f"{one[name]:.4f}" for name in ("precision", "recall", "f1", "auc"))
        table.add_row(label, f"{one['documents']:,}", *shares)
    OUT.print(table)
    refused = sum((Counter(counts) for counts in made.metrics["refused"].values()), Counter[str]())
    return _trained(made, made.metrics["trained"], refused)


def perplexity(made: Made) -> dict[str, Any]:
    """What an n-gram model holds, how it reads what it has not seen, and where it is."""
    metrics, held = made.metrics, made.metrics["held_out"]
    ngrams = ", ".join(f"{n:,}" for n in metrics["ngrams"])
    OUT.print(f"{metrics['tokens']:,} tokens; n-grams by order: {ngrams}", highlight=False)
    if held["documents"]:
        OUT.print(
            f"perplexity of {held['documents']:,} documents held out: {held['perplexity']:.1f}; "
            f"{held['unknown']:.1%} of their tokens are unknown",
            highlight=False,
        )
    return _trained(made, made.manifest.data[0].documents, metrics["refused"])


def density(made: Made) -> dict[str, Any]:
    """What a density model weighs, how it tells sources it has not seen, and where it is."""
    from curation_lib.text.density_signals import LENGTH, SIGNALS

    metrics = made.metrics
    table = Table("signal", "weight", box=None)
    for name in SIGNALS:
        table.add_row(name, f"{metrics['weights'][name]:.3f}")
    table.add_row(f"{LENGTH}, per doubling", f"{0 - metrics['brevity']:.3f}")
    OUT.print(table)
    mean = metrics["auc_by_penalty"][str(metrics["penalty"])]
    OUT.print(f"AUC of sources left out: {mean:.3f}", highlight=False)
    OUT.print(f"rank correlation with length: {metrics['length_correlation']['score']:.3f}", highlight=False)
    unreadable = sum(metrics["unreadable"].values())
    return _trained(made, metrics["trained"], {"unreadable": unreadable} if unreadable else {})


def reviewed(made: Made, review: Review) -> dict[str, Any]:
    """A version beside the one that is current, and where it is."""
    from curation_lib.runner.model_review import number

    table = Table("", "this version", "current", box=None)
    for name, new, old in review.numbers():
        table.add_row(name, number(new), number(old))
    OUT.print(table)
    for line in review.changes():
        OUT.print(f"  {line}", highlight=False, markup=False)
    answer = _placed(made)
    return {**answer, "metrics": review.candidate.numbers(), "changes": review.changes()}


def _trained(made: Made, documents: int, refused: Mapping[str, int]) -> dict[str, Any]:
    left_out = ", ".join(f"{n:,} {reason}" for reason, n in refused.items()) or "none"
    OUT.print(f"trained on {documents:,} documents; left out: {left_out}", highlight=False)
    return _placed(made)


def _placed(made: Made) -> dict[str, Any]:
    note = {None: "", True: ", current", False: ", not current: `winnow models --use` makes it so"}[made.current]
    OUT.print(f"{made.place}{note}", highlight=False, markup=False)
    return {
        "model": made.place,
        "fingerprint": made.manifest.fingerprint,
        "current": made.current,
        "metrics": made.metrics,
    }
