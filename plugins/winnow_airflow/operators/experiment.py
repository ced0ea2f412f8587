"""What the tasks of an experiment share: its file, the store, a session on Dask, readable failures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from curation_lib.core.errors import ConfigError
from winnow_airflow.hooks.dask import DaskHook
from winnow_airflow.hooks.store import StoreHook
from winnow_airflow.operators.base import apart, is_served, open_store, page_url

if TYPE_CHECKING:
    from curation_lib.runner.dask import DaskScheduler
    from curation_lib.runner.session import Session
    from curation_lib.runner.store import Store

LINE_SECONDS = 2.0
"""At most one progress line in this time, besides the last of each step."""


class ExperimentOperator(BaseOperator):
    """One task of an experiment that the run names; `files` are the experiments' by name. `store` overrides the store
    of `store_conn_id` for one run. What a retry cannot mend fails the task at once."""

    template_fields: Sequence[str] = ("store",)

    def __init__(
        self,
        *,
        files: Mapping[str, str],
        store: str = "",
        store_conn_id: str = StoreHook.default_conn_name,
        dask_conn_id: str = DaskHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.files = dict(files)
        self.store, self.store_conn_id, self.dask_conn_id = store, store_conn_id, dask_conn_id
        self._scheduler: DaskScheduler | None = None
        self._shown = 0.0

    def execute(self, context: Context) -> Any:
        """Do the task; gives its XCom."""
        try:
            return self.work(self.open_store(), context)
        except ConfigError as e:
            raise AirflowFailException(str(e)) from None

    def work(self, store: Store, context: Context) -> Any:
        """The task itself."""
        raise NotImplementedError

    def open_store(self) -> Store:
        """The run's own store where it names one, else that of the connection."""
        return open_store(self.store, self.store_conn_id)

    def file(self, name: str) -> str:
        """The file of the experiment `name`. Raises ConfigError where there is none any more."""
        if name not in self.files:
            known = ", ".join(self.files) or "none"
            raise ConfigError(f"{self.dag_id}: there is no {name!r} any more; there are {known}")
        return self.files[name]

    def page(self, store: Store, key: str) -> str:
        """Address of a page of `ui/`; of the same folder in a store that the pages do not serve."""
        return page_url(key) if is_served(store, self.store, self.store_conn_id) else store.address(key)

    @contextmanager
    def session(self, store: Store) -> Iterator[Session]:
        """A session on Dask, whose progress this task's log shows."""
        from curation_lib.runner.session import Session

        self._scheduler = DaskHook(self.dask_conn_id).get_conn()
        self.log.info("%s on %s, store %s", self.task_id, self._scheduler.address, store.url)
        try:
            yield Session(store, self._scheduler, self._progress, tell=self.log.info)
        finally:
            self._scheduler.close()

    def _progress(self, step: str, function: str, done: int, total: int) -> None:
        if done == total or time.monotonic() - self._shown >= LINE_SECONDS:
            self._shown = time.monotonic()
            self.log.info("%s: %s %d/%d", step, function, done, total)

    def on_kill(self) -> None:
        """Take the work back from Dask; a training that is at it ends, what it has saved is kept."""
        if self._scheduler is not None:
            apart(self._scheduler.cancel)
