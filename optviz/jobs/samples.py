"""The smallest task there is: what a task looks like, for the documentation and the tests."""

from __future__ import annotations

from optviz.core.task import TaskContext

__all__ = ["count"]


def count(context: TaskContext, *, to: int) -> int:
    """Count from 1 to ``to``, an event and a checkpoint a number.

    Returns:
        The last number: less than ``to`` if it was asked to stop.
    """
    for number in range(1, to + 1):
        context.checkpoint()
        context.emit("number", number=number)
        context.progress(number, to)
        if context.stop_requested:
            return number
    return to
