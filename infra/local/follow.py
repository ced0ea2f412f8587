"""A DAG run on the terminal: its tasks as they start and end, how far those are that take long, and for how long."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from infra.local.rest import Airflow

WAITS = "awaiting_input"
ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")
EVERY = 15.0
"""Seconds between two lines of progress: each reads a task's whole log."""
_PROGRESS = re.compile(r"(\S+ \d[\d,]*/\d[\d,]*( shards)?|\([\d,]+ \S+/s\))$")


class Follower:
    """Shows a run. `every`: seconds between two lines of progress."""

    def __init__(self, airflow: Airflow, dag_id: str, run_id: str, every: float = EVERY) -> None:
        self._airflow, self._run, self._every = airflow, (dag_id, run_id), every
        self._states: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._looked = time.monotonic()
        self._ends: float | None = None

    def follow(self, pause: float = 1.0) -> str:
        """Until the run has ended or waits for a person; its state, or `awaiting_input`."""
        while True:
            run, tasks = self._airflow.run(*self._run), self._airflow.tasks(*self._run)
            for task in sorted(tasks, key=lambda t: str(t["start_date"])):
                self._show(task)
            if run["state"] in ("success", "failed"):
                return str(run["state"])
            if WAITS in self._states.values():
                return WAITS
            if time.monotonic() - self._looked >= self._every:
                self._looked = time.monotonic()
                self._show_progress([task for task in tasks if task["state"] == "running"])
            time.sleep(pause)

    def _show(self, task: Mapping[str, Any]) -> None:
        name, state = task["task_id"], task["state"]
        if state in (None, "scheduled", "queued", self._states.get(name)):
            return
        self._states[name] = state
        took = f"{task['duration']:7.1f} s" if task["duration"] and state in ENDED else " " * 9
        told = ""
        if state == "success" and isinstance(result := self._airflow.result(*self._run, name), dict):
            told = summary(result)
            if "hours" in result:
                self._ends = time.monotonic() + 3600 * result["hours"]
        click.echo(f"  {name:<40} {state:<16}{took}  {told}".rstrip())

    def _show_progress(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        for task in tasks:
            line = progress(self._airflow.log(*self._run, task["task_id"], task["try_number"]))
            if line and line != self._said.get(task["task_id"]):
                self._said[task["task_id"]] = line
                click.echo(f"    {line}{self._left()}")

    def _left(self) -> str:
        """What the plan leaves of its hours, where a task has told them."""
        left = self._ends - time.monotonic() if self._ends else 0.0
        return f"; about {left / 60:.0f} min left of the training" if left >= 60 else ""


def progress(log: Sequence[str]) -> str:
    """The last line of a task's log that says how far it is: parts done, or what it does a second. Empty without."""
    return next((line for line in reversed(log) if _PROGRESS.search(line)), "")


def summary(result: Mapping[str, Any]) -> str:
    """What a task returned, in a line: its state and counts, the price of what is to be trained, what it trained."""
    from curation_lib.valuation.cost import in_money

    parts = [str(result["state"])] if "state" in result else []
    if {"rows_in", "kept"} <= result.keys():
        parts.append(f"{result['rows_in']:,} in, {result['kept']:,} kept")
    if {"runs", "tokens", "hours", "money", "currency"} <= result.keys():
        price = f"about {60 * result['hours']:.0f} min, {in_money(result['money'], result['currency'])}"
        parts.append(f"{result['runs']:,} runs on {result['tokens']:,} tokens to train: {price}")
    if "trained" in result:
        of = f" of {result['runs']:,} runs" if "runs" in result else ""
        parts.append(f"{result['trained']:,}{of} trained now")
    return ", ".join(parts)
