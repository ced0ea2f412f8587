"""The tasks of a model: `train` puts a version into the store, `use` makes it current after the review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.utils.skipmixin import SkipMixin
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from curation_lib.core.errors import ConfigError
from curation_lib.runner.model_recipes import ModelRecipe, load_model_recipe
from winnow_airflow.assets import emit, model_asset
from winnow_airflow.hooks.dask import DaskHook
from winnow_airflow.hooks.store import StoreHook
from winnow_airflow.model_schedule import is_due
from winnow_airflow.naming import model_page, model_task
from winnow_airflow.operators.base import apart, is_served, open_store, page_url

if TYPE_CHECKING:
    from curation_lib.runner.dask import DaskScheduler
    from curation_lib.runner.models import Made
    from curation_lib.runner.store import Store

REPLACES = "replaces"
"""XCom of the review: the version that was current when a person was asked, empty where none was."""


class ModelOperator(BaseOperator):
    """One task of the model `model`, whose recipe lies at `recipe_path`. `store` overrides the store of
    `store_conn_id` for one run. A wrong recipe fails the task at once."""

    template_fields: Sequence[str] = ("store",)

    def __init__(
        self,
        *,
        model: str,
        recipe_path: str,
        store: str = "",
        store_conn_id: str = StoreHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model, self.recipe_path = model, recipe_path
        self.store, self.store_conn_id = store, store_conn_id

    def open_store(self) -> Store:
        """The run's own store where it names one, else that of the connection."""
        return open_store(self.store, self.store_conn_id)

    def page(self, store: Store, fingerprint: str) -> str:
        """Address of the version's page; of its folder in a store that the pages do not serve."""
        if is_served(store, self.store, self.store_conn_id):
            return page_url(model_page(self.model, fingerprint))
        return store.address(model_page(self.model, fingerprint))

    def trained(self, context: Context) -> str:
        """Fingerprint of the version that this run trained. Raises ConfigError where it trained none."""
        value = context["ti"].xcom_pull(task_ids=model_task(self.model, "train"))
        if value is None:
            raise ConfigError(f"{self.model} was not trained in this run; clear the task train first")
        return str(value["fingerprint"])


class TrainModelOperator(ModelOperator, SkipMixin):
    """Trains the model on a Dask worker, which publishes it as a version that is not current.

    What follows is skipped where that version is current already. A model that the run is not about is skipped.
    """

    inherits_from_skipmixin = True

    def __init__(self, *, dask_conn_id: str = DaskHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dask_conn_id = dask_conn_id
        self._scheduler: DaskScheduler | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Train. Returns name, fingerprint, folder, page, whether it is current, and a few metrics (the XCom)."""
        try:
            recipe = load_model_recipe(self.recipe_path)
            self._require_wanted(recipe, context)
            store = self.open_store()
            answer = self._answer(self._train(recipe, store), store)
        except ConfigError as e:
            raise AirflowFailException(str(e)) from None
        self.log.info("page: %s", answer["page"])
        if answer["current"]:
            self.log.info("these data and settings made the current version: nothing to review")
            context["ti"].xcom_push(key="return_value", value=answer)  # a task that skips others returns nothing
            self.skip(context["ti"], self.get_direct_relatives(upstream=False))
        return answer

    def _require_wanted(self, recipe: ModelRecipe, context: Context) -> None:
        if self.model not in context["params"]["models"]:
            raise AirflowSkipException(f"{self.model}: this run is about other models")
        run = context["dag_run"]
        if run.run_type == "scheduled" and not is_due(recipe, run.run_after):
            raise AirflowSkipException(f"{self.model}: its schedule, {recipe.airflow.schedule}, is not due")

    def _train(self, recipe: ModelRecipe, store: Store) -> Made:
        from curation_lib.runner.model_training import train_on_worker

        self._scheduler = DaskHook(self.dask_conn_id).get_conn()
        self.log.info("%s: %s on %s, store %s", self.model, recipe.trains, self._scheduler.address, store.url)
        try:
            return train_on_worker(recipe, store, self._scheduler)
        finally:
            self._scheduler.close()

    def _answer(self, made: Made, store: Store) -> dict[str, Any]:
        from curation_lib.runner.model_review import review

        compared = review(store, self.model, made.manifest.fingerprint)
        for name, new, old in compared.numbers():
            self.log.info("%s: %s, current version %s", name, new, old)
        return {
            "model": self.model,
            "fingerprint": made.manifest.fingerprint,
            "folder": made.place,
            "page": self.page(store, made.manifest.fingerprint),
            "current": compared.in_use,
            "metrics": compared.candidate.numbers(),
        }

    def on_kill(self) -> None:
        """Take the work back from Dask. A worker that is at it ends it; the version it may publish is not current."""
        if self._scheduler is not None:
            apart(self._scheduler.cancel)


class UseModelOperator(ModelOperator):
    """Makes the version that was approved the current one, and emits an event of `winnow://models/<name>`."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Make it current. Fails where another version has become current since the person was asked."""
        from curation_lib.runner.models import current, make_current

        try:
            store, fingerprint = self.open_store(), self.trained(context)
            replaces = context["ti"].xcom_pull(task_ids=model_task(self.model, "review"), key=REPLACES)
            if (now := current(store, self.model) or "") not in (replaces, fingerprint):
                raise ConfigError(
                    f"{self.model}: version {now} has become current since the review; clear the task review to be "
                    "asked again, with that version's numbers beside"
                )
            make_current(store, self.model, fingerprint)
        except ConfigError as e:
            raise AirflowFailException(str(e)) from None
        self.log.info("%s: version %s is current, was %s", self.model, fingerprint, replaces or "none")
        facts = {"fingerprint": fingerprint, "replaces": replaces, "page": self.page(store, fingerprint)}
        emit(context, model_asset(self.model), store=store.url, **facts)
        return {"model": self.model, **facts}
