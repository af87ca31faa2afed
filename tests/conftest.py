"""Options for the whole suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the browser tests take the README's pictures."""
    parser.addoption(
        "--pictures", action="store_true", help="write the README's pictures to docs/pictures/"
    )
