"""The connection to a Dask scheduler.

`host` and `port` (8786) are the scheduler's; `extra` may hold `protocol` (`tcp`, or `tls`) and `dashboard`, the
address of Dask's own page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from curation_lib.core.errors import ConfigError

if TYPE_CHECKING:
    from curation_lib.runner.dask import DaskScheduler

DEFAULT_PORT = 8786


class DaskHook(BaseHook):
    """Dask by way of an Airflow connection, `dask_default` unless told otherwise."""

    conn_name_attr = "dask_conn_id"
    default_conn_name = "dask_default"
    conn_type = "dask"
    hook_name = "Dask"

    def __init__(self, dask_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.dask_conn_id = dask_conn_id

    def address(self) -> str:
        """The scheduler's address, e.g. tcp://127.0.0.1:8786. Raises ConfigError where no host is given."""
        connection = self.get_connection(self.dask_conn_id)
        if not connection.host:
            raise ConfigError(f"Airflow connection {self.dask_conn_id!r} has no host: set Dask's host and port")
        protocol = connection.extra_dejson.get("protocol", "tcp")
        return f"{protocol}://{connection.host}:{connection.port or DEFAULT_PORT}"

    def dashboard(self) -> str | None:
        """The address of Dask's own page, if the connection names it."""
        return self.get_connection(self.dask_conn_id).extra_dejson.get("dashboard")

    def get_conn(self) -> DaskScheduler:
        """A scheduler that connects when it is first given work."""
        from curation_lib.runner.dask import DaskScheduler

        return DaskScheduler(self.address())

    def test_connection(self) -> tuple[bool, str]:
        """Whether a worker behind the scheduler does a piece of work, and what stood in its way."""
        scheduler = self.get_conn()
        try:
            scheduler.run(len, ["ping"], lambda _: None)  # type: ignore[list-item,arg-type]
        except ConfigError as e:
            return False, str(e)
        finally:
            scheduler.close()
        return True, f"a worker of {scheduler.address} answered"
