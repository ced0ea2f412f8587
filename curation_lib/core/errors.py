"""Everything Winnow raises on purpose. One line each, saying what to change.

WinnowError
├── ConfigError      a recipe, setting or path is wrong; found before work starts where possible
├── ContractError    a gate failed, counts do not add up, or a contract does not fit
├── StoreError       the store cannot be reached, written or trusted
└── Unreadable       one input record or file cannot be read; the runner quarantines it and goes on
"""

from __future__ import annotations


class WinnowError(Exception):
    """Base of every error that Winnow raises on purpose; its text is for the operator."""


class ConfigError(WinnowError):
    """A recipe, setting or path is wrong: names the key and the remedy."""


class ContractError(WinnowError):
    """A data contract does not hold: names stage, shard, expectation and remedy."""


class StoreError(WinnowError):
    """The store cannot be reached or written, or holds something it must not."""


class Unreadable(WinnowError):
    """One input cannot be read. `locator` says where it lies, `head` holds its first bytes."""

    def __init__(self, error: str, locator: str = "", head: bytes = b"") -> None:
        super().__init__(error)
        self.error, self.locator, self.head = error, locator, head[:64]

    def __reduce__(self) -> tuple[type[Unreadable], tuple[str, str, bytes]]:
        return type(self), (self.error, self.locator, self.head)
