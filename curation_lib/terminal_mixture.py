"""What the terminal shows of a search for a mixture, and of the mixtures of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from curation_lib.terminal import OUT
from curation_lib.terminal_costs import show_costs

if TYPE_CHECKING:
    from curation_lib.runner.mixture_search import SearchPlan
    from curation_lib.runner.mixtures import Mixture
    from curation_lib.valuation.budget import Todo
    from curation_lib.valuation.cost import Cost


def optimised(report: Mapping[str, Any], written: Sequence[str]) -> dict[str, Any]:
    """How well laws tell unseen runs, the mixtures, the weights, the scale claim and the verdict."""
    OUT.print(_unseen(report), _mixtures(report), _weights(report))
    if claim := report["claim"]:
        OUT.print(_slopes(claim))
        OUT.print(f"that smaller models want a larger shift: {claim['verdict']}", highlight=False)
        OUT.print(_left_out(claim["left_out"]), highlight=False)
        if report["drift"]:
            OUT.print(_drift(report["drift"]))
    if "confirmation" in report:
        OUT.print(_confirmation(report["confirmation"]))
        OUT.print(f"the fit alone: {escape(report['fit']['verdict'])}", highlight=False)
    for note in report["notes"]:
        OUT.print(f"note: {escape(note)}", highlight=False)
    OUT.print(f"[bold]{escape(report['verdict'])}[/]", highlight=False)
    for address in written:
        OUT.print(address, markup=False, highlight=False, soft_wrap=True)
    return {**report, "written": list(written)}


def mixtures(found: Sequence[Mixture]) -> dict[str, Any]:
    """Every version with its weights, and what its report says."""
    from curation_lib.mix.weights import in_words

    table = Table("mixture", "version", "", "in the store since", "weights", "found by", box=None)
    for one in found:
        weights = "\n".join(f"{what} {weight}" for what, weight in in_words(one.weights))
        since, told = f"{one.made:%Y-%m-%d %H:%M}", f"{one.report.get('experiment', 'hand')}"
        state = "current" if one.current else ""
        table.add_row(escape(one.name), one.fingerprint, state, since, escape(weights), escape(told))
    OUT.print(table)
    return {"mixtures": [{**one._asdict(), "made": one.made.isoformat()} for one in found]}


def swarm(planned: SearchPlan, left: Todo, costs: Sequence[Cost]) -> dict[str, Any]:
    """What sources hold, runs and FLOPs per scale, costs with what they assume, and what is left to train."""
    table = _table("", "source", "", "tokens", "natural")
    for source, share in zip(planned.sources, planned.natural.shares, strict=True):
        table.add_row(escape(source.name), "", f"{source.held:,}", f"{100 * share:.1f} %")
    OUT.print(table)
    scales = []
    for n in sorted({trial.scale for trial in planned.trials}):
        runs = [trial.run for trial in planned.trials if trial.scale == n]
        size, per_token = (of(planned.vocabulary) for of in (runs[0].model.parameters, runs[0].model.flops_per_token))
        told = {"parameters": size, "runs": len(runs), "tokens": runs[0].tokens}
        scales.append({**told, "flops": sum(run.tokens for run in runs) * per_token})
    table = _table("", "parameters", "", "runs", "tokens of each", "FLOPs")
    for one in scales:
        table.add_row(f"{one['parameters']:,}", "", str(one["runs"]), f"{one['tokens']:,}", f"{one['flops']:.3g}")
    OUT.print(table)
    OUT.print(f"then {planned.confirming} runs at the largest scale: the best mixture beside UniMax and natural")
    show_costs(costs, left)
    return {
        "place": planned.place,
        "mixtures": len(planned.mixtures),
        "scales": scales,
        "flops": planned.flops,
        "confirming": planned.confirming,
        "left": left._asdict(),
        "costs": [one._asdict() for one in costs],
    }


def _unseen(report: Mapping[str, Any]) -> Table:
    table = _table(
        f"{report['runs']} runs, natural is {report['natural']}", "target", "fit", "Spearman", "95 %", "error"
    )
    for target in report["targets"]:
        for name, told in target["unseen"].items():
            used = " (used)" if name == target["law"] else ""
            numbers = (f"{told['spearman']:.3f}", f"{told['low']:.3f} to {told['high']:.3f}", f"{told['error']:.4f}")
            table.add_row(escape(target["target"]), name + used, *numbers)
    return table


def _mixtures(report: Mapping[str, Any]) -> Table:
    table = _table("", "mixture", "", "predicted loss", "95 %", "LightGBM", "KL nats")
    for row in report["mixtures"]:
        numbers = (f"{row['loss']:.4f}", f"{row['low']:.4f} to {row['high']:.4f}", f"{row['lightgbm']:.4f}")
        table.add_row(row["mixture"], "", *numbers, "inf" if row["kl"] is None else f"{row['kl']:.3f}")
    return table


def _weights(report: Mapping[str, Any]) -> Table:
    table = _table("", "domain", "", "optimum", "95 %", "natural", "temperature", "UniMax", "epochs")
    for row in report["domains"]:
        low, high = (f"{100 * row[name]:.1f}" for name in ("low", "high"))
        shares = (f"{100 * row[name]:.1f} %" for name in ("natural", "temperature", "unimax"))
        epochs = "" if row["epochs"] is None else f"{row['epochs']:.2f}"
        table.add_row(escape(row["domain"]), "", f"{100 * row['optimum']:.1f} %", f"{low} to {high}", *shares, epochs)
    return table


def _slopes(claim: Mapping[str, Any]) -> Table:
    sizes = (f"KL at {scale['parameters']:.3g}" for scale in claim["scales"])
    table = _table(
        "slope of KL(optimum || natural) per tenfold parameters", "penalty in", "", "strength", "slope", "95 %", *sizes
    )
    for row in claim["slopes"]:
        numbers = (f"{row['strength']:g}", f"{row['value']:+.3f}", f"{row['low']:+.3f} to {row['high']:+.3f}")
        table.add_row(row["normalisation"], "", *numbers, *(f"{kl:.3f}" for kl in row["kl"]))
    return table


def _confirmation(told: Mapping[str, Any]) -> Table:
    sure = f"{100 * (1 - 2 * told['alpha']):g} %"
    table = _table(
        f"trained {told['seeds']} times each at the largest scale", "mixture", "", "loss", "below it by", sure, "p"
    )
    for name, losses in told["losses"].items():
        over = told["over"].get(name)
        numbers = () if over is None else (f"{over['value']:.4f}", f"{over['low']:.4f} to {over['high']:.4f}")
        sureness = () if over is None else (f"{over['p']:.4f}",)
        table.add_row(name, "", f"{sum(losses) / len(losses):.4f}", *numbers, *sureness)
    return table


def _left_out(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "one mixture or one per scale: runs at three scales or more would tell"
    errors = ", ".join(f"{name.replace('_', ' ')} {told['shape']:.4f}" for name, told in found["laws"].items())
    return f"the largest scale told from the others: {found['choice'].replace('_', ' ')} (errors: {errors})"


def _drift(drift: Sequence[Mapping[str, Any]]) -> Table:
    sizes = [f"{one['parameters']:.3g}" for one in drift]
    table = _table("the best mixture of each size, by the law that drifts", "domain", "", *sizes)
    for name in drift[0]["weights"]:
        table.add_row(escape(name), "", *(f"{100 * one['weights'][name]:.1f} %" for one in drift))
    return table


def _table(title: str, *heads: str) -> Table:
    table = Table(*heads, title=title or None, title_justify="left", box=None)
    for column in table.columns[2:]:
        column.justify = "right"
    return table
