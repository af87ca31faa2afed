"""What long work may ask of the place it runs in, without knowing that place.

A *task* is a module-level function ``task(context, **arguments)``. Whoever runs it (a worker
process, a cluster, a test) hands it a context; the task reports through the context and asks
it, at short intervals, whether to wait or to end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["Cancelled", "SilentContext", "TaskContext"]


class Cancelled(Exception):
    """Raised inside a task by :meth:`TaskContext.checkpoint` once its user has cancelled it."""


class TaskContext(Protocol):
    """The task's side of a job."""

    def emit(self, kind: str, **data: Any) -> None:
        """Send one event to whoever watches (plain values and numpy arrays)."""

    def progress(self, done: float, total: float) -> None:
        """Say how far the work is, in any unit."""

    def checkpoint(self) -> None:
        """Wait while paused; raise :class:`Cancelled` when cancelled. Call it often."""

    def hold(self) -> None:
        """Pause, as if the user had asked: the next checkpoint waits until told to go on."""

    def messages(self) -> Sequence[Mapping[str, Any]]:
        """What its user has told it since it asked last, oldest first."""

    @property
    def stop_requested(self) -> bool:
        """Whether the user asked to end early and keep what there is."""


class SilentContext:
    """A context that nobody watches: for calling a task as a plain function."""

    stop_requested = False

    def emit(self, kind: str, **data: Any) -> None:
        """Drop the event."""

    def progress(self, done: float, total: float) -> None:
        """Drop the progress."""

    def checkpoint(self) -> None:
        """Never wait, never end."""

    def hold(self) -> None:
        """Nobody would ever let it go on."""

    def messages(self) -> Sequence[Mapping[str, Any]]:
        """Nobody speaks."""
        return ()
