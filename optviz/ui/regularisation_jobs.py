"""The session's studies of networks: jobs, what they have told so far, and those made before."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Protocol

from optviz.core.problem import Problem
from optviz.jobs import Job, State, default_backend
from optviz.jobs.interface import FINAL
from optviz.ui.state import remember

__all__ = ["Studies", "Study", "studies"]

_KEPT = 12


class Request(Protocol):
    """What is asked for: frozen, so that equal requests are one."""

    def task(self) -> str:
        """What computes it."""


@dataclass(slots=True, eq=False)
class Study:
    """One piece of long work, under way or done.

    Attributes:
        request: What was asked for.
        argument: The task's name for it.
        job: The job that does it.
        state: The job's state at the last look.
        events: What had come by then: (kind, data), oldest first.
        result: What the task returned, once it has.
        problem: Why it failed, if the user can be told.
    """

    request: Any
    job: Job
    state: State
    events: list[tuple[str, Any]]
    result: Any = None
    problem: Problem | None = None
    _seen: int = 0

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
            self.events.append((event.kind, event.data))
        if state == "done":
            self.result = self.job.result(timeout=0)
        elif state == "failed":
            error = self.job.error
            self.problem = error if isinstance(error, Problem) else Problem("regularisation.failed")
        self.state = state


class Studies:
    """The study shown of one kind, and those made before.

    Args:
        argument: Under which name the task takes its request.
    """

    def __init__(self, argument: str) -> None:
        self.current: Study | None = None
        self._argument = argument
        self._finished: OrderedDict[Any, Study] = OrderedDict()
        self._scene: tuple[str | None, Any] | None = None

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return self.current is not None and not self.current.finished

    def look(self, request: Request, scene: str | None) -> None:
        """Take in what is new, and decide what to show for the settings as they are.

        A study made before is there at once. The first look and a newly chosen scene start
        theirs; any other change waits for the user.
        """
        if self.current is not None:
            self.current.read()
            if self.current.state == "done":
                self._finished[self.current.request] = self.current
                while len(self._finished) > _KEPT:
                    self._finished.popitem(last=False)
        chosen = scene is not None and self._scene != (scene, request)
        self._scene = (scene, request)
        known = self._finished.get(request)
        if known is not None and not self.busy:
            self.current = known
        elif self.current is None or (self.current.request != request and chosen):
            self.start(request)

    def start(self, request: Request) -> None:
        """Begin; a double click begins one, not two."""
        if self.busy and self.current is not None:
            if self.current.request == request:
                return
            self.current.job.cancel()
        job = default_backend().submit(request.task(), **{self._argument: request})
        self.current = Study(request, job, "queued", [])

    def cancel(self) -> None:
        """End it; what has been drawn stays."""
        if self.current is not None:
            self.current.job.cancel()
            self.current.read()


def studies(kind: str, argument: str) -> Studies:
    """This session's studies of one kind; they outlive a visit to another page."""
    return remember(f"regularisation {kind}", lambda: Studies(argument))
