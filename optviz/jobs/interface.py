"""What pages know of long work: a backend takes a task, and hands out a job to watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from optviz.core.problem import Problem

__all__ = ["AGAIN", "FINAL", "Backend", "Event", "Job", "JobFailed", "Progress", "State"]

State = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
"""Where a job is in its life."""

FINAL: frozenset[State] = frozenset({"done", "failed", "cancelled"})
"""The states that a job never leaves."""

AGAIN = "again"
"""The kind of event with which a job begins anew, because the machine it ran on was lost.

All events before it are void: they are told again, and their number and times may differ.
"""


class JobFailed(Problem):
    """A task ended by an error that its user did not cause; the sentence names what broke.

    The traceback goes to the server's log, never to a page.
    """


@dataclass(frozen=True, slots=True)
class Event:
    """One message of a task.

    Attributes:
        index: Its number, counted from 0 in the order of sending. Numbers may be skipped (see
            :meth:`Job.events`), never repeated.
        kind: The name that the task gave it.
        data: What it carries: plain values and numpy arrays.
        time: Seconds from the start of the task, on the task's own clock.
    """

    index: int
    kind: str
    data: Mapping[str, Any]
    time: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        done: Work done, in the task's unit.
        total: All the work there is, in the same unit.
        seconds: Time it has been running, pauses left out.
        eta: Seconds still to go at the present pace; None while there is no pace to go by.
    """

    done: float
    total: float
    seconds: float
    eta: float | None

    @property
    def fraction(self) -> float:
        """The part that is done, from 0 to 1."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total > 0 else 0.0


class Job(Protocol):
    """One piece of long work, as whoever asked for it sees it.

    Every method returns at once, save :meth:`result`. A job belongs to whoever holds it: one
    that nobody holds any more (a closed browser tab) is cancelled. A backend may let one that
    nobody has looked at for some seconds wait, ``"queued"`` once more, for others that somebody
    does look at; it goes on where it was.
    """

    @property
    def id(self) -> str:
        """A name no other job of this backend has."""

    @property
    def task(self) -> str:
        """The task it runs, ``"module:function"``."""

    @property
    def state(self) -> State:
        """Where it is in its life. What the user asked for shows at once."""

    @property
    def finished(self) -> bool:
        """Whether it has come to an end, good or bad."""

    @property
    def progress(self) -> Progress | None:
        """How far it is; None until the task has said so for the first time."""

    @property
    def error(self) -> Exception | None:
        """Why it failed, a :class:`~optviz.core.problem.Problem`; None unless it has."""

    def events(self, since: int = 0) -> Sequence[Event]:
        """The events from number ``since`` on, oldest first.

        They are kept with the job, so that a page which returns can replay all of them; pass
        the last number seen plus one to get the news only. A job that sends more events than
        are worth keeping thins its *old* ones out evenly (every second of each kind); the most
        recent ones are always complete. On an event of the kind :data:`AGAIN`, forget those
        seen before.
        """

    def pause(self) -> None:
        """Hold it at its next checkpoint; hold it in the queue if it has not begun."""

    def resume(self) -> None:
        """Let it go on."""

    def tell(self, **message: Any) -> None:
        """Tell it something while it works: plain values, in the task's own words.

        The task finds it at its next :meth:`~optviz.core.task.TaskContext.messages`. A job that
        is waiting or paused finds it once it goes on; after the end it is lost.
        """

    def stop(self) -> None:
        """Ask it to end early and keep what it has; in the queue, this cancels it."""

    def cancel(self) -> None:
        """End it and drop its result. The work ends within a second, willing or not."""

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end and return what the task returned.

        Args:
            timeout: Seconds to wait at most; None waits for ever.

        Raises:
            TimeoutError: It has not ended by then.
            Cancelled: It was cancelled.
            Problem: It failed; this is :attr:`error`.
        """


class Backend(Protocol):
    """A place where tasks run."""

    def submit(self, task: str, /, **arguments: Any) -> Job:
        """Queue a task.

        Args:
            task: ``"package.module:function"``; the function is called as
                ``function(context, **arguments)`` with a
                :class:`~optviz.core.task.TaskContext`.
            **arguments: Anything that can be pickled.

        Raises:
            Problem: The backend has shut down, or an argument cannot be sent.
        """

    def warm(self, *modules: str) -> None:
        """Have modules imported where the next task will run, before it is asked for."""

    def shutdown(self) -> None:
        """End all jobs and let go of everything. Can be called twice."""
