"""What Airflow shows about experiments: the DAGs' pages, and the question that an approval asks. Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation_lib.valuation.experiment import Valuation
from winnow_airflow.model_docs import plain
from winnow_airflow.naming import VALUATION_DAG


def valuation_doc(valuations: Mapping[str, Valuation]) -> str:
    """The page of `dataset_valuation`; valuations by file name."""
    return "\n".join(
        [
            "# Is a dataset worth it?",
            "",
            "A model that was trained on the base goes on with a share of the candidate, and what it then predicts",
            "better or worse is judged with intervals: `worth it`, `not worth it` or `inconclusive`.",
            "",
            "| valuation | candidates | targets | shares | seeds | file |",
            "|---|---|---|---|--:|---|",
            *(_row(file, one) for file, one in valuations.items()),
            "",
            "`plan` tokenises, lists the runs and says what is left to train; it refuses what is above the budget.",
            "`trunk` trains what all share, `anneal` each seed of each arm, `judge` writes the verdict and its page.",
            "`approve` asks only where a candidate is worth it; `use` makes the base with that share of it the current",
            "mixture. After *Reject* nothing changes. What is trained stays in the store: a cleared task goes on.",
            "",
            "## Triggering",
            "",
            f"*Trigger*, or `airflow dags trigger {VALUATION_DAG}` with",
            '`--conf \'{"valuation": "…", "candidate": "s3://bucket/new.jsonl.zst", "budget_tokens": 20000000}\'`.',
            "`candidate` is valued in place of the file's candidates; `base` is a build's id, a path or a URL.",
        ]
    )


def price_line(price: Mapping[str, Any]) -> str:
    """Runs, tokens and what they cost, in words."""
    return (
        f"{price['runs']:,} runs on {price['tokens']:,} tokens: {price['flops']:.2e} FLOP, {price['hours']:.2f} hours, "
        f"{price['money']:.2f} {price['currency']}"
    )


def valuation_question(verdict: Mapping[str, Any], candidate: Mapping[str, Any], page: str) -> str:
    """The body of the question, of the report that `judge` wrote and its best candidate."""
    said, name, share = plain(verdict["sentence"]), candidate["name"], candidate["share"]
    return f"{said}\n\n`{name}` at {share:.0%}: [the whole report]({page})."


def replaced(name: str, weights: Sequence[Mapping[str, Any]], now: str) -> str:
    """Which mixture would become current instead of which."""
    rows = [f"| {', '.join(f'{k} {plain(str(v))}' for k, v in _what(one))} | {one['weight']:g} |" for one in weights]
    was = f"`{now}` is current and would be replaced." if now else "No mixture of this name is current."
    return "\n".join([f"Mixture `{name}`, for `weights_file: <store>/mixtures/{name}`:", "", "| what | weight |",
                      "|---|--:|", *rows, "", was])  # fmt: skip


def _what(entry: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in entry.items() if key != "weight"]


def _row(file: str, one: Valuation) -> str:
    cells = (", ".join(one.candidates), ", ".join(one.targets), ", ".join(f"{share:.0%}" for share in one.shares))
    return f"| {one.valuation} | {' | '.join(cells)} | {one.seeds} | `{file}` |"
