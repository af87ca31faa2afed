"""The session's studies of networks: jobs, what they have told so far, and those made before."""

from __future__ import annotations

from typing import Any, Protocol

from optviz.jobs import Job, default_backend
from optviz.ui.followed import Answered, Shelf
from optviz.ui.state import remember

__all__ = ["Studies", "Study", "studies"]

_KEPT = 12


class Request(Protocol):
    """What is asked for: frozen, so that equal requests are one."""

    def task(self) -> str:
        """What computes it."""


class Study(Answered):
    """One piece of long work, under way or done.

    Args:
        request: What was asked for.
        job: The job that does it.

    Attributes:
        events: What had come by the last look: (kind, data), oldest first.
    """

    def __init__(self, request: Request, job: Job) -> None:
        super().__init__(request, job)
        self.events: list[tuple[str, Any]] = []

    def take(self, kind: str, data: Any) -> None:
        """Keep the event."""
        self.events.append((kind, data))


Studies = Shelf[Study]


def studies(kind: str, argument: str) -> Studies:
    """This session's studies of one kind; they outlive a visit to another page.

    Args:
        kind: Tells them from others.
        argument: Under which name the task takes its request.
    """

    def begin(request: Request) -> Study:
        return Study(request, default_backend().submit(request.task(), **{argument: request}))

    return remember(f"regularisation {kind}", lambda: Shelf(begin, _KEPT))
