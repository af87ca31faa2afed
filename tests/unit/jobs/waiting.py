"""How the tests of the jobs wait."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["LONG", "until"]

LONG = 60.0
"""Seconds that no healthy run comes near."""


def until(condition: Callable[[], object]) -> None:
    """Wait for something that must come."""
    limit = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.005)
