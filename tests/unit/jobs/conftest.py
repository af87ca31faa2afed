"""Backends whose workers can import the tasks of these tests: here, and on a cluster."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from optviz.jobs import Backend, ClusterBackend, WorkerBackend

ROOT = Path(__file__).parents[3]
HERE = str(Path(__file__).parent)

Make = Callable[..., Any]

# A scheduler and two workers with one thread each, as `dask worker --nworkers 2 --nthreads 1`
# starts them; they end with their stdin.
CLUSTER = """
import sys
from distributed import LocalCluster
cluster = LocalCluster(
    n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, protocol="tcp"
)
print(cluster.scheduler_address, flush=True)
sys.stdin.read()
cluster.close()
"""


@dataclass(frozen=True)
class Cluster:
    """A real cluster on this machine; its workers are called 0 and 1."""

    address: str


# Of each module anew: an idle cluster takes a tenth of a core from all tests that follow.
@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        yield Cluster(process.stdout.readline().strip())


@pytest.fixture
def make_local() -> Iterator[Make]:
    made: list[Backend] = []

    def make(max_workers: int = 2, **settings: Any) -> WorkerBackend:
        made.append(WorkerBackend(max_workers, paths=[HERE], **settings))
        return made[-1]

    yield make
    for backend in made:
        backend.shutdown()


@pytest.fixture
def make_cluster(cluster: Cluster) -> Iterator[Make]:
    made: list[Backend] = []

    def make(max_workers: int = 2) -> ClusterBackend:
        workers = list(range(max_workers))
        made.append(ClusterBackend(cluster.address, paths=[HERE], workers=workers))
        return made[-1]

    yield make
    for backend in made:
        backend.shutdown()


@pytest.fixture(params=["here", "cluster"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes backends of either kind, for one or two jobs at a time."""
    made: Make = request.getfixturevalue(
        "make_local" if request.param == "here" else "make_cluster"
    )
    return made


@pytest.fixture
def backend(make: Make) -> Backend:
    made: Backend = make()
    return made
