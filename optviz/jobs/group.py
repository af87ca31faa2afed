"""Several jobs followed as one: shared out over workers or machines, and one answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from optviz.jobs.interface import FINAL, Event, Job, Progress, State

__all__ = ["JobGroup"]


class JobGroup:
    """A :class:`~optviz.jobs.interface.Job` that is done when all of its members are.

    Its result is theirs, in their order. The first failure is its own, and ends the others. What
    members tell on the way is theirs alone: it has no events.

    Args:
        jobs: At least one.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = tuple(jobs)

    @property
    def id(self) -> str:
        """The first member's."""
        return self._jobs[0].id

    @property
    def task(self) -> str:
        """The first member's."""
        return self._jobs[0].task

    @property
    def state(self) -> State:
        """Where they are, taken together."""
        states = [job.state for job in self._jobs]
        if "failed" in states:
            self.cancel()
            return "failed"
        if all(state in FINAL for state in states):
            return "cancelled" if "cancelled" in states else "done"
        order: tuple[State, ...] = ("running", "paused")
        return next((state for state in order if state in states), "queued")

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state in FINAL

    @property
    def progress(self) -> Progress | None:
        """The work of all members; None until one has told of its own."""
        told = [found for job in self._jobs if (found := job.progress) is not None]
        if not told:
            return None
        done, share = sum(one.done for one in told), len(self._jobs) / len(told)
        total = share * sum(one.total for one in told)  # the others have about as much to do
        seconds = max(one.seconds for one in told)
        eta = seconds * (total - done) / done if done > 0 else None
        return Progress(done, total, seconds, eta)

    @property
    def error(self) -> Exception | None:
        """The first failed member's."""
        return next((job.error for job in self._jobs if job.error is not None), None)

    def events(self, since: int = 0) -> Sequence[Event]:
        """None."""
        return ()

    def pause(self) -> None:
        """Hold all of them."""
        for job in self._jobs:
            job.pause()

    def resume(self) -> None:
        """Let all of them go on."""
        for job in self._jobs:
            job.resume()

    def tell(self, **message: Any) -> None:
        """Tell all of them."""
        for job in self._jobs:
            job.tell(**message)

    def stop(self) -> None:
        """Ask all of them to end early."""
        for job in self._jobs:
            job.stop()

    def cancel(self) -> None:
        """End all of them."""
        for job in self._jobs:
            job.cancel()

    def result(self, timeout: float | None = None) -> tuple[Any, ...]:
        """Wait for all of them.

        Raises:
            TimeoutError: One has not ended by then.
            Cancelled: One was cancelled.
            Problem: One failed.
        """
        if self.error is not None:
            raise self.error
        end = None if timeout is None else time.monotonic() + timeout
        return tuple(
            job.result(None if end is None else max(end - time.monotonic(), 0.0))
            for job in self._jobs
        )
