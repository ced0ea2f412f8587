"""Asks a person whether a mixture that an experiment found is to be used, and makes it current."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from curation_lib.core.errors import ConfigError
from winnow_airflow.assets import MIXTURES, emit_named
from winnow_airflow.experiment_docs import mixture_question
from winnow_airflow.operators.experiment import ExperimentOperator

if TYPE_CHECKING:
    from curation_lib.audit.found_mixtures import Found
    from curation_lib.runner.store import Store

OFFERED, REPLACES = "offered", "replaces"
"""XComs of `approve`: the mixture that a person was asked about, and the one that was current then, empty where none
was."""


class OffersMixture(ExperimentOperator):
    """A task about the mixture of the report that the task `reports` of this run left, whose XCom names its `directory`
    and `page`."""

    reports: str

    def offer(self, store: Store, context: Context) -> tuple[Found, str]:
        """The mixture, and the page of the whole report. Raises AirflowSkipException where the report offers none."""
        from curation_lib.audit.found_mixtures import NothingFound, mixture_in

        told = context["ti"].xcom_pull(task_ids=self.reports)
        if told is None:
            raise ConfigError(f"there is no report in this run; clear the task {self.reports} first")
        try:
            return mixture_in(store, told["directory"], context["params"].get("source") or ""), told["page"]
        except NothingFound as e:
            raise AirflowSkipException(str(e)) from None


class ApproveMixtureOperator(OffersMixture, ApprovalOperator):
    """Waits for Approve or Reject. After a rejection `use` is skipped, the run ends well, nothing changes."""

    template_fields: Sequence[str] = ("subject", "body", "store")

    def work(self, store: Store, context: Context) -> Any:
        """Ask. The question is written from the store as it is now, and so is the mixture that would be replaced. Skips
        where the mixture is current already."""
        from curation_lib.runner.mixtures import current_mixture, find_mixture, print_of

        found, page = self.offer(store, context)
        print_, now = print_of(found.weights, found.report), current_mixture(store, found.name)
        if now == print_:
            raise AirflowSkipException(f"mixture {found.name}: {print_} is current already")
        context["ti"].xcom_push(key=OFFERED, value=print_)
        context["ti"].xcom_push(key=REPLACES, value=now or "")
        was = find_mixture(store, found.name, now) if now else None
        self.body = mixture_question(store.url, found, page, was)
        self.log.info("waiting for a person: %s\n%s", self.subject, self.body)
        return ApprovalOperator.execute(self, context)


class UseMixtureOperator(OffersMixture):
    """Makes the approved mixture current, and emits an event of `winnow://mixtures/<name>`."""

    def work(self, store: Store, context: Context) -> dict[str, Any]:
        """Make it current. Fails where it is not what the person was asked about, or another has become current since
        then."""
        from curation_lib.runner.mixtures import current_mixture, print_of, publish_mixture, use_mixture

        found, page = self.offer(store, context)
        offered, replaces = (context["ti"].xcom_pull(task_ids="approve", key=key) for key in (OFFERED, REPLACES))
        print_ = print_of(found.weights, found.report)
        if print_ != offered:
            raise ConfigError(
                f"mixture {found.name}: the question was about {offered or 'none'}, the report now gives {print_}; "
                "clear the task approve to be asked again"
            )
        if (now := current_mixture(store, found.name) or "") not in (replaces, print_):
            raise ConfigError(
                f"mixture {found.name}: {now} has become current since the question; clear the task approve to be "
                "asked again"
            )
        publish_mixture(store, found.name, found.weights, found.report)
        use_mixture(store, found.name, print_)
        facts = {"fingerprint": print_, "replaces": replaces, "page": page}
        self.log.info("mixtures/%s: %s is current, was %s", found.name, print_, replaces or "none")
        emit_named(context, MIXTURES, found.name, store=store.url, **facts)
        return {"mixture": found.name, **facts}
