"""The choice of a backend."""

from __future__ import annotations

import pytest

from optviz.core.problem import Problem
from optviz.jobs import ClusterBackend, WorkerBackend, registry


def test_workers_by_name() -> None:
    backend = registry.make_backend("workers:3")
    assert isinstance(backend, WorkerBackend)
    assert backend.max_workers == 3


def test_unknown_name_says_what_is_known() -> None:
    with pytest.raises(Problem, match=r"OPTVIZ_JOBS names “cloud://x”.*Known: workers"):
        registry.make_backend("cloud://x")


@pytest.mark.parametrize("name", ["workers:many", "workers:0", "workers:-2"])
def test_bad_worker_count(name: str) -> None:
    with pytest.raises(Problem, match="number of workers"):
        registry.make_backend(name)


def test_default_is_made_once_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_default", None)
    monkeypatch.setenv(registry.VARIABLE, "workers:5")
    backend = registry.default_backend()
    assert isinstance(backend, WorkerBackend)
    assert backend.max_workers == 5
    assert registry.default_backend() is backend


def test_a_scheduler_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_default", None)
    monkeypatch.setenv(registry.VARIABLE, "workers:5")
    assert registry.cluster() is None
    monkeypatch.setenv(registry.SCHEDULER, "tcp://host:8786")
    assert registry.cluster() == "tcp://host:8786"
    backend = registry.default_backend()
    assert isinstance(backend, ClusterBackend)
    assert backend.address == "tcp://host:8786"
    monkeypatch.setenv(registry.SCHEDULER, "")
    monkeypatch.setenv(registry.VARIABLE, "dask:tcp://other:1")
    assert registry.cluster() == "tcp://other:1"
