"""The tasks of a search for a mixture: `plan`, `swarm`, `fit`; `approve` and `use` ask and do as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from curation_lib.core.errors import ConfigError
from winnow_airflow.assets import SEARCHED, emit_named
from winnow_airflow.experiment_docs import search_question
from winnow_airflow.experiment_params import within
from winnow_airflow.operators.experiment import ExperimentOperator
from winnow_airflow.operators.mixture import ApproveMixtureOperator, Offer, OffersMixture, UseMixtureOperator

if TYPE_CHECKING:
    from curation_lib.runner.session import Session
    from curation_lib.runner.store import Store
    from curation_lib.valuation.mixture_search import MixtureSearch


class SearchOperator(ExperimentOperator):
    """One task of the search that the run names."""

    def asked(self, context: Context) -> MixtureSearch:
        """The search. Raises ConfigError for what cannot be carried out."""
        from curation_lib.valuation.mixture_search import load_search

        return load_search(self.file(context["params"]["search"]))

    def require_planned(self, search: MixtureSearch, session: Session, context: Context) -> None:
        """ConfigError where the search is not what `plan` found."""
        from curation_lib.runner.mixture_search import plan

        before = context["ti"].xcom_pull(task_ids="plan")
        if before is None or before["directory"] != plan(search, session).place:
            raise ConfigError(
                f"{search.search}: its file or its documents are not those that were planned; trigger a new run (runs "
                "that are the same are not trained again)"
            )


class PlanSearchOperator(SearchOperator):
    """Reads and tokenises the sources, draws the swarm. Trains nothing."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns search, directory, how many runs the swarm has, and runs, tokens and FLOPs of what is left to train:
        of the swarm, and of the runs that confirm what it finds."""
        from curation_lib.audit.mixture_page import NAME
        from curation_lib.runner.mixture_search import plan
        from curation_lib.runner.training import result_of

        search = self.asked(context)
        with self.session(store) as session:
            made = plan(search, session)
        todo = [(one.run.tokens, one.run.model) for one in made.trials if result_of(store, one.run) is None]
        if not store.exists(f"{made.place}/{NAME}.json"):
            todo += [(search.scales[-1].tokens, search.scales[-1].model)] * made.confirming
        told = {
            "runs": len(made.trials),
            "left": len(todo),
            "tokens": sum(tokens for tokens, _ in todo),
            "flops": sum(tokens * model.flops_per_token(made.vocabulary) for tokens, model in todo),
        }
        self.log.info("%s: %s", search.search, ", ".join(f"{name} {value:,.0f}" for name, value in told.items()))
        within(told, context["params"])
        return {"search": search.search, "directory": made.place, **told}


class SwarmOperator(SearchOperator):
    """Trains the swarm of proxy runs."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns how many runs there are, and how many of them this task had trained."""
        from curation_lib.runner.mixture_search import run_swarm

        search = self.asked(context)
        with self.session(store) as session:
            self.require_planned(search, session, context)
            results = run_swarm(search, session)
        return {"runs": len(results), "trained": session.calls["train"]}


class FitOperator(SearchOperator):
    """Fits losses to mixtures, trains the best one beside UniMax's, writes the report and its page, and emits an event
    of `winnow://searches/<name>`."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns the verdict in a sentence, whether the optimum ships, folder and page of the report."""
        from curation_lib.audit.mixture_page import WEIGHTS, write
        from curation_lib.runner.mixture_fit import RUNS, fit

        search = self.asked(context)
        with self.session(store) as session:
            self.require_planned(search, session, context)
            report = fit(search, session)
        directory = report["place"]
        write(report, type(store)(store.address(directory)))
        page = self.page(store, directory)
        self.log.info("%s", report["verdict"])
        self.log.info("page: %s", page)
        told = {"sentence": report["verdict"], "ships": report["ships"], "directory": directory, "page": page}
        runs, weights = (store.address(f"{directory}/{file}") for file in (RUNS, WEIGHTS))
        emit_named(context, SEARCHED, search.search, store=store.url, runs=runs, weights=weights, **told)
        return told


class _Offers(OffersMixture):
    def offer(self, store: Store, context: Context) -> Offer:
        """The optimum; skipped where it did not beat UniMax outside of noise."""
        import yaml

        found, name = context["ti"].xcom_pull(task_ids="fit"), context["params"]["search"]
        if found is None:
            raise ConfigError("nothing has been fitted in this run; clear the task fit first")
        if not found["ships"]:
            raise AirflowSkipException(f"the optimum does not ship: {found['sentence']}")
        weights = yaml.safe_load(store.read(f"{found['directory']}/weights.yaml"))["weights"]
        said = {"experiment": f"search {name}", "sentence": found["sentence"], "directory": found["directory"]}
        return Offer(name, weights, said, found["page"], search_question(found["sentence"], found["page"]))


class ApproveSearchOperator(_Offers, ApproveMixtureOperator):
    """Asks whether the optimum is to be used; only where it beat UniMax."""


class UseSearchOperator(_Offers, UseMixtureOperator):
    """Makes the optimum current."""
