"""Who has a turn when there are more jobs than turns: those that somebody waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from optviz.core.problem import Problem
from optviz.jobs import Job, WorkerBackend, local, record
from optviz.jobs.handle import unattended

from .waiting import LONG, until

Make = Callable[..., Any]


@pytest.fixture
def backend(make_local: Make, monkeypatch: pytest.MonkeyPatch) -> WorkerBackend:
    """One turn; a job is attended to only by whoever waits for its result."""
    monkeypatch.setattr(record, "ATTENDED_SECONDS", 0.0)
    monkeypatch.setattr(local, "LOOK_SECONDS", 0.01)
    backend: WorkerBackend = make_local(1)
    return backend


def ticking(backend: WorkerBackend) -> Job:
    job = backend.submit("job_tasks:tick")
    until(lambda: len(job.events()) > 3)
    return job


def ticks(job: Job) -> list[int]:
    return [event.data["tick"] for event in job.events()]


def waited_for(job: Job) -> threading.Thread:
    thread = threading.Thread(target=job.result, args=(LONG,))
    thread.start()
    return thread


def test_a_job_left_alone_gives_its_turn_and_has_it_back(backend: WorkerBackend) -> None:
    left = ticking(backend)
    assert backend.submit("job_tasks:add", a=1, b=2).result(LONG) == 3
    before = len(ticks(left))
    until(lambda: len(ticks(left)) > before + 3)
    assert left.state == "running"
    left.stop()
    assert left.result(LONG) >= before
    assert ticks(left) == list(range(len(ticks(left))))  # it went on where it was


def test_it_waits_in_line_meanwhile(backend: WorkerBackend) -> None:
    left, wanted = ticking(backend), backend.submit("job_tasks:tick")
    waiting = waited_for(wanted)
    until(lambda: wanted.state == "running")
    assert left.state == "queued"
    time.sleep(0.2)  # what was on its way arrives
    count = len(ticks(left))
    time.sleep(0.2)
    assert len(ticks(left)) == count
    wanted.stop()
    waiting.join(LONG)
    until(lambda: len(ticks(left)) > count)


def test_a_job_that_is_waited_for_keeps_its_turn(backend: WorkerBackend) -> None:
    first = ticking(backend)
    waiting = [waited_for(first)]
    second = backend.submit("job_tasks:tick")
    waiting.append(waited_for(second))
    time.sleep(0.3)
    assert (first.state, second.state) == ("running", "queued")
    first.stop()
    until(lambda: second.state == "running")
    second.stop()
    for thread in waiting:
        thread.join(LONG)


def test_nobody_gives_way_to_a_job_that_nobody_waits_for(backend: WorkerBackend) -> None:
    first, second = ticking(backend), backend.submit("job_tasks:add", a=1, b=2)
    time.sleep(0.3)
    assert (first.state, second.state) == ("running", "queued")
    first.cancel()
    until(lambda: second.finished)


@pytest.mark.parametrize("word", ["stop", "cancel", "pause"])
def test_what_its_user_says_reaches_a_job_set_aside(backend: WorkerBackend, word: str) -> None:
    left, wanted = ticking(backend), backend.submit("job_tasks:tick")
    waiting = waited_for(wanted)
    until(lambda: left.state == "queued")
    getattr(left, word)()
    if word == "pause":
        assert left.state == "paused"
        time.sleep(0.2)
        assert left.state == "paused"
        left.resume()
        left.stop()
    until(lambda: left.finished)
    assert left.state == ("cancelled" if word == "cancel" else "done")
    wanted.stop()
    waiting.join(LONG)


def test_a_thread_that_only_drives_jobs_does_not_attend_to_them(
    make_local: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "ATTENDED_SECONDS", 0.2)
    monkeypatch.setattr(local, "LOOK_SECONDS", 0.01)
    backend = make_local(1)
    driven = backend.submit("job_tasks:tick")
    with unattended():
        until(lambda: len(driven.events()) > 30)  # a hundred a second
        wanted = backend.submit("job_tasks:add", a=1, b=2)
        until(lambda: (driven.state, wanted.state) == ("queued", "running") or wanted.finished)
    assert wanted.result(LONG) == 3
    driven.cancel()


def paused(backend: WorkerBackend) -> Job:
    job = ticking(backend)
    job.pause()
    return job


def test_who_waits_for_a_worker_has_that_of_the_job_paused_longest(backend: WorkerBackend) -> None:
    jobs = [paused(backend) for _ in range(3)]  # one turn; two more may rest
    jobs[0].resume()  # so the second has been paused longest
    until(lambda: jobs[0].state == "running")
    jobs[0].pause()
    assert backend.submit("job_tasks:add", a=1, b=2).result(LONG) == 3
    assert [job.state for job in jobs] == ["paused", "failed", "paused"]
    assert isinstance(jobs[1].error, Problem)
    assert jobs[1].error.key == "problem.jobs.room"
    assert len(ticks(jobs[1])) > 3  # what it had told is kept


def test_a_paused_job_that_somebody_looks_at_keeps_its_worker(
    backend: WorkerBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "ATTENDED_SECONDS", LONG)
    jobs = [paused(backend) for _ in range(3)]
    wanted = backend.submit("job_tasks:add", a=1, b=2)
    time.sleep(0.3)
    assert wanted.state == "queued"
    assert {job.state for job in jobs} == {"paused"}
    monkeypatch.setattr(local, "PAUSED_SECONDS", 0.2)  # by now they have been for longer
    assert wanted.result(LONG) == 3
    assert sorted(job.state for job in jobs) == ["failed", "paused", "paused"]


def test_who_waits_for_a_worker_has_that_of_a_job_long_left(backend: WorkerBackend) -> None:
    jobs = []
    for _ in range(3):  # each of them takes the turn of the one before, and is left then
        jobs.append(backend.submit("job_tasks:tick"))
        with pytest.raises(TimeoutError):
            jobs[-1].result(0.3)
    assert [job.state for job in jobs] == ["queued", "queued", "running"]
    assert backend.submit("job_tasks:add", a=1, b=2).result(LONG) == 3
    assert jobs[0].state == "failed"
    assert "failed" not in {jobs[1].state, jobs[2].state}
