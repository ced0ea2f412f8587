"""What `winnow explain` shows: verdicts, scores with their percentiles and thresholds, reason codes in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from curation_lib.audit.reasons import WORDS
from curation_lib.terminal import OUT, event_line


def explained(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A document of a build: what became of it, then each block that measured it."""
    OUT.print(f"[bold]{escape(answer['url'] or answer['source_id'])}[/]", highlight=False)
    _line(f"  doc_id {answer['doc_id']}, source {answer['source']}, {answer['corpus']} build {answer['build']}")
    _line(f"  {answer['outcome']}:")
    for event in answer["events"]:
        _line(f"    {event_line(event)}")
    if not answer["blocks"]:
        _line("No filter measured it: it was gone before the first block of filters.")
    for block in answer["blocks"]:
        OUT.print()
        _line(f"{block['step']}: {block['verdict']}; percentiles among the {block['documents']:,} that came to it")
        _stages(block["stages"], block["documents"])
    return dict(answer)


def explained_file(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Each document of a file."""
    for document in answer["documents"]:
        OUT.print(f"[bold]{escape(document['source_id'])}[/]: {escape(document['verdict'])}", highlight=False)
        for block in document["blocks"]:
            _stages(block["stages"])
        OUT.print()
    build = f"{answer['corpus']}, build {answer['build']}"
    _line(f"Percentiles are those of {build}." if answer["build"] else "For percentiles give --store.")
    if answer["not_applied"]:
        _line(f"Texts were taken as they stand: not run were {', '.join(answer['not_applied'])}.")
    if answer["left_out"]:
        _line(f"{answer['left_out']:,} more documents are not shown (--limit).")
    if answer["unread"]:
        _line(f"{answer['unread']:,} rows could not be read.")
    return dict(answer)


def _stages(stages: list[dict[str, Any]], documents: int = 0) -> None:
    """`documents`: how many percentiles are among where nothing else is said."""
    for stage in stages:
        OUT.print(f"  [bold]{stage['stage']}[/]{escape(_model(stage['model']))}", highlight=False)
        OUT.print(_scores(stage, documents))
        for note, value in stage["notes"].items():
            _line(f"    {note}: {value}")
        if stage["unjudged"]:
            _line(f"    not judged: {stage['unjudged']}")
        if "reasons" in stage:
            _reasons(stage)


def _model(facts: Any) -> str:
    if not isinstance(facts, Mapping):
        return ""
    if "name" in facts:
        return f", model {facts['name']} {str(facts.get('fingerprint', ''))[:12]}".rstrip()
    named = {key: value for key, value in facts.items() if isinstance(value, Mapping) and "name" in value}
    return "".join(f"{_model(value)} ({key})" for key, value in named.items())


def _scores(stage: Mapping[str, Any], documents: int) -> Table:
    """A row per score with the rules that judge it, then the rules that judge something else. What each density signal
    adds stands among the reasons, or nowhere: without a density there is none."""
    numbers = (Column(name, justify="right") for name in ("value", "percentile"))
    table = Table(Column("score", min_width=28), *numbers, "rule", box=None, padding=(0, 2, 0, 4))
    signals = WORDS if stage["stage"] == "filters.density" else ()
    rules = list(stage["rules"])
    for score in stage["scores"]:
        mine = [rule for rule in rules if rule["rule"][4:] == score["score"]]
        rules = [rule for rule in rules if rule not in mine]
        if score["score"] not in signals:
            table.add_row(
                escape(score["score"]), _value(score["value"]), _percentile(score, documents), _verdicts(mine, score)
            )
    for rule in rules:
        table.add_row(escape(rule["rule"]), _value(rule["score"]), "", _verdicts([rule], {}))
    return table


def _percentile(score: Mapping[str, Any], documents: int) -> str:
    if score["percentile"] is None:
        return ""
    among = f" of {score['documents']:,}" if score["documents"] != documents else ""
    group = f" in {score['among']}" if score.get("among") else ""
    return f"{score['percentile']:.1f}{among}{escape(group)}"


def _verdicts(rules: list[dict[str, Any]], score: Mapping[str, Any]) -> str:
    said = [_verdict(rule) for rule in rules]
    if why := score.get("why"):
        said.append(f"no {'score' if score['value'] is None else 'percentile'}: {escape(why)}")
    return "; ".join(said)


def _verdict(rule: Mapping[str, Any]) -> str:
    """`at least 50: passes`."""
    side = {"min_": "at least ", "max_": "at most "}.get(rule["rule"][:4], "threshold ")
    passed = {True: "passes", False: "[bold red]fails[/]", None: f"cannot say: {escape(rule.get('why', ''))}"}
    found = f" ({escape(rule['evidence'])})" if rule.get("evidence") else ""
    return f"{side}{_value(rule['threshold'])}: {passed[rule['passed']]}{found}"


def _reasons(stage: Mapping[str, Any]) -> None:
    _line(f"    why this density: {stage['bias']:+.2f} to begin with, then")
    places = {score["score"]: score["percentile"] for score in stage["scores"]}
    for reason in stage["reasons"]:
        place = places[reason["signal"]]
        at = f" (percentile {place:.0f})" if place is not None else ""
        _line(f"      {reason['signal']} {_signed(reason['adds'])}: {reason['words']}{at}")
    if stage["silent"]:
        _line(f"      nothing from {', '.join(stage['silent'])}")


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"{len(value)} (--json)" if value else "0"
    return f"{value:.{max(4, len(str(int(value))))}g}" if isinstance(value, float) else escape(str(value))


def _line(text: str) -> None:
    OUT.print(text, markup=False, highlight=False)
