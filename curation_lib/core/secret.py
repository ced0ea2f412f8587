"""Errors about values that may be secrets, which must not be repeated."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

SECRET = "secret"
"""Type of the validation error of such a value."""


def secret_error(message: str) -> PydanticCustomError:
    """For a validator to raise: `message` is shown, the value is not."""
    return PydanticCustomError(SECRET, message)
