"""From a table of proxy runs to a law of loss, the best mixture under limits, and whether it is worth shipping."""

from __future__ import annotations
