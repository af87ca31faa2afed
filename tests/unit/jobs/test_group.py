"""Several jobs followed as one, here and on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from optviz.core.problem import Problem
from optviz.core.task import Cancelled
from optviz.jobs import Backend, JobGroup

from .waiting import LONG, until

Make = Callable[..., Any]


def ticking(backend: Backend, n: int) -> list[Any]:
    return [backend.submit("job_tasks:tick") for _ in range(n)]


def test_the_results_come_in_the_order_of_the_members(make: Make) -> None:
    backend = make(2)
    group = JobGroup([backend.submit("job_tasks:add", a=n, b=10) for n in range(5)])
    assert group.result(LONG) == (10, 11, 12, 13, 14)
    assert group.state == "done"
    assert group.finished
    assert group.error is None


def test_members_are_shared_out_and_end_together(make: Make) -> None:
    group = JobGroup(jobs := ticking(make(2), 2))
    until(lambda: all(len(job.events()) > 2 for job in jobs))  # at the same time
    assert (group.state, group.finished) == ("running", False)
    group.pause()
    until(lambda: group.state == "paused")
    group.resume()
    group.cancel()
    until(lambda: group.finished)
    assert group.state == "cancelled"
    with pytest.raises(Cancelled):
        group.result(LONG)


def test_a_failure_is_the_group_s_and_ends_the_others(make: Make) -> None:
    backend = make(2)
    (other,) = ticking(backend, 1)
    group = JobGroup([other, backend.submit("job_tasks:problem")])
    until(lambda: group.finished)
    assert group.state == "failed"
    assert isinstance(group.error, Problem)
    until(lambda: other.finished)
    assert other.state == "cancelled"
    with pytest.raises(Problem):
        group.result(LONG)


def test_progress_is_that_of_all(make: Make) -> None:
    backend = make(1)
    group = JobGroup([backend.submit("optviz.jobs.samples:count", to=4) for _ in range(3)])
    assert group.result(LONG) == (4, 4, 4)
    progress = group.progress
    assert progress is not None
    assert (progress.done, progress.total, progress.fraction) == (12, 12, 1.0)
