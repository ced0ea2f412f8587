"""What can go wrong with a request, and whether another try may help."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from curation_lib.core.errors import ConfigError
from curation_lib.synthetic.asking import Failure

Kind = Literal["unreachable", "refused", "unanswered", "final"]
_TRANSIENT = (408, 409, 425, 429)
_UNANSWERED = (408, 504)
_NOWHERE = tuple(f"http_{code}" for code in (301, 302, 303, 307, 308, 404, 405))
"""A wrong address or model: every request ends so, and a dataset of failures would stand, as addresses are not part of
what it is."""
_FIRST_WAIT = 0.5
_DETAIL = 200


class Trouble(Exception):
    """A try that gave no completion.

    kind: `unreachable`, no connection; `refused`, turned away and not billed; `unanswered`, perhaps worked on and
        billed all the same; `final`, another try gives the same.
    wait: seconds that the server asks for, None where it does not.
    """

    def __init__(self, kind: Kind, failure: Failure, wait: float | None = None) -> None:
        super().__init__(kind, failure, wait)
        self.kind, self.failure, self.wait = kind, failure, wait


def status_trouble(code: int, message: str, headers: Mapping[str, str]) -> Trouble:
    """What an HTTP status other than success means."""
    failure = Failure(f"http_{code}", short(message))
    if code in _UNANSWERED:
        return Trouble("unanswered", failure)
    if code in _TRANSIENT or code >= 500:
        return Trouble("refused", failure, asked_wait(headers))
    return Trouble("final", failure)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that `retry-after-ms` or `retry-after` (seconds or a date) ask for; None where neither can be read."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            pass
    try:
        at: float = parsedate_to_datetime(headers["retry-after"]).timestamp()
    except (KeyError, ValueError):
        return None
    return max(0.0, at - time.time())


def backed_off(tries: int, most: float) -> float:
    """Seconds before try `tries` + 1: doubling, with the upper half drawn so that requests spread; at most `most`."""
    whole = min(most, _FIRST_WAIT * 2.0 ** (tries - 1))
    return whole * (0.5 + random.random() / 2)


def short(message: Any) -> str:
    """One line of at most 200 characters."""
    return " ".join(utf8(str(message)).split())[:_DETAIL]


def utf8(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def given_up(trouble: Trouble, url: str, model: str) -> Failure:
    """What no further try can mend. Raises ConfigError for what every request would meet."""
    failure = trouble.failure
    if trouble.kind == "unreachable":
        raise ConfigError(
            f"nobody answers at {url} ({failure.detail}): start the server or correct `endpoint`, and run it "
            "again; what was answered is kept"
        )
    if failure.outcome == "http_401":
        raise ConfigError(
            f"{url} does not accept the key: name the environment variable that holds it in `api_key_env`, and "
            "set it where the workers run"
        )
    if failure.outcome in _NOWHERE:
        raise ConfigError(
            f"{url} does not serve model {model!r} there ({failure.outcome}: {failure.detail}): correct "
            "`endpoint`, which /completions or /chat/completions follows, or `model`; what was answered is kept"
        )
    return failure
