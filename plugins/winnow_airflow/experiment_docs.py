"""What Airflow shows about experiments: the DAGs' pages, and the question that an approval asks. Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curation_lib.mix.weights import in_words
from curation_lib.valuation.arms import percent
from curation_lib.valuation.budget import Todo
from curation_lib.valuation.cost import in_money
from curation_lib.valuation.experiment import Valuation
from curation_lib.valuation.mixture_search import MixtureSearch
from winnow_airflow.model_docs import plain
from winnow_airflow.naming import SEARCH_DAG, VALUATION_DAG

if TYPE_CHECKING:
    from curation_lib.audit.found_mixtures import Found
    from curation_lib.runner.mixtures import Mixture

USE = (
    "It is for a mix with `rule: weights` and a `token_budget`, which takes it by `weights_file: {}/mixtures/{}`. "
    "Its epoch cap, anchor and synthetic share hold beside the weights. Recipes that name it so mix by it from their "
    "next build on; all others stay as they are. Each entry that has a weight must match documents: the recipe needs "
    "sources of these names."
)


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
            "`approve` asks only where a candidate is worth it; `use` makes that share of it, beside the base's",
            "weights, the current mixture. After *Reject* nothing changes. What is trained stays: a cleared task goes",
            "on.",
            "",
            "## Triggering",
            "",
            f"*Trigger*, or `airflow dags trigger {VALUATION_DAG}` with",
            '`--conf \'{"valuation": "…", "candidate": "s3://bucket/new.jsonl.zst", "budget_tokens": 20000000}\'`.',
            "`candidate` is valued in place of the file's candidates, read and filtered as these where they are all",
            "read alike; `base` is a build's id, a path or a URL, filtered as the file's. `source` is what recipes",
            "call the candidate, where that is not its name.",
        ]
    )


def search_doc(searches: Mapping[str, MixtureSearch]) -> str:
    """The page of `mixture_search`; searches by file name."""
    return "\n".join(
        [
            "# Which mixture is best?",
            "",
            "Small models are trained on many mixtures of the sources, at several sizes; a law of their losses gives",
            "the best mixture within limits, and runs of that mixture beside UniMax's say whether it is better.",
            "",
            "| search | sources | targets | sizes | mixtures | file |",
            "|---|---|---|--:|--:|---|",
            *(_search_row(file, one) for file, one in searches.items()),
            "",
            "`plan` tokenises, draws the swarm and says what is left to train, with the runs that confirm the optimum;",
            "it refuses what is above the budget. `swarm` trains the swarm, `fit` finds the optimum, trains it beside",
            "UniMax and writes the report. `approve` asks only where the optimum won outside of noise; `use` makes it",
            "the current mixture. What is trained stays in the store: a cleared task goes on.",
            "",
            "## Triggering",
            "",
            f'*Trigger*, or `airflow dags trigger {SEARCH_DAG} --conf \'{{"search": "…"}}\'`.',
        ]
    )


def price_line(left: Todo) -> str:
    """Runs, tokens and what they cost, in words."""
    return (
        f"{left.runs:,} runs on {left.tokens:,} tokens: {left.flops:.2e} FLOP, {left.hours:.2f} hours, "
        f"{in_money(left.money, left.currency)}"
    )


def mixture_question(store: str, found: Found, page: str, was: Mixture | None) -> str:
    """The body of the question: what the report says, what becomes current after *Approve*, how recipes take it, and
    what it replaces. store: its address. page: of the whole report."""
    lines = [
        plain(found.report["sentence"]),
        "",
        f"{plain(found.detail)} [The whole report]({page}).".lstrip(),
        "",
        f"*Approve* makes this the current `mixtures/{found.name}`:",
        "",
        *_weights(found.weights),
        "",
        USE.format(store, found.name),
        "",
    ]
    if was is None:
        return "\n".join([*lines, "No mixture of this name is current."])
    said = plain(" ".join(str(was.report[key]) for key in ("experiment", "sentence") if key in was.report))
    replaced = f"It replaces `{was.fingerprint}`, {said or 'made by hand'}:"
    return "\n".join([*lines, replaced, "", *_weights(was.weights)])


def _weights(weights: Sequence[Mapping[str, Any]]) -> list[str]:
    return ["| what | weight |", "|---|--:|", *(f"| {plain(what)} | {weight} |" for what, weight in in_words(weights))]


def _row(file: str, one: Valuation) -> str:
    cells = (", ".join(one.candidates), ", ".join(one.targets), ", ".join(map(percent, one.shares)))
    return f"| {one.valuation} | {' | '.join(cells)} | {one.seeds} | `{file}` |"


def _search_row(file: str, one: MixtureSearch) -> str:
    cells = (", ".join(one.sources), ", ".join(one.values()), str(len(one.scales)), str(one.swarm.mixtures))
    return f"| {one.search} | {' | '.join(cells)} | `{file}` |"
