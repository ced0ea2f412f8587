"""Ends a build: writes its record, the root of lineage, and lets the build lock go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from curation_lib.core.recipe import Recipe
from winnow_airflow.assets import BUILD, dataset_asset, emit
from winnow_airflow.operators.base import BuildOperator, page_url
from winnow_airflow.records import write_record

if TYPE_CHECKING:
    from curation_lib.runner.store import Store


class RecordOperator(BuildOperator):
    """Writes builds/<corpus>/<build_id>.json from the directories that the run's steps handed on."""

    def work(self, recipe: Recipe, store: Store, context: Context) -> dict[str, Any]:
        """Record the build. Returns its id and where its exports lie."""
        from curation_lib.runner.build import new_session, record_build
        from curation_lib.runner.dask import LocalScheduler
        from curation_lib.runner.plan import plan

        steps = [s.id for s in plan(recipe) if s.kind != "record"]
        # Nothing is computed here: the session needs a scheduler, which never gets work.
        session = new_session(recipe, store, LocalScheduler(1))
        build_id = record_build(session, self.directories(recipe, context, steps))
        exports = store.address(f"exports/{recipe.corpus}/{build_id}")
        self.log.info("build %s of %s: %s", build_id, recipe.corpus, exports)
        self.log.info("funnel: %s", page_url(f"builds/{recipe.corpus}/{build_id}"))
        emit(context, dataset_asset(recipe.corpus, BUILD), build_id=build_id, exports=exports)
        facts = {"order": len(steps), "kind": "record", "state": "recorded", "build_id": build_id}
        write_record(store, recipe.corpus, str(context["run_id"]), self.task_id, facts)
        if self._holding is not None:
            self._holding.end()
        return {"build_id": build_id, "exports": exports}
