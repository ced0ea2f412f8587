"""Asks a person whether a mixture that an experiment found is to be used, and makes it current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context

from curation_lib.core.errors import ConfigError
from winnow_airflow.assets import MIXTURES, mixture_asset
from winnow_airflow.experiment_docs import replaced
from winnow_airflow.operators.experiment import ExperimentOperator

if TYPE_CHECKING:
    from curation_lib.runner.store import Store

REPLACES = "replaces"
"""XCom of `approve`: the mixture that was current when a person was asked, empty where none was."""


class Offer(NamedTuple):
    """A mixture, `weights` as a recipe lists them, with what is said of it. page: address of the whole report."""

    name: str
    weights: Sequence[Mapping[str, Any]]
    report: Mapping[str, Any]
    page: str
    question: str


class OffersMixture(ExperimentOperator):
    """A task about the mixture that the experiment found."""

    def offer(self, store: Store, context: Context) -> Offer:
        """The mixture. Raises AirflowSkipException where the experiment found none."""
        raise NotImplementedError


class ApproveMixtureOperator(OffersMixture, ApprovalOperator):
    """Waits for Approve or Reject. After a rejection `use` is skipped, the run ends well, nothing changes."""

    template_fields: Sequence[str] = ("subject", "body", "store")

    def work(self, store: Store, context: Context) -> Any:
        """Ask. The question is written from the store as it is now, and so is the mixture that would be replaced."""
        from curation_lib.runner.mixtures import current_mixture

        found = self.offer(store, context)
        now = current_mixture(store, found.name) or ""
        context["ti"].xcom_push(key=REPLACES, value=now)
        self.body = f"{found.question}\n\n{replaced(found.name, found.weights, now)}"
        self.log.info("waiting for a person: %s\n%s", self.subject, self.body)
        return ApprovalOperator.execute(self, context)


class UseMixtureOperator(OffersMixture):
    """Makes the approved mixture current, and emits an event of `winnow://mixtures/<name>`."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Make it current. Fails where another has become current since the person was asked."""
        from curation_lib.runner.mixtures import current_mixture, publish_mixture, use_mixture

        found = self.offer(store, context)
        print_ = publish_mixture(store, found.name, found.weights, found.report)
        replaces = context["ti"].xcom_pull(task_ids="approve", key=REPLACES)
        if (now := current_mixture(store, found.name) or "") not in (replaces, print_):
            raise ConfigError(
                f"mixture {found.name}: {now} has become current since the question; clear the task approve to be "
                "asked again"
            )
        use_mixture(store, found.name, print_)
        facts = {"fingerprint": print_, "replaces": replaces, "page": found.page}
        self.log.info("mixtures/%s: %s is current, was %s", found.name, print_, replaces or "none")
        context["outlet_events"][MIXTURES].add(mixture_asset(found.name), extra={"store": store.url, **facts})
        return {"mixture": found.name, **facts}
