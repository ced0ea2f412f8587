"""The thread that waits for outcomes and tells the log meanwhile."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from curation_lib.core.stage import Run
from curation_lib.synthetic import teller
from curation_lib.synthetic.asking import Answer


class Late(Future[Any]):
    """Ends between the moment that a wait for it is over and the look whether it is done."""

    def done(self) -> bool:
        if not super().done():
            self.set_result(Answer("said", "stop"))
        return super().done()


def test_an_answer_that_comes_as_the_wait_ends_is_an_answer(monkeypatch: Any) -> None:
    monkeypatch.setattr(teller, "REPORT_SECONDS", 0.01)
    assert teller.Teller(Run()).waited(Late()) == Answer("said", "stop")
