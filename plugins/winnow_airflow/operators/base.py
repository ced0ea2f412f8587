"""What the tasks of a build share: recipe, store, lock, the directories of earlier steps, readable failures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, conf
from airflow.sdk.exceptions import AirflowFailException

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.recipe import Recipe, load_recipe, recipe_fingerprint
from winnow_airflow.hooks.store import StoreHook
from winnow_airflow.naming import PAGES, lock_owner

if TYPE_CHECKING:
    from curation_lib.runner.lock import BuildLock
    from curation_lib.runner.plan import Step
    from curation_lib.runner.store import Store
    from winnow_airflow.holding import Holding

STOP_SECONDS = 4.0
"""Airflow kills a stopped task 5 s after telling it."""


class BuildOperator(BaseOperator):
    """One task of a build. `step_id` names the recipe's step that the task runs, judges or records.

    `store` overrides the store of `store_conn_id` for one run (a URL; empty: no override). Errors that a retry
    cannot mend, a wrong recipe or a broken contract, fail the task at once.
    """

    template_fields: Sequence[str] = ("store",)

    def __init__(
        self,
        *,
        recipe_path: str,
        step_id: str,
        store: str = "",
        store_conn_id: str = StoreHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.recipe_path, self.step_id = recipe_path, step_id
        self.store, self.store_conn_id = store, store_conn_id
        self._holding: Holding | None = None
        self._stopped = False

    def execute(self, context: Context) -> dict[str, Any]:
        """Do the task under the corpus's build lock; gives what later tasks need (the task's XCom)."""
        from winnow_airflow.holding import Holding

        try:
            recipe, store = load_recipe(self.recipe_path), self.open_store()
            with Holding(self._lock(store, recipe.corpus, context)) as self._holding:
                return self.work(recipe, store, context)
        except (ConfigError, ContractError) as e:
            raise AirflowFailException(str(e)) from None

    def work(self, recipe: Recipe, store: Store, context: Context) -> dict[str, Any]:
        """The task itself."""
        raise NotImplementedError

    def on_kill(self) -> None:
        """Stop what runs elsewhere and let the build lock go, in the time that Airflow leaves."""
        self._stopped = True
        apart(self.stop)

    def stop(self) -> None:
        """Let the build lock go."""
        if self._holding is not None:
            self._holding.end()

    def open_store(self) -> Store:
        """The run's own store where it names one, else that of the connection."""
        return open_store(self.store, self.store_conn_id)

    def step(self, recipe: Recipe) -> tuple[int, Step]:
        """The task's step with its place in the recipe's plan."""
        from curation_lib.runner.plan import plan

        for place, step in enumerate(plan(recipe)):
            if step.id == self.step_id:
                return place, step
        raise ConfigError(f"{self.recipe_path} has no step {self.step_id!r} any more; trigger a new run")

    def directories(self, recipe: Recipe, context: Context, steps: Sequence[str]) -> dict[str, str]:
        """Dataset directories of earlier steps, by step, from their tasks' XComs.

        Raises ConfigError if a step has not run in this DAG run, or ran with another recipe.
        """
        found: dict[str, str] = {}
        for step_id in steps:
            value = context["ti"].xcom_pull(task_ids=step_id)
            if value is None:
                raise ConfigError(f"{step_id} has no dataset in this DAG run; clear that task first")
            if value["recipe"] != recipe_fingerprint(recipe):
                raise ConfigError(
                    f"{self.recipe_path} has changed since {step_id} ran; trigger a new run (what has not "
                    "changed is reused)"
                )
            found[step_id] = value["directory"]
        return found

    def pages(self, store: Store) -> str:
        """The address under which `ui/` serves the store's contracts; empty where it serves another store."""
        return page_url("contracts") if is_served(store, self.store, self.store_conn_id) else ""

    def _lock(self, store: Store, corpus: str, context: Context) -> BuildLock:
        from curation_lib.runner.lock import BuildLock

        return BuildLock(store, corpus, lock_owner(self.dag_id, str(context["run_id"])))


def apart(stop: Callable[[], None]) -> None:
    """Call `stop` in a thread, and wait for it as long as Airflow waits: the signal may have come while this thread
    holds a lock of the Dask client's event loop."""
    thread = threading.Thread(target=stop, name="stop")
    thread.start()
    thread.join(STOP_SECONDS)


def open_store(url: str, store_conn_id: str) -> Store:
    """The store at `url` where that is given, else that of the connection."""
    from curation_lib.runner.store import Store

    return Store(url) if url else StoreHook(store_conn_id).get_conn()


def is_served(store: Store, url: str, store_conn_id: str) -> bool:
    """Whether the pages of `ui/` read this store, which `open_store(url, …)` gave."""
    return not url or StoreHook(store_conn_id).url() == store.url


def page_url(path: str) -> str:
    """The address of a page of `ui/` in Airflow's web interface."""
    base = conf.get("api", "base_url", fallback="") or "http://localhost:8080"
    return f"{base.rstrip('/')}{PAGES}/{path}"
