"""What a scheduler is: one function over many pieces of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from curation_lib.core.stage import unheard
from curation_lib.runner.reports import Heard, heard_by
from curation_lib.runner.work import Work

OnDone = Callable[[Any], None]
Resources = Mapping[str, float]
"""What a piece of work takes of what a worker was started with: `{"train": 1}`, of `--resources "train=1"`."""


class Scheduler(Protocol):
    """Runs one function over many pieces of work and gives the answers in their order; `heard` gets what the work
    reports meanwhile, in any thread. `resources` are for a cluster, whose workers may not all be fit for the work."""

    @property
    def processes(self) -> int:
        """How many processes there are to work."""

    def offering(self, resources: Resources) -> int:
        """How many pieces of such work may be at work at once, by the workers that there are for it now."""

    def run(
        self,
        function: Callable[[Work], Any],
        work: Sequence[Work],
        done: OnDone,
        heard: Heard = unheard,
        resources: Resources | None = None,
    ) -> list[Any]: ...

    def cancel(self) -> None: ...


def listened(heard: Heard, function: Callable[[Work], Any], work: Work) -> Any:
    """What the function makes of the work; meanwhile, what it reports is heard."""
    with heard_by(heard):
        return function(work)
