"""Options for the whole suite."""

from __future__ import annotations

import os

import pytest

# Our tensors are small: threads cost more than they bring, most of all beside other processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the browser tests take the README's pictures."""
    parser.addoption(
        "--pictures", action="store_true", help="write the README's pictures to docs/pictures/"
    )
