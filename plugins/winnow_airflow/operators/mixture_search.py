"""The tasks of a search for a mixture: `plan`, `swarm`, `fit`; `approve` and `use` ask and do as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from curation_lib.core.errors import ConfigError
from winnow_airflow.assets import SEARCHED, emit_named
from winnow_airflow.experiment_docs import price_line
from winnow_airflow.experiment_params import budget_of
from winnow_airflow.operators.experiment import ExperimentOperator
from winnow_airflow.operators.mixture import ApproveMixtureOperator, UseMixtureOperator

if TYPE_CHECKING:
    from curation_lib.runner.mixture_search import SearchPlan
    from curation_lib.runner.session import Session
    from curation_lib.runner.store import Store
    from curation_lib.valuation.mixture_search import MixtureSearch


class SearchOperator(ExperimentOperator):
    """One task of the search that the run names."""

    def asked(self, context: Context) -> MixtureSearch:
        """The search. Raises ConfigError for what cannot be carried out."""
        from curation_lib.valuation.mixture_search import load_search

        return load_search(self.file(context["params"]["search"]))

    def planned(self, search: MixtureSearch, session: Session, context: Context) -> SearchPlan:
        """What `plan` found, again; ConfigError where it is something else by now."""
        from curation_lib.runner.mixture_search import plan

        found, before = plan(search, session), context["ti"].xcom_pull(task_ids="plan")
        if before is None or before["directory"] != found.place:
            raise ConfigError(
                f"{search.search}: its file or its documents are not those that were planned; trigger a new run (runs "
                "that are the same are not trained again)"
            )
        return found


class PlanSearchOperator(SearchOperator):
    """Reads and tokenises the sources, draws the swarm, prices it. Trains nothing."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns search, directory, and of what is left to train, of the swarm and to confirm what it finds, runs,
        tokens, FLOPs, hours and money."""
        from curation_lib.runner.mixture_search import plan
        from curation_lib.runner.search_cost import todo_of
        from curation_lib.valuation.budget import require_within

        search = self.asked(context)
        with self.session(store) as session:
            made = plan(search, session)
            todo = todo_of(search, made, session)
        has = f"a swarm of {len(made.trials):,} runs, then {made.confirming:,} to confirm what it finds"
        self.log.info("%s: %s; left to train of all these: %s", search.search, has, price_line(todo))
        require_within(budget_of(context["params"]), todo)
        return {"search": search.search, "directory": made.place, **todo._asdict()}


class SwarmOperator(SearchOperator):
    """Trains the swarm of proxy runs."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns how many runs there are, and how many of them this task had trained."""
        from curation_lib.runner.mixture_search import run_swarm

        search = self.asked(context)
        with self.session(store) as session:
            results = run_swarm(self.planned(search, session, context), session)
        return {"runs": len(results), "trained": session.calls["train"]}


class FitOperator(SearchOperator):
    """Fits losses to mixtures, trains the best one beside UniMax's, writes the report and its page, and emits an event
    of `winnow://searches/<name>`."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns the verdict in a sentence, whether the optimum ships, folder and page of the report."""
        from curation_lib.audit.mixture_page import WEIGHTS
        from curation_lib.audit.searches import reported
        from curation_lib.runner.mixture_fit import RUNS

        search = self.asked(context)
        with self.session(store) as session:
            report = reported(search, self.planned(search, session, context), session)
        directory = report["place"]
        page = self.page(store, directory)
        self.log.info("%s", report["verdict"])
        self.log.info("page: %s", page)
        told = {"sentence": report["verdict"], "ships": report["ships"], "directory": directory, "page": page}
        runs, weights = (store.address(f"{directory}/{file}") for file in (RUNS, WEIGHTS))
        emit_named(context, SEARCHED, search.search, store=store.url, runs=runs, weights=weights, **told)
        return told


class ApproveSearchOperator(ApproveMixtureOperator):
    """Asks whether the optimum is to be used; only where it beat UniMax outside of noise."""

    reports = "fit"


class UseSearchOperator(UseMixtureOperator):
    """Makes the optimum current."""

    reports = "fit"
