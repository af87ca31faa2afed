"""Comparisons that are too long for a page, as a task that any backend can run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optviz.core.curvature import Curvature, curvature
from optviz.core.optimizers import RunSpec
from optviz.core.step_parts import StepParts, step_parts
from optviz.core.surfaces import get_surface
from optviz.core.task import TaskContext
from optviz.core.trajectory import Trajectory, trajectories

__all__ = ["Comparison", "compare", "compare_task", "step_parts_task"]

Comparison = list[tuple[Trajectory, Curvature]]
"""Each run's path, with the curvature at all its iterates."""


def compare(
    surface: str, specs: Sequence[RunSpec], start: Sequence[float], steps: int
) -> Comparison:
    """Run all of ``specs`` on a surface of the registry and look at the curvature on the way.

    Raises:
        Problem: As :func:`optviz.core.trajectory.trajectories`.
    """
    paths = trajectories(surface, specs, start, steps)
    return [(path, curvature(get_surface(surface), path.points)) for path in paths]


def compare_task(context: TaskContext, **arguments: Any) -> Comparison:
    """:func:`compare`, in a process of its own."""
    context.checkpoint()
    return compare(**arguments)


def step_parts_task(
    context: TaskContext, surface: str, paths: Sequence[Trajectory]
) -> list[StepParts]:
    """The steps of each of ``paths`` taken apart, in a process of its own."""
    where = get_surface(surface)
    parts = []
    for path in paths:
        context.checkpoint()
        parts.append(step_parts(where, path))
    return parts
