"""Judges a step's dataset with Great Expectations: a gate that fails stops everything behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from curation_lib.core.recipe import Recipe
from winnow_airflow.assets import dataset_asset, emit
from winnow_airflow.operators.base import BuildOperator, page_url
from winnow_airflow.records import write_record

if TYPE_CHECKING:
    from curation_lib.runner.gates import Verdict
    from curation_lib.runner.manifest import Manifest
    from curation_lib.runner.store import Store


class ContractBroken(AirflowFailException):
    """A gate's verdict. The text names each expectation and the page; `page` is the page's key in the store."""

    def __init__(self, message: str, page: str) -> None:
        super().__init__(message)
        self.page = page


class GateOperator(BuildOperator):
    """Judges the dataset of step `step_id`. A pass emits the dataset's asset event."""

    def work(self, recipe: Recipe, store: Store, context: Context) -> dict[str, Any]:
        """Judge. Returns the verdict and its page; raises ContractBroken where the contract does not hold."""
        from curation_lib.runner.gates import run_gate
        from curation_lib.runner.lineage import complete

        place, step = self.step(recipe)
        manifest = complete(store, self.directories(recipe, context, [step.id])[step.id])
        verdict = run_gate(step, manifest, store, self.pages(store))
        # A line of its own: the log view makes a link of it, in an exception's text it does not.
        self.log.info("Data Docs: %s", page_url(verdict.page) if self.pages(store) else store.address(verdict.page))
        if not verdict.success:
            raise ContractBroken(verdict.message, verdict.page)
        self.log.info(verdict.message)
        self._announce(verdict, manifest, recipe, context)
        facts = {"order": place, "kind": "gate", "state": "passed", "step": step.id, **shown(verdict)}
        write_record(store, recipe.corpus, str(context["run_id"]), self.task_id, facts)
        return {"success": True, "evaluated": verdict.evaluated, "page": verdict.page}

    def _announce(self, verdict: Verdict, manifest: Manifest, recipe: Recipe, context: Context) -> None:
        emit(
            context,
            dataset_asset(recipe.corpus, self.step_id),
            directory=manifest.directory,
            fingerprint=manifest.fingerprint,
            kept=manifest.counts["kept"],
            page=verdict.page,
        )


def shown(verdict: Verdict) -> dict[str, Any]:
    """What a page shows of a verdict."""
    return {"success": verdict.success, "evaluated": verdict.evaluated, "page": verdict.page, "reason": verdict.message}
