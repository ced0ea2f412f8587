"""Answers from outside that a build paid for, in the store under responses/: a rerun asks for none of them again."""

from __future__ import annotations

from curation_lib.runner.store import Store

FOLDER = "responses"


class Remembered:
    """core's Memory in a store. Keys are hex digits; the first to write a key wins, so that all read the same."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, key: str) -> bytes | None:
        """What was remembered under `key`. Raises StoreError where the store cannot be read."""
        try:
            return self.store.read(_place(key))
        except FileNotFoundError:
            return None

    def put(self, key: str, value: bytes) -> bytes:
        """Remember `value`; returns what stands there. Raises StoreError where the store cannot be written."""
        return value if self.store.create(_place(key), value) else self.store.read(_place(key))


def _place(key: str) -> str:
    return f"{FOLDER}/{key[:2]}/{key}.json"
