"""Jobs from the asker's side: submit, watch, pause, stop, cancel, result."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.core.task import Cancelled
from optviz.jobs import Backend, Job, JobFailed, WorkerBackend
from optviz.language import Text

from .waiting import LONG, until

Make = Callable[..., Any]


def gone(pid: int) -> bool:
    """Whether a process has ended (a zombie that its parent has yet to reap has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return sys.platform.startswith("linux")


def first_pid(job: Job) -> int:
    until(lambda: job.events())
    return int(job.events()[0].data["pid"])


def test_result_comes_back(backend: Backend) -> None:
    job = backend.submit("job_tasks:add", a=np.arange(3), b=1)
    assert job.result(LONG).tolist() == [1, 2, 3]
    assert job.state == "done"
    assert job.finished
    assert job.error is None
    assert job.task == "job_tasks:add"


def test_events_and_progress(backend: Backend) -> None:
    job = backend.submit("job_tasks:tick", ticks=5)
    assert job.result(LONG) == 5
    events = job.events()
    assert [event.index for event in events] == [0, 1, 2, 3, 4]
    assert [event.data["tick"] for event in events] == [0, 1, 2, 3, 4]
    assert {event.kind for event in events} == {"tick"}
    times = [event.time for event in events]
    assert times == sorted(times)
    assert job.events(since=3) == events[3:]
    assert job.events(since=5) == []
    progress = job.progress
    assert progress is not None
    assert (progress.done, progress.total, progress.fraction, progress.eta) == (5, 5, 1, 0)


def test_events_hold_what_was_sent(backend: Backend) -> None:
    job = backend.submit("job_tasks:changing_array")
    job.result(LONG)
    assert [event.data["values"].tolist() for event in job.events()] == [[1] * 3, [2] * 3, [3] * 3]


def test_storm_arrives_whole(backend: Backend) -> None:
    job = backend.submit("job_tasks:storm", events=30_000)
    job.result(LONG)
    assert [event.data["number"] for event in job.events()] == list(range(30_000))


def test_pause_holds_and_resume_goes_on(make: Make) -> None:
    backend = make(1)
    job = backend.submit("job_tasks:tick")
    until(lambda: len(job.events()) > 3)
    job.pause()
    assert job.state == "paused"
    assert backend.submit("job_tasks:add", a=1, b=2).result(LONG) == 3  # so it has heard
    time.sleep(0.2)  # what was on its way arrives
    count = len(job.events())
    time.sleep(0.2)
    assert len(job.events()) == count
    progress = job.progress
    assert progress is not None
    assert job.progress == progress  # a paused clock stands still
    job.resume()
    assert job.state == "running"
    until(lambda: len(job.events()) > count + 3)
    job.stop()
    assert job.result(LONG) == len(job.events()) - 1
    assert job.state == "done"


def test_stop_ends_a_paused_job_with_its_result(backend: Backend) -> None:
    job = backend.submit("job_tasks:tick")
    until(lambda: job.events())
    job.pause()
    job.stop()
    assert job.result(LONG) >= 0


def test_what_a_task_is_told_arrives_in_order_even_before_it_begins(
    make: Make,
) -> None:
    backend = make(max_workers=1)
    busy = backend.submit("job_tasks:tick")
    until(lambda: busy.state == "running")
    job = backend.submit("job_tasks:listen", count=3)
    job.tell(word="early", number=1)
    busy.stop()
    until(lambda: job.events())
    job.tell(word="late", array=np.arange(2))
    job.pause()
    job.tell(word="paused")
    job.resume()
    first, second, third = job.result(LONG)
    assert first == {"word": "early", "number": 1}
    assert (second["word"], second["array"].tolist()) == ("late", [0, 1])
    assert third == {"word": "paused"}
    job.tell(word="too late")
    assert job.state == "done"


def test_a_task_that_pauses_itself_goes_on_when_told(make: Make) -> None:
    backend = make(max_workers=1)
    job = backend.submit("job_tasks:holding", every=3)
    until(lambda: job.state == "paused")
    assert len(job.events()) == 3  # what it sent before is there, and nothing comes after
    assert backend.submit("job_tasks:add", a=1, b=2).result(LONG) == 3  # its turn is free
    job.resume()
    until(lambda: job.state == "paused" and len(job.events()) == 6)
    job.tell(every=1)
    for ticks in range(7, 27):
        job.resume()
        until(lambda ticks=ticks: job.state == "paused" and len(job.events()) == ticks)
    job.stop()
    assert job.result(LONG) == 26


def test_a_pause_of_its_own_gives_way_to_a_word_that_is_on_its_way(
    make_local: Make,
) -> None:
    backend = make_local(max_workers=1)
    job = backend.submit("job_tasks:holding", every=1)
    until(lambda: job.state == "paused")
    worker = next(iter(backend._seats))
    job.resume()
    # As if it had paused before it heard the last word.
    backend._receive(worker, ("held", job.id, 0))
    assert job.state == "running" or len(job.events()) == 2
    until(lambda: job.state == "paused" and len(job.events()) == 2)
    job.cancel()


def test_controls_after_the_end_change_nothing(backend: Backend) -> None:
    job = backend.submit("job_tasks:add", a=1, b=2)
    job.result(LONG)
    for act in (job.pause, job.resume, job.stop, job.cancel, job.cancel):
        act()
    assert job.state == "done"
    assert job.result() == 3


def test_cancel_keeps_a_worker_that_listens(make_local: Make) -> None:
    backend = make_local(1, cancel_grace=LONG)
    before = backend.submit("job_tasks:pid").result(LONG)
    job = backend.submit("job_tasks:tick")
    until(lambda: job.events())
    job.cancel()
    assert job.state == "cancelled"
    with pytest.raises(Cancelled):
        job.result()
    assert backend.submit("job_tasks:pid").result(LONG) == before


def test_cancel_ends_a_task_that_does_not_listen(make: Make) -> None:
    backend = make(1)
    job = backend.submit("job_tasks:deaf")
    pid = first_pid(job)
    job.cancel()
    assert job.state == "cancelled"
    until(lambda: gone(pid))
    assert backend.submit("job_tasks:add", a=1, b=1).result(LONG) == 2


def test_cancel_ends_what_the_task_started(backend: Backend) -> None:
    job = backend.submit("job_tasks:with_child")
    child = first_pid(job)
    job.cancel()
    until(lambda: gone(child))


def test_jobs_beyond_the_workers_wait_their_turn(make: Make) -> None:
    backend = make(1)
    first = backend.submit("job_tasks:tick")
    second = backend.submit("job_tasks:add", a=1, b=2)
    third = backend.submit("job_tasks:add", a=3, b=4)
    fourth = backend.submit("job_tasks:add", a=5, b=6)
    until(lambda: first.events())
    assert [job.state for job in (first, second, third, fourth)] == ["running"] + ["queued"] * 3
    assert second.progress is None
    third.cancel()
    fourth.pause()
    assert (third.state, fourth.state) == ("cancelled", "paused")
    first.stop()
    assert second.result(LONG) == 3
    assert fourth.state == "paused"
    fourth.resume()
    assert fourth.result(LONG) == 11


def test_stop_in_the_queue_cancels(make: Make) -> None:
    backend = make(1)
    first = backend.submit("job_tasks:tick")
    second = backend.submit("job_tasks:tick")
    second.stop()
    assert second.state == "cancelled"
    first.cancel()


def test_paused_job_leaves_its_turn_to_others(make: Make) -> None:
    backend = make(1)
    paused = backend.submit("job_tasks:tick")
    until(lambda: paused.events())
    paused.pause()
    assert backend.submit("job_tasks:add", a=1, b=2).result(LONG) == 3
    paused.stop()
    assert paused.result(LONG) >= 0


def test_job_that_nobody_holds_is_cancelled(make: Make) -> None:
    backend = make(1)
    job = backend.submit("job_tasks:deaf")
    pid = first_pid(job)
    del job
    gc.collect()
    until(lambda: gone(pid))


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        ("bug", "KeyError: 'no such thing'"),
        ("quit", "SystemExit: 2"),
        ("no_memory", "memory"),
        ("unpicklable_result", "pickle|local object"),  # as Python 3.13 puts it
        ("nothing_of_that_name", "AttributeError"),
    ],
)
def test_error_becomes_a_sentence(backend: Backend, task: str, sentence: str) -> None:
    job = backend.submit(f"job_tasks:{task}")
    with pytest.raises(JobFailed, match=sentence):
        job.result(LONG)
    assert job.state == "failed"
    assert isinstance(job.error, JobFailed)
    assert "Traceback" not in str(job.error)
    assert job.error.sentence(Text("zh")) != str(job.error)


def test_traceback_goes_to_the_log(capfd: pytest.CaptureFixture[str], make_local: Make) -> None:
    with pytest.raises(JobFailed):
        make_local().submit("job_tasks:bug").result(LONG)
    assert "Traceback" in capfd.readouterr().err


@pytest.mark.parametrize("task", ["problem", "problem_with_odd_value"])
def test_problem_passes_as_it_is(backend: Backend, task: str) -> None:
    job = backend.submit(f"job_tasks:{task}")
    with pytest.raises(Problem) as caught:
        job.result(LONG)
    assert not isinstance(caught.value, JobFailed)
    assert caught.value.key == "problem.jobs.worker_count"


def test_death_of_a_worker_fails_its_job_only(make: Make) -> None:
    backend = make(1)
    job = backend.submit("job_tasks:die")
    after = backend.submit("job_tasks:add", a=1, b=2)
    with pytest.raises(JobFailed, match="ended unexpectedly"):
        job.result(LONG)
    assert after.result(LONG) == 3


def test_prints_reach_the_log_and_stdin_is_empty(
    capfd: pytest.CaptureFixture[str], make_local: Make
) -> None:
    assert make_local().submit("job_tasks:chatty").result(LONG) == ""
    out, err = capfd.readouterr()
    assert out == ""
    assert "to stdout" in err
    assert "to file descriptor 1" in err


@pytest.mark.parametrize("task", ["event_only_here", "result_only_here"])
def test_unreadable_answer_fails_the_job(
    backend: Backend, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "job_tasks", None)
    job = backend.submit(f"job_tasks:{task}")
    with pytest.raises(JobFailed, match="job_tasks"):
        job.result(LONG)


def test_argument_that_cannot_be_sent(backend: Backend) -> None:
    with pytest.raises(JobFailed, match="cannot be handed"):
        backend.submit("job_tasks:add", a=lambda: None, b=1)


def test_result_can_time_out(backend: Backend) -> None:
    job = backend.submit("job_tasks:deaf")
    with pytest.raises(TimeoutError):
        job.result(0.01)


def test_warm_worker_has_imported(make: Make) -> None:
    backend = make(1)
    backend.warm("sqlite3", "no_such_module")
    assert backend.submit("job_tasks:imported", module="sqlite3").result(LONG)
    # A worker that had to be killed is replaced by one that is warm again.
    job = backend.submit("job_tasks:deaf")
    pid = first_pid(job)
    job.cancel()
    until(lambda: gone(pid))
    assert backend.submit("job_tasks:imported", module="sqlite3").result(LONG)


def test_idle_worker_retires_and_the_next_job_gets_another(
    make_local: Make,
) -> None:
    backend = make_local(1, idle_seconds=0.05)
    pid = backend.submit("job_tasks:pid").result(LONG)
    until(lambda: gone(pid))
    assert backend.submit("job_tasks:pid").result(LONG) != pid


def test_cores_are_shared_out(make_local: Make) -> None:
    assert make_local(64).submit("job_tasks:threads").result(LONG) == "1"


def test_shutdown_cancels_and_takes_no_more(make: Make) -> None:
    backend = make(1)
    running = backend.submit("job_tasks:deaf")
    waiting = backend.submit("job_tasks:deaf")
    pid = first_pid(running)
    backend.shutdown()
    backend.shutdown()
    backend.warm("sqlite3")
    assert (running.state, waiting.state) == ("cancelled", "cancelled")
    until(lambda: gone(pid))
    with pytest.raises(Problem, match="shutting down"):
        backend.submit("job_tasks:pid")


def test_shutdown_waits_for_the_workers(make_local: Make) -> None:
    backend = make_local(1)
    pid = first_pid(backend.submit("job_tasks:deaf"))
    backend.shutdown()
    assert gone(pid)
    assert not Path(f"/proc/{pid}").exists()  # tidied up too: no zombie stays


@pytest.mark.parametrize("count", [0, -1])
def test_backend_needs_a_worker(count: int) -> None:
    with pytest.raises(Problem, match="at least 1"):
        WorkerBackend(count)


@pytest.mark.parametrize("where", ["here", "cluster"])
def test_workers_end_with_a_server_that_is_killed(
    where: str, request: pytest.FixtureRequest
) -> None:
    here = "WorkerBackend(1, paths=paths)"
    if where == "cluster":
        address = request.getfixturevalue("cluster").address
        here = f"ClusterBackend({address!r}, paths=paths)"
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from optviz.jobs import ClusterBackend, WorkerBackend
paths = [{str(Path(__file__).parent)!r}]
job = {here}.submit("job_tasks:deaf")
while not job.events():
    pass
print(job.events()[0].data["pid"], flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        server.kill()
    until(lambda: gone(pid))
