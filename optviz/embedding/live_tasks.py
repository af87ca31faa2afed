"""A live t-SNE as a task: frames go out, wishes come in."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

from numpy.typing import ArrayLike

from optviz.core.problem import Problem
from optviz.core.task import TaskContext
from optviz.embedding.live import Frame, LiveRun, LiveSettings
from optviz.embedding.projections import Projection
from optviz.embedding.quality import quality
from optviz.embedding.tasks import COMPARED, QUALITY_NEIGHBOURS, SAMPLE, Layout

__all__ = ["live_task"]


def live_task(context: TaskContext, vectors: ArrayLike, settings: LiveSettings) -> Layout:
    """Run t-SNE before its user's eyes, and measure where it ended.

    Emits a ``"frame"`` event with the fields of a :class:`~optviz.embedding.live.Frame` for the
    start and after every :data:`~optviz.embedding.live.EVERY` updates, and ``"measuring"`` when
    the map stands still. It may be told, between two frames, ``do="kick"`` or ``do="change"``
    with settings of :data:`~optviz.embedding.live.STEERED`.

    Returns:
        The last map: of all updates, or of those made until it was asked to stop.

    Raises:
        Problem: See :class:`~optviz.embedding.live.LiveRun`.
        Cancelled: Its user cancelled it.
    """
    run = LiveRun(vectors, settings)
    frame = run.look()
    _send(context, frame)
    while True:
        context.checkpoint()
        for message in context.messages():
            _hear(run, **message)
        if run.done or context.stop_requested:
            break
        frame = run.advance()
        _send(context, frame)
        context.progress(run.iteration, run.settings.max_iter)
    context.emit("measuring")
    return _layout(vectors, run, frame)


def _send(context: TaskContext, frame: Frame) -> None:
    values = {field.name: getattr(frame, field.name) for field in dataclasses.fields(frame)}
    context.emit("frame", **values)


def _hear(run: LiveRun, do: str, **rest: Any) -> None:
    if do == "kick":
        run.kick(**rest)
    elif do == "change":
        with contextlib.suppress(Problem):  # checked where it was typed
            run.change(**rest)


def _layout(vectors: ArrayLike, run: LiveRun, frame: Frame) -> Layout:
    settings = run.settings
    projection = Projection(
        method="opentsne",
        settings={
            "perplexity": ", ".join(f"{value:g}" for value in settings.perplexities),
            "exaggeration": settings.exaggeration,
            "init": settings.init,
            "seed": settings.seed,
            "normalize": settings.normalize,
        },
        coordinates=frame.coordinates,
        seconds=frame.seconds,
        kl_divergence=frame.kl_divergence,
        iterations=frame.iteration,
    )
    k = min(QUALITY_NEIGHBOURS, (len(frame.coordinates) - 1) // 2)
    trust = quality(
        vectors, frame.coordinates, k, normalize=settings.normalize,
        sample=None if len(frame.coordinates) <= COMPARED else SAMPLE,
    )  # fmt: skip
    return Layout(projection, trust)
