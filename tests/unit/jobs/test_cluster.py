"""What a cluster adds: many workers, one of which may die, and a scheduler that may be away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.jobs import AGAIN, ClusterBackend, JobFailed, JobGroup
from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.many_sweeps import SeedSweeps
from optviz.recommender.search_space import SearchPlan, ranges_for
from optviz.training.sweeps import SmallSetup, SweepPlan
from optviz.ui.recommender_run import Data
from optviz.ui.recommender_search_run import Search

from .waiting import LONG, until

Make = Callable[..., Any]

TRAIN = "optviz.recommender.tasks:train_task"
RECIPE = {"model": "dot_bias", "n_factors": 4, "epochs": 1, "batch_size": 8192}


def test_jobs_spread_over_the_workers(make_cluster: Make) -> None:
    backend = make_cluster()
    jobs = [backend.submit("job_tasks:meet") for _ in range(2)]
    until(lambda: all(job.events() for job in jobs))  # both at the same time
    assert [job.state for job in jobs] == ["running", "running"]
    first, second = (job.events()[0].data for job in jobs)
    assert first["parent"] != second["parent"]
    for job in jobs:
        job.tell(go=True)
    assert [job.result(LONG) for job in jobs] == [first["pid"], second["pid"]]


def test_training_is_the_same_to_the_last_bit(make_local: Make, make_cluster: Make) -> None:
    # As many processes as there may be cores: one thread each, as on the cluster.
    here, there = (
        backend.submit(TRAIN, source=None, config=RECIPE)
        for backend in (make_local(256), make_cluster())
    )
    ours, theirs = here.result(LONG), there.result(LONG)
    assert theirs.history.to_json() == ours.history.to_json()
    assert theirs.valid_mse == ours.valid_mse
    assert theirs.weights.keys() == ours.weights.keys()
    for name, weight in ours.weights.items():
        np.testing.assert_array_equal(theirs.weights[name], weight)
    told = [[e.data for e in job.events() if e.kind == "epoch"] for job in (here, there)]
    assert [[e["valid_loss"] for e in epochs] for epochs in told] == [[ours.valid_mse]] * 2


def test_a_file_that_workers_can_see_is_read_there(make_cluster: Make, tmp_path: Path) -> None:
    backend, table = make_cluster(), tmp_path / "ratings.csv"
    rows = [f"{user},{item},{1 + (user + item) % 5}" for user in range(6) for item in range(6)]
    table.write_text("\n".join(["user,item,rating", *rows]))
    read = "optviz.recommender.tasks:read_task"
    ratings, baselines = backend.submit(read, source=str(table)).result(LONG)
    assert ratings.n_ratings == 36
    assert baselines["mean"] > 0
    with pytest.raises(Problem, match="There is nothing at"):
        backend.submit(read, source=str(tmp_path / "elsewhere.csv")).result(LONG)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_a_job_whose_worker_dies_begins_anew_and_tells_nothing_twice(
    make_cluster: Make, tmp_path: Path
) -> None:
    backend = make_cluster()
    job = backend.submit("job_tasks:counted", to=6, gate=str(tmp_path / "gate"))
    until(lambda: len(job.events()) == 4)
    seen = job.events()
    job.tell(word="told to both")
    os.kill(seen[0].data["parent"], signal.SIGKILL)
    assert job.result(LONG) == 6
    events = job.events()
    assert events[0].kind == AGAIN
    assert [event.data["number"] for event in events[1:]] == list(range(6))
    assert events[0].index > seen[-1].index  # whoever has seen those reads all of these
    assert job.events(seen[-1].index + 1) == events
    assert job.progress.done == 6
    backend._connected().client.wait_for_workers(2, timeout=LONG)  # for the tests to come


def test_a_cluster_that_is_not_there_is_a_sentence() -> None:
    began = time.monotonic()
    backend = ClusterBackend("tcp://127.0.0.1:1")
    with pytest.raises(Problem, match=r"does not answer at tcp://127\.0\.0\.1:1"):
        backend.submit("job_tasks:pid")
    with pytest.raises(Problem, match="does not answer"):
        backend.warm("sqlite3")
    backend.shutdown()
    assert time.monotonic() - began < LONG


@pytest.mark.parametrize("address", ["", "host", "host:8786", "tcp://host", "tcp://:8786"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(Problem, match="no address of a Dask scheduler"):
        ClusterBackend(address)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Problem, match=r"requirements-cluster\.txt"):
        ClusterBackend("tcp://host:8786")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [({"numpy": "1.0"}, "has numpy .*, this server has 1.0"), ({"nothing": "1"}, "KeyError")],
)
def test_workers_with_other_programs_are_told_of(
    make_cluster: Make, monkeypatch: pytest.MonkeyPatch, found: dict[str, str], sentence: str
) -> None:
    monkeypatch.setattr("optviz.jobs.relay.versions", lambda: found)
    with pytest.raises(Problem, match=sentence):
        make_cluster().submit("job_tasks:pid").result(LONG)


def test_a_scheduler_that_goes_away_fails_its_jobs_and_one_that_comes_back_serves() -> None:
    program = """
import asyncio, sys
from distributed import Scheduler
async def serve():
    async with Scheduler(host="127.0.0.1", port=int(sys.argv[1]), dashboard=False) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()
asyncio.run(serve())
"""

    def start(port: int) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(port)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            return process, process.stdout.readline().strip()

    scheduler, address = start(0)
    backend = ClusterBackend(address)
    job = backend.submit("job_tasks:pid")
    assert job.state == "queued"
    scheduler.kill()
    scheduler.wait()
    with pytest.raises(JobFailed, match="was lost"):
        job.result(LONG)
    with pytest.raises(Problem, match="does not answer"):
        backend.submit("job_tasks:pid")
    scheduler, _ = start(int(address.rpartition(":")[2]))
    job = backend.submit("job_tasks:pid")
    assert job.state == "queued"
    backend.shutdown()
    assert job.state == "cancelled"
    scheduler.kill()
    scheduler.wait()


def test_a_search_finds_the_same_on_a_cluster(make_local: Make, make_cluster: Make) -> None:
    config = make_config("dot_bias", n_factors=4, epochs=1, batch_size=8192)
    plan = SearchPlan(config, ranges_for(config, ()), n_trials=3, at_once=1)
    found = []
    # As many processes as there may be cores: one thread each, as on the cluster.
    for backend in (make_local(256), make_cluster()):
        search = Search(plan, Data(load_ratings()), backend)
        until(lambda search=search: not search.busy)
        assert search.state == "done", search.problem
        found.append([(trial.config, trial.value) for trial in search.trials])
    assert found[0] == found[1]
    assert len(found[0]) == 3


def test_a_range_test_over_seeds_is_shared_out_and_the_same(
    make_local: Make, make_cluster: Make
) -> None:
    request = SeedSweeps(SmallSetup("digits", "adam", seed=0), SweepPlan(1e-4, 1.0, 20), 3)
    bands = []
    for backend in (make_local(2, threads=1), make_cluster()):
        jobs = [backend.submit(request.task(), request=request, seed=seed) for seed in range(3)]
        bands.append(JobGroup(jobs).result(LONG))
    for here, there in zip(*bands, strict=True):
        np.testing.assert_array_equal(here, there)
