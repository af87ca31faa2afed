"""Long work on embeddings, as tasks that any backend can run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from optviz.core.task import TaskContext
from optviz.embedding.lookup import TorchCheck, check_with_torch
from optviz.embedding.projections import Glimpse, Projection, project
from optviz.embedding.quality import Quality, quality

__all__ = ["COMPARED", "QUALITY_NEIGHBOURS", "SAMPLE", "Layout", "lookup_task", "projection_task"]

_SECONDS_BETWEEN_GLIMPSES = 0.4
COMPARED = 10_000
"""With more points, the neighbours of a thousand of them, drawn at random, tell of the map."""
SAMPLE = 1000
"""So many of them."""
QUALITY_NEIGHBOURS = 10
"""The neighbours that a map's measure of trust looks at."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A projection and how far to trust it (None where there are too few points to say)."""

    projection: Projection
    quality: Quality | None


def projection_task(
    context: TaskContext,
    vectors: ArrayLike,
    method: str,
    dimensions: int,
    parameters: Mapping[str, Any],
) -> Layout:
    """Project vectors and measure the result.

    Emits ``"glimpse"`` events (iteration, total, coordinates, kl_divergence) a few times a
    second, so that a page can show the layout as it forms.

    Raises:
        Problem: See :func:`optviz.embedding.projections.project`.
        Cancelled: Its user cancelled it.
    """
    last = time.monotonic()

    def watch(iteration: int, total: int, look: Callable[[], Glimpse]) -> None:
        nonlocal last
        context.checkpoint()
        now = time.monotonic()
        if now - last < _SECONDS_BETWEEN_GLIMPSES:
            return
        last = now
        seen = look()
        context.progress(iteration, total)
        context.emit(
            "glimpse",
            iteration=iteration,
            total=total,
            coordinates=seen.coordinates,
            kl_divergence=seen.kl_divergence,
        )

    found = project(vectors, method, dimensions, watch=watch, **parameters)
    context.checkpoint()
    k = min(QUALITY_NEIGHBOURS, (len(found.coordinates) - 1) // 2)
    measured = None
    if k >= 1:
        measured = quality(
            vectors, found.coordinates, k, normalize=bool(found.settings["normalize"]),
            sample=None if len(found.coordinates) <= COMPARED else SAMPLE,
        )  # fmt: skip
    return Layout(found, measured)


def lookup_task(context: TaskContext, index: int, matrix: ArrayLike) -> TorchCheck:
    """:func:`optviz.embedding.lookup.check_with_torch`, where torch may take its time."""
    return check_with_torch(index, matrix)
