"""The tasks of a valuation: `plan`, `trunk`, `anneal`, `judge`; `approve` and `use` ask and do as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from curation_lib.core.errors import ConfigError
from winnow_airflow.assets import VALUED, emit_named
from winnow_airflow.experiment_docs import price_line
from winnow_airflow.experiment_params import budget_of
from winnow_airflow.naming import valuation_page
from winnow_airflow.operators.experiment import ExperimentOperator
from winnow_airflow.operators.mixture import ApproveMixtureOperator, UseMixtureOperator

if TYPE_CHECKING:
    from curation_lib.runner.session import Session
    from curation_lib.runner.store import Store
    from curation_lib.runner.valuation import Plan
    from curation_lib.valuation.experiment import Valuation


class ValuationOperator(ExperimentOperator):
    """One task of the valuation that the run names, with the run's own candidate and base where it has them."""

    def asked(self, store: Store, context: Context) -> Valuation:
        """The valuation. Raises ConfigError for what cannot be carried out."""
        from curation_lib.audit.valuations import varied
        from curation_lib.valuation.experiment import load_valuation

        params = context["params"]
        valuation = load_valuation(self.file(params["valuation"]))
        return varied(valuation, store, candidate=params["candidate"], base=params["base"])

    def planned(self, valuation: Valuation, session: Session, context: Context) -> Plan:
        """What `plan` found, again; ConfigError where it is something else by now."""
        from curation_lib.runner.valuation import plan

        found, before = plan(valuation, session), context["ti"].xcom_pull(task_ids="plan")
        if before is None or before["fingerprint"] != found.print:
            raise ConfigError(
                f"{valuation.valuation}: its file or its documents are not those that were planned; trigger a new run "
                "(runs that are the same are not trained again)"
            )
        return found


class PlanValuationOperator(ValuationOperator):
    """Reads and tokenises the documents, lists the runs, prices them. Trains nothing."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns valuation, fingerprint, and of what is left to train runs, tokens, FLOPs, hours and money."""
        from curation_lib.runner.valuation import plan
        from curation_lib.runner.valuation_cost import todo_of
        from curation_lib.valuation.budget import require_within

        valuation = self.asked(store, context)
        with self.session(store) as session:
            made = plan(valuation, session)
            todo = todo_of(valuation, made, session)
        for note in made.notes:
            self.log.info("%s", note)
        self.log.info("%s: left to train %s", valuation.valuation, price_line(todo))
        require_within(budget_of(context["params"]), todo)
        return {"valuation": valuation.valuation, "fingerprint": made.print, **todo._asdict()}


class TrunkOperator(ValuationOperator):
    """Trains what all anneals start from; valuations of one base, model and training share it."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns the trunk's fingerprint."""
        from curation_lib.runner.valuation import train_trunk

        valuation = self.asked(store, context)
        with self.session(store) as session:
            made = self.planned(valuation, session, context)
            train_trunk(made, session)
        return {"trunk": made.trunk.print, "trained": session.calls["train"]}


class AnnealOperator(ValuationOperator):
    """Trains every seed of every arm."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns how many runs there are, and how many of them this task had trained."""
        from curation_lib.runner.valuation import anneal

        valuation = self.asked(store, context)
        with self.session(store) as session:
            made = self.planned(valuation, session, context)
            anneal(made, session)
        return {"runs": len(made.after_trunk), "trained": session.calls["train"]}


class JudgeOperator(ValuationOperator):
    """Writes verdict and page, and the store's leaderboards; emits an event of `winnow://valuations/<name>`."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Returns the verdict in a sentence, its folder and its page, and each candidate's word."""
        from curation_lib.audit.leaderboards import write_leaderboards
        from curation_lib.audit.valuations import reported
        from curation_lib.runner.valuation import VERDICT, place_of

        valuation = self.asked(store, context)
        with self.session(store) as session:
            made = self.planned(valuation, session, context)
            found = reported(valuation, made, session)
        write_leaderboards(store)
        page = self.page(store, valuation_page(valuation.valuation, made.print))
        self.log.info("%s", found["sentence"])
        self.log.info("page: %s", page)
        directory = place_of(valuation, made)
        told = {"sentence": found["sentence"], "directory": directory, "page": page}
        verdict = store.address(f"{directory}/{VERDICT}")
        board = self.page(store, f"leaderboards/{found['comparable']}")
        emit_named(context, VALUED, found["name"], store=store.url, verdict=verdict, leaderboard=board, **told)
        return {"verdicts": {one["name"]: one["verdict"] for one in found["candidates"]}, **told}


class ApproveValuationOperator(ApproveMixtureOperator):
    """Asks whether the best candidate is to be mixed in, before the weights of the base; only where one is worth it."""

    reports = "judge"


class UseValuationOperator(UseMixtureOperator):
    """Makes the mixture with the approved candidate current."""

    reports = "judge"
