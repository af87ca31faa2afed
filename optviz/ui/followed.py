"""Jobs that a page follows: what they have told so far, the last one shown, those made before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from optviz.core.problem import Problem
from optviz.jobs import Job, State
from optviz.jobs.interface import AGAIN, FINAL

__all__ = ["Answered", "Asked", "Followed", "Shelf", "problem_of"]


def problem_of(job: Job) -> Problem | None:
    """What the user can be told of a failed job."""
    return job.error if isinstance(job.error, Problem) else None


class Followed:
    """One job under way or over, read from time to time.

    Args:
        job: The job.

    Attributes:
        job: The job.
        state: The job's state at the last look; it goes with what has been taken in, while the
            job itself may be further by now.
        problem: Why it failed, if the user can be told.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.state: State = "queued"
        self.problem: Problem | None = None
        self._seen = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state in FINAL

    def read(self) -> None:
        """Take in the events since the last look, and the result once it is there."""
        if self.finished:
            return
        state = self.job.state
        for event in self.job.events(self._seen):
            self._seen = event.index + 1
            if event.kind == AGAIN:
                self.forget()
            else:
                self.take(event.kind, event.data)
        if state == "done":
            self.take_result(self.job.result(timeout=0))
        elif state == "failed":
            self.problem = problem_of(self.job)
        self.state = state

    def take(self, kind: str, data: Any) -> None:
        """Take in one event."""
        raise NotImplementedError

    def forget(self) -> None:
        """Drop what has been taken in: the job begins anew, and tells all of it again.

        Nothing to do where each piece of news takes the place of an older one.
        """

    def take_result(self, result: Any) -> None:
        """Take over what the task returned: old events may have been thinned out meanwhile."""
        raise NotImplementedError


class Asked(Followed):
    """A job that answers a request; equal requests have equal answers.

    Args:
        request: What was asked for; frozen.
        job: The job.
    """

    def __init__(self, request: Any, job: Job) -> None:
        super().__init__(job)
        self.request = request


class Answered(Asked):
    """A request whose answer comes as a whole.

    Attributes:
        result: What the task returned; None until then.
    """

    def __init__(self, request: Any, job: Job) -> None:
        super().__init__(request, job)
        self.result: Any = None

    def take(self, kind: str, data: Any) -> None:
        """What is told on the way does not matter."""

    def take_result(self, result: Any) -> None:
        """Keep the result."""
        self.result = result


F = TypeVar("F", bound=Asked)


class Shelf(Generic[F]):
    """The answer shown, and those given before.

    Args:
        begin: Starts the job for a request.
        most: How many answers to keep.
    """

    def __init__(self, begin: Callable[[Any], F], most: int = 24) -> None:
        self.current: F | None = None
        self._begin = begin
        self._most = most
        self._finished: OrderedDict[Any, F] = OrderedDict()
        self._scene: tuple[str | None, Any] | None = None

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self.current is not None and not self.current.finished

    def look(self, request: Any, scene: str | None) -> None:
        """Take in what is new, and decide what to show for the settings as they are.

        An answer given before is there at once. The first look, a newly chosen scene and what
        :meth:`starts_by_itself` start a job; any other change waits for the user.
        """
        chosen = scene is not None and self._scene != (scene, request)
        self._scene = (scene, request)
        if self.recall(request):
            return
        if self.current is None or (
            self.current.request != request and (chosen or self.starts_by_itself(request))
        ):
            self.start(request)

    def recall(self, request: Any) -> bool:
        """Take in what is new, and show the answer to ``request`` if it was given before.

        Returns:
            Whether it was; nothing is begun if not.
        """
        self._collect()
        known = self._finished.get(request)
        if known is None or self.busy:
            return False
        self.current = known
        return True

    def starts_by_itself(self, request: Any) -> bool:
        """Whether a changed request need not wait for the user."""
        return False

    def start(self, request: Any) -> None:
        """Begin; a double click begins one job, not two."""
        if self.busy and self.current is not None:
            if self.current.request == request:
                return
            self.current.job.cancel()
        self.current = self._begin(request)

    def cancel(self) -> None:
        """End the job; what has been drawn stays."""
        if self.current is not None:
            self.current.job.cancel()
            self.current.read()

    def _collect(self) -> None:
        one = self.current
        if one is None:
            return
        one.read()
        if one.state == "done":
            self._finished[one.request] = one
            self._finished.move_to_end(one.request)
            while len(self._finished) > self._most:
                self._finished.popitem(last=False)
