"""The memory of one job: its state, events, progress and outcome. Every backend can use it."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from threading import Condition
from typing import Any

from optviz.core.problem import Problem
from optviz.core.task import Cancelled
from optviz.jobs import frames
from optviz.jobs.interface import AGAIN, FINAL, Event, JobFailed, Progress, State

__all__ = ["ATTENDED_SECONDS", "MAX_EVENTS", "Record", "described"]

ATTENDED_SECONDS = 5.0
"""Who has not looked at a job for this long is taken to be elsewhere."""

MAX_EVENTS = 100_000
"""So many events are kept before the older half is thinned."""


class Record:
    """What is known of a job, safe to read and write from several threads.

    Args:
        id: The job's name.
        task: ``"module:function"``.
        max_events: So many events are kept before the older half is thinned.
    """

    def __init__(self, id: str, task: str, max_events: int = MAX_EVENTS) -> None:
        self.id = id
        self.task = task
        self.changed = Condition()
        self.error: Exception | None = None
        self._state: State = "queued"
        self._result: Any = None
        self._max_events = max_events
        self._events: list[Event] = []
        self._sent = 0
        self._amount: tuple[float, float] | None = None
        # Where the pace is measured from: the first report, so that the seconds an import
        # takes do not count as slow work.
        self._first: tuple[float, float] | None = None
        self._ran = 0.0
        self._running_since: float | None = None
        self._entered = time.monotonic()
        self._looked: float | None = None
        self._waiting = 0  # callers of result()

    def look(self) -> None:
        """Whoever asked for the job looks at it."""
        self._looked = time.monotonic()

    @property
    def attended(self) -> bool:
        """Whether somebody waits for the job or looked at it lately; True if nobody tells."""
        looked = self._looked
        return looked is None or self._waiting > 0 or time.monotonic() - looked < ATTENDED_SECONDS

    @property
    def state(self) -> State:
        """Where the job is in its life."""
        return self._state

    @property
    def since(self) -> float:
        """Seconds since it came into this state."""
        return time.monotonic() - self._entered

    @property
    def finished(self) -> bool:
        """Whether the job has come to an end."""
        return self._state in FINAL

    def enter(self, state: State) -> bool:
        """Go to another state and keep the clock; False, and no change, after the end."""
        with self.changed:
            if self._state in FINAL:
                return False
            now = time.monotonic()
            if state != self._state:
                self._entered = now
            if self._running_since is not None:
                self._ran += now - self._running_since
            self._running_since = now if state == "running" else None
            self._state = state
            self.changed.notify_all()
            return True

    def finish(self, result: Any) -> None:
        """The task returned."""
        with self.changed:
            if self._state not in FINAL:
                self._result = result
                self.enter("done")

    def fail(self, error: Exception) -> None:
        """The task raised."""
        with self.changed:
            if self._state not in FINAL:
                self.error = error
                self.enter("failed")

    def settle(self, word: str, body: bytes) -> None:
        """Take over how the task ended, as its worker tells it (see :mod:`optviz.jobs.worker`)."""
        try:
            outcome: Any = frames.loads(body) if body else None
        except Exception as error:  # something only the worker can import
            word, outcome = "failed", (type(error).__name__, str(error))
        if word == "done":
            self.finish(outcome)
        elif isinstance(outcome, Problem):
            self.fail(outcome)
        elif word == "failed":
            name, message = outcome
            key = "memory" if name == "MemoryError" else "failed"
            reason = f"{name}: {message}" if message else name
            self.fail(JobFailed(f"problem.jobs.{key}", reason=reason))
        else:
            self.enter("cancelled")

    def take(self, events: Sequence[bytes], progress: tuple[float, float] | None) -> bool:
        """Take over events and progress, as a worker tells them.

        Returns:
            Whether they could be read; if not, the job has failed and is to be ended.
        """
        try:
            for body in events:
                self.add_event(*frames.loads(body))
        except Exception as error:  # something only the worker can import
            self.fail(JobFailed("problem.jobs.failed", reason=described(error)))
            return False
        if progress is not None:
            self.set_progress(*progress)
        return True

    def restart(self) -> None:
        """The task begins anew, on another worker: what was told is told again."""
        with self.changed:
            self._events.clear()
            self._amount = self._first = None
            self.add_event(AGAIN, {}, 0.0)
            if self._state == "running":
                self.enter("queued")

    def add_event(self, kind: str, data: Mapping[str, Any], seconds: float) -> None:
        """Keep one more event; after the end it is dropped."""
        with self.changed:
            if self._state in FINAL:
                return
            self._events.append(Event(self._sent, kind, data, seconds))
            self._sent += 1
            if len(self._events) > self._max_events:
                self._thin()

    def _thin(self) -> None:
        middle = len(self._events) // 2
        seen: dict[str, int] = {}
        kept: list[Event] = []
        for event in self._events[:middle]:
            seen[event.kind] = seen.get(event.kind, 0) + 1
            if seen[event.kind] % 2:
                kept.append(event)
        self._events = kept + self._events[middle:]

    def events(self, since: int = 0) -> list[Event]:
        """The events from number ``since`` on."""
        with self.changed:
            return self._events[bisect_left(self._events, since, key=lambda event: event.index) :]

    def set_progress(self, done: float, total: float) -> None:
        """How far the task says it is."""
        with self.changed:
            self._amount = (done, total)
            if self._first is None or done < self._first[1]:
                self._first = (self._seconds(), done)

    @property
    def progress(self) -> Progress | None:
        """How far the job is, and how long it will still take."""
        with self.changed:
            if self._amount is None or self._first is None:
                return None
            done, total = self._amount
            seconds = self._seconds()
            eta: float | None = None
            if self._state in FINAL:
                eta = 0.0
            elif done > self._first[1]:
                pace = (seconds - self._first[0]) / (done - self._first[1])
                eta = max(total - done, 0.0) * pace
            return Progress(done, total, seconds, eta)

    def _seconds(self) -> float:
        running = self._running_since
        return self._ran + (time.monotonic() - running if running is not None else 0.0)

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end; see :meth:`optviz.jobs.interface.Job.result`."""
        with self.changed:
            self._waiting += 1
            try:
                ended = self.changed.wait_for(lambda: self._state in FINAL, timeout)
            finally:
                self._waiting -= 1
                self.look()
            if not ended:
                raise TimeoutError(f"{self.task} is still {self._state}")
            if self._state == "cancelled":
                raise Cancelled(self.task)
            if self.error is not None:
                raise self.error
            return self._result


def described(error: BaseException) -> str:
    """An error in one line."""
    first = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
