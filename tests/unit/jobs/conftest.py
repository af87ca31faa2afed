"""A backend whose workers can import the tasks of these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from optviz.jobs import WorkerBackend


@pytest.fixture
def make() -> Iterator[Callable[..., WorkerBackend]]:
    made: list[WorkerBackend] = []

    def make(max_workers: int = 2, **settings: Any) -> WorkerBackend:
        made.append(WorkerBackend(max_workers, paths=[str(Path(__file__).parent)], **settings))
        return made[-1]

    yield make
    for backend in made:
        backend.shutdown()


@pytest.fixture
def backend(make: Callable[..., WorkerBackend]) -> WorkerBackend:
    return make()
