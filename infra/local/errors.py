"""The one exception the local stack raises on purpose."""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot do what was asked; the message is one line and says what to change."""
