"""Runs one step of a build on Dask: the task waits, shows progress, and hands on a directory and counts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from curation_lib.core.recipe import Recipe, recipe_fingerprint
from winnow_airflow.hooks.dask import DaskHook
from winnow_airflow.operators.base import BuildOperator
from winnow_airflow.records import write_record

if TYPE_CHECKING:
    from curation_lib.runner.dask import DaskScheduler
    from curation_lib.runner.manifest import Manifest
    from curation_lib.runner.plan import Step
    from curation_lib.runner.steps import StepResult
    from curation_lib.runner.store import Store

LINE_SECONDS = 2.0
"""At most one progress line in this time, besides the last of each function."""


class StageOperator(BuildOperator):
    """Brings one step's dataset about; what is complete is reused."""

    def __init__(self, *, dask_conn_id: str = DaskHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dask_conn_id = dask_conn_id
        self._scheduler: DaskScheduler | None = None
        self._shown = 0.0

    def work(self, recipe: Recipe, store: Store, context: Context) -> dict[str, Any]:
        """Run the step. Returns `directory`, `state`, the counts and the recipe's fingerprint."""
        from curation_lib.runner.plan import plan
        from curation_lib.runner.required import require

        place, step = self.step(recipe)
        if step.kind == "ingest":
            require(plan(recipe))  # before hours of work that could not end well
        inputs = self._inputs(step, recipe, store, context)
        result = self._run(step, inputs, recipe, store)
        for line in outcome(result):
            self.log.info(line)
        given = handed_on(result, recipe_fingerprint(recipe))
        facts = {"order": place, "kind": step.kind, **given, "counts": result.counts, "seconds": result.seconds}
        write_record(store, recipe.corpus, str(context["run_id"]), self.task_id, facts)
        return given

    def _inputs(self, step: Step, recipe: Recipe, store: Store, context: Context) -> list[Manifest]:
        """The datasets to read. Each must have passed its gate: a gate set to success by hand passes nothing."""
        from curation_lib.runner.build import upstream_manifests
        from curation_lib.runner.gates import require_passed
        from curation_lib.runner.plan import plan

        directories = self.directories(recipe, context, step.upstream)
        manifests = upstream_manifests(step, directories, store)
        steps = {s.id: s for s in plan(recipe)}
        for upstream, manifest in zip(step.upstream, manifests, strict=True):
            require_passed(steps[upstream], manifest, store)
        return manifests

    def _run(self, step: Step, inputs: list[Manifest], recipe: Recipe, store: Store) -> StepResult:
        from curation_lib.runner.build import new_session
        from curation_lib.runner.steps import run_step

        self._scheduler = DaskHook(self.dask_conn_id).get_conn()
        self.log.info("%s: %s on %s, store %s", step.id, step.kind, self._scheduler.address, store.url)
        session = new_session(recipe, store, self._scheduler, self._progress, tell=self.log.info)
        try:
            return run_step(step, inputs, session)
        except Exception:
            if self._stopped:
                raise AirflowFailException(f"{step.id}: stopped; its work on Dask is cancelled") from None
            raise
        finally:
            self._scheduler.close()

    def _progress(self, step: str, function: str, done: int, total: int) -> None:
        if self._holding is not None:
            self._holding.require()
        if done == total or time.monotonic() - self._shown >= LINE_SECONDS:
            self._shown = time.monotonic()
            self.log.info("%s: %s %d/%d shards", step, function, done, total)

    def stop(self) -> None:
        """Take back what was submitted to Dask, then let the build lock go."""
        if self._scheduler is not None:
            self._scheduler.cancel()
        super().stop()


def handed_on(result: StepResult, recipe_print: str) -> dict[str, Any]:
    """The task's XCom: where the dataset lies, and how many documents it holds. Never the documents."""
    small: dict[str, Any] = {k: result.counts[k] for k in ("rows_in", "kept") if k in result.counts}
    return {"directory": result.directory, "state": result.state, "recipe": recipe_print, **small}


def outcome(result: StepResult) -> list[str]:
    """What the task's log says at the end: one line of totals, then one per reason, then what else was counted."""
    from curation_lib.runner.reports import tally_line

    c = result.counts
    dropped, quarantined = sum(c["dropped"].values()), sum(c["quarantined"].values())
    totals = (
        f"{result.step}: {result.state} in {result.seconds:.1f} s: {c['rows_in']:,} in, {c['created']:,} created, "
        f"{dropped:,} dropped, {quarantined:,} quarantined, {c['skipped']:,} skipped, {c['kept']:,} kept"
    )
    reasons = [f"{n:,} dropped by {rule}" for rule, n in c["dropped"].items() if n]
    reasons += [f"{n:,} quarantined: {error}" for error, n in c["quarantined"].items() if n]
    reasons += [tally_line(c["tally"])] if "tally" in c else []
    return [totals, *(f"{result.step}:   {reason}" for reason in reasons)]
