"""What the terminal shows: progress, the funnel, tables, one JSON line where asked."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from curation_lib.core.stage import Stage
    from curation_lib.runner.build import Build
    from curation_lib.runner.gates import Verdict
    from curation_lib.runner.manifest import Manifest
    from curation_lib.runner.steps import StepResult

OUT = Console(emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else 150)


def fail(message: str, as_json: bool) -> NoReturn:
    """Print the error and exit with status 1."""
    Console(stderr=True, emoji=False, soft_wrap=True).print(f"error: {message}", markup=False, highlight=False)
    if as_json:
        print(orjson.dumps({"error": message}).decode())
    sys.exit(1)


class Unmet(dict[str, Any]):
    """An answer that says no: shown like any other, but the exit status is 1."""


def finish(answer: Any, as_json: bool) -> None:
    """Print the JSON line, if asked; every command's answer is a dict. Exits with status 1 where it is Unmet."""
    if as_json:
        print(orjson.dumps(answer, default=_plain).decode())
    if isinstance(answer, Unmet):
        sys.exit(1)


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def progress() -> Callable[[str, str, int, int], None]:
    """A reporter of shards, or runs of training, that are done: a line per step, rewritten in place on a terminal, at
    most one a second."""
    last = {"time": 0.0}
    live = sys.stderr.isatty()

    def report(step: str, function: str, done: int, total: int) -> None:
        if done == total or time.monotonic() - last["time"] > 1:
            last["time"] = time.monotonic()
            end = "\r" if live and done < total else "\n"
            what = "runs" if function == "train" else "shards"
            print(f"  {step}: {function} {done}/{total} {what}", end=end, file=sys.stderr, flush=True)

    return report


def tell(line: str) -> None:
    """What workers report meanwhile."""
    print(f"  {line}", file=sys.stderr, flush=True)


def said(what: StepResult | Verdict) -> None:
    """A finished step or gate, as it happens."""
    from curation_lib.runner import steps
    from curation_lib.runner.reports import tally_line

    if isinstance(what, steps.StepResult):
        counts = what.counts
        numbers = f"{counts['rows_in']:,} in, {counts['kept']:,} kept"
        OUT.print(f"{what.step:<28} {what.state:<9} {numbers}  ({what.seconds:.1f} s)", highlight=False)
        if tally := counts.get("tally"):
            OUT.print(f"  {tally_line(tally)}", markup=False, highlight=False)
    elif what.success and not what.reused:
        OUT.print(f"  gate {what.message.splitlines()[0]}", markup=False, highlight=False)


def forecast(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    table = Table("step", "state", "why", box=None)
    for row in rows:
        table.add_row(row["step"], row["state"], row["why"])
    OUT.print(table)
    return {"steps": list(rows)}


def valid(corpus: str, print_: str, steps: Sequence[str]) -> dict[str, Any]:
    OUT.print(f"{corpus}: valid, {len(steps)} steps: {', '.join(steps)}", markup=False, highlight=False)
    return {"corpus": corpus, "recipe_fingerprint": print_, "steps": list(steps)}


def funnel(build: Build) -> dict[str, Any]:
    """The funnel of a finished build: what came in, what was taken and why, what was kept."""
    counts = {s.step: s.counts for s in build.steps}
    print_funnel(counts)
    if build.build_id:
        OUT.print(
            f"build {build.build_id}: {build.store}/exports/{build.corpus}/{build.build_id}",
            markup=False,
            highlight=False,
        )
    return {**asdict(build), "funnel": counts}


def print_funnel(steps: Mapping[str, Mapping[str, Any]]) -> None:
    """One row per step, one line per reason below it. In + created = kept + dropped + quarantined + skipped."""
    table = Table(
        "step",
        *(_right(n) for n in ("in", "created", "dropped", "quarantined", "skipped", "kept")),
        "MB kept",
        box=None,
    )
    for step, c in steps.items():
        numbers = (
            c["rows_in"],
            c["created"],
            sum(c["dropped"].values()),
            sum(c["quarantined"].values()),
            c["skipped"],
            c["kept"],
        )
        table.add_row(step, *(f"{n:,}" for n in numbers), f"{c['bytes_kept'] / 1e6:.1f}")
        for reason, n in [
            *c["dropped"].items(),
            *((f"quarantine: {r}", n) for r, n in c["quarantined"].items()),
        ]:
            if n:
                table.add_row(f"[dim]  {escape(reason)}", "", "", f"[dim]{n:,}", "", "", "", "")
    OUT.print(table)


def _right(name: str) -> Any:
    from rich.table import Column

    return Column(name, justify="right")


def stage_result(results: Sequence[StepResult], read: Manifest | None, output: str) -> dict[str, Any]:
    print_funnel({**({"read": read.counts} if read else {}), **{result.step: result.counts for result in results}})
    *before, result = results
    OUT.print(f"dataset: {output}", markup=False, highlight=False)
    return {
        "stage": result.step,
        "output": output,
        "counts": result.counts,
        "read": read.counts if read else None,
        "seconds": result.seconds,
        **({"steps": {one.step: one.counts for one in results}} if before else {}),
    }


def stages(found: Sequence[Stage]) -> dict[str, Any]:
    listed = []
    for stage in found:
        fields = {
            name: {
                "default": None if f.is_required() else f.default,
                "required": f.is_required(),
                "role": stage.config.role(name),
            }
            for name, f in stage.config.model_fields.items()
        }
        listed.append(
            {
                "stage": stage.name,
                "version": stage.version,
                "shape": type(stage).__name__,
                "summary": stage.summary,
                "config": fields,
            }
        )
        OUT.print(
            f"[bold]{stage.name}[/] v{stage.version} ({type(stage).__name__}): {stage.summary}",
            highlight=False,
        )
        for name, field in fields.items():
            value = "required" if field["required"] else field["default"]
            OUT.print(f"    {name} = {value}", markup=False, highlight=False)
    return {"stages": listed}


def histories(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each document's way through its build."""
    for history in found:
        OUT.print(f"[bold]{escape(history['url'] or history['source_id'])}[/]", highlight=False)
        OUT.print(
            f"  doc_id {history['doc_id']}, source {history['source']}, build {history['build']}",
            highlight=False,
        )
        for event in history["events"]:
            OUT.print(f"  {event_line(event)}", markup=False, highlight=False)
    return {"documents": list(found)}


def event_line(event: Mapping[str, Any]) -> str:
    """What a step did to a document, as `winnow trace` says it."""
    facts = {k: v for k, v in event.items() if k not in ("step", "event", "stage", "rule") and v not in (None, {}, [])}
    rule = f" by {event['stage']}.{event['rule']}" if "rule" in event else ""
    shown = ", ".join(f"{k} {_short(v)}" for k, v in facts.items())
    return f"{event['step']}: {event['event']}{rule}{f' ({shown})' if shown else ''}"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{k}: {_short(v)}" for k, v in value.items())
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{len(value)} (see --json)"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def sample(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Dropped documents, with the reason above each text."""
    for row in rows:
        reason = f"{row['stage']}.{row['rule']} score {row['score']} threshold {row['threshold']}"
        OUT.print(f"[bold]{escape(row['url'] or row['source_id'])}[/]  {reason}", highlight=False)
        if row["evidence"]:
            OUT.print(row["evidence"], markup=False, highlight=False)
        if row["kept_twin"]:
            where = f" of {row['twin_release']}" if "twin_release" in row else ""
            OUT.print(f"like {row['twin_url'] or row['kept_twin']}{where}", markup=False, highlight=False)
        OUT.print(row["text"] or "(no text was extracted)", markup=False, highlight=False)
    return {"documents": list(rows)}


def duplicates(report: Mapping[str, Any], written: Sequence[str]) -> dict[str, Any]:
    """One row per dedup step, then its sources and languages."""
    table = Table(
        "step",
        *(_right(n) for n in ("documents", "dropped", "rate", "clusters", "largest")),
        box=None,
    )
    for step in report["steps"]:
        clusters = step["clusters"]
        size = clusters["largest"][0]["size"] if clusters["largest"] else 0
        table.add_row(step["step"], *_rate(step), f"{clusters['count']:,}", f"{size:,}")
        for name in ("source", "language"):
            for row in step[f"by_{name}"]:
                table.add_row(f"[dim]  {name} {escape(row[name])}", *(f"[dim]{cell}" for cell in _rate(row)), "", "")
    OUT.print(table)
    for address in written:
        OUT.print(address, markup=False, highlight=False)
    return {**report, "written": list(written)}


def contamination(report: Mapping[str, Any]) -> dict[str, Any]:
    """One row per benchmark, then examples: hits, near-misses."""
    names = ("items", "searched", "items hit", "documents", "dropped", "cut", "near items", "near documents")
    table = Table("step", "benchmark", *(_right(n) for n in names), box=None)
    for step in report["steps"]:
        for row in step["benchmarks"]:
            numbers = (f"{row[name.replace(' ', '_')]:,}" for name in names)
            table.add_row(step["step"], row["benchmark"], *numbers)
    OUT.print(table)
    for row in (row for step in report["steps"] for row in step["benchmarks"]):
        for kind in ("hits", "near_misses"):
            for hit in row["examples"][kind]:
                where = f"{hit['share']:.3f} of {row['benchmark']} {hit['item']} {hit['field']}, {hit['fate']}"
                OUT.print(
                    f"[bold]{kind[:4]}[/] {escape(hit['url'] or hit['source_id'])}  {escape(where)}", highlight=False
                )
                text = "(its text is not in this folder)" if hit["text"] is None else " ".join(hit["text"].split())
                OUT.print(f"  {text}", markup=False, highlight=False)
    return dict(report)


def _rate(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return f"{row['documents']:,}", f"{row['dropped']:,}", f"{100 * row['rate']:.1f} %"


def builds(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    table = Table("corpus", "build", "recipe", "documents exported", box=None)
    listed = []
    for record in records:
        exported = {s["phase"]: s["counts"]["kept"] for s in record["steps"] if s["kind"] == "export"}
        table.add_row(
            record["corpus"], record["build_id"], record["recipe_fingerprint"][:12],
            ", ".join(f"{phase} {n:,}" for phase, n in exported.items()),
        )  # fmt: skip
        listed.append({k: record[k] for k in ("corpus", "build_id", "recipe_fingerprint")} | {"exported": exported})
    OUT.print(table)
    return {"builds": listed}


def garbage(found: Any, dry: bool) -> dict[str, Any]:
    for directory, size in sorted(found.directories.items()):
        OUT.print(f"{size / 1e6:10.1f} MB  {directory}", highlight=False)
    OUT.print(
        f"{'would remove' if dry else 'removed'} {len(found.keys)} files, {found.bytes / 1e6:.1f} MB",
        highlight=False,
    )
    return {
        "files": len(found.keys),
        "bytes": found.bytes,
        "removed": not dry,
        "directories": found.directories,
    }
