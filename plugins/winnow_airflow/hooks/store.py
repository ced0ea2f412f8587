"""The store that builds write to and pages read from.

Its URL stands in the host of the Airflow connection `winnow_store`, or else in the environment variable
WINNOW_STORE, which the command line reads too. Credentials for S3 reach s3fs by the usual AWS_* variables.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from curation_lib.core.errors import ConfigError

if TYPE_CHECKING:
    from curation_lib.runner.store import Store

VARIABLE = "WINNOW_STORE"


class StoreHook(BaseHook):
    """The store by way of an Airflow connection, `winnow_store` unless told otherwise."""

    conn_name_attr = "store_conn_id"
    default_conn_name = "winnow_store"
    conn_type = "winnow_store"
    hook_name = "Winnow store"

    def __init__(self, store_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.store_conn_id = store_conn_id

    def url(self) -> str:
        """The store's URL. Raises ConfigError where neither connection nor environment names one."""
        url = self._connected() or os.environ.get(VARIABLE)
        if not url:
            raise ConfigError(
                f"no store is set: put its URL into the host of Airflow connection {self.store_conn_id!r}, or "
                f"into the environment variable {VARIABLE} of every Airflow process"
            )
        return url.rstrip("/")

    def _connected(self) -> str | None:
        try:
            return self.get_connection(self.store_conn_id).host
        except AirflowNotFoundException:
            return None

    def get_conn(self) -> Store:
        """The store. Nothing is opened until it is used."""
        from curation_lib.runner.store import Store

        return Store(self.url())

    def test_connection(self) -> tuple[bool, str]:
        """Whether the store can be written, and what stands in the way."""
        from curation_lib.core.errors import WinnowError

        try:
            store = self.get_conn()
            store.check()
        except WinnowError as e:
            return False, str(e)
        return True, f"{store.url} can be read and written"
