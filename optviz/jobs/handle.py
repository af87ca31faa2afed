"""What whoever asked for a job holds of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from optviz.jobs import frames
from optviz.jobs.interface import Event, JobFailed, Progress, State
from optviz.jobs.record import Record, described

__all__ = ["RecordedJob", "packed", "unattended"]


_here = threading.local()


@contextmanager
def unattended() -> Iterator[None]:
    """Read jobs in this thread without its counting as somebody's looking at them.

    For a thread that drives jobs whether or not anybody cares for what they do.
    """
    _here.unattended = True
    try:
        yield
    finally:
        _here.unattended = False


class RecordedJob:
    """The handle of a job; see :class:`optviz.jobs.interface.Job`.

    Reading its state, its progress or its events tells the record that somebody attends to it,
    save within :func:`unattended`.
    """

    def __init__(self, record: Record, control: Callable[..., None]) -> None:
        self._record = record
        self._control = control

    def _look(self) -> None:
        if not getattr(_here, "unattended", False):
            self._record.look()

    @property
    def id(self) -> str:
        """A name no other job has."""
        return self._record.id

    @property
    def task(self) -> str:
        """The task it runs, ``"module:function"``."""
        return self._record.task

    @property
    def state(self) -> State:
        """Where it is in its life."""
        self._look()
        return self._record.state

    @property
    def finished(self) -> bool:
        """Whether it has come to an end, good or bad."""
        self._look()
        return self._record.finished

    @property
    def progress(self) -> Progress | None:
        """How far it is."""
        self._look()
        return self._record.progress

    @property
    def error(self) -> Exception | None:
        """Why it failed, if it has."""
        return self._record.error

    def events(self, since: int = 0) -> list[Event]:
        """The events from number ``since`` on."""
        self._look()
        return self._record.events(since)

    def pause(self) -> None:
        """Hold it at its next checkpoint."""
        self._control(self.id, "pause")

    def resume(self) -> None:
        """Let it go on."""
        self._control(self.id, "resume")

    def tell(self, **message: Any) -> None:
        """Tell it something while it works."""
        self._control(self.id, "tell", message)

    def stop(self) -> None:
        """Ask it to end early and keep what it has."""
        self._control(self.id, "stop")

    def cancel(self) -> None:
        """End it and drop its result."""
        self._control(self.id, "cancel")

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end and return what the task returned."""
        return self._record.result(timeout)


def packed(arguments: Mapping[str, Any]) -> bytes:
    """A task's arguments, ready to travel.

    Raises:
        JobFailed: One cannot be pickled.
    """
    try:
        return frames.dumps(dict(arguments))
    except Exception as error:
        raise JobFailed("problem.jobs.arguments", reason=described(error)) from error
