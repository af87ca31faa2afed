"""The session's live t-SNE: its frames so far, what it has been told, and where it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optviz.embedding.live import EARLY_UPDATES, STEERED, Frame, LiveSettings
from optviz.embedding.tasks import Layout
from optviz.figures.live_map import Moment
from optviz.jobs import Job, default_backend
from optviz.language import Text
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_frames import Filmed
from optviz.ui.state import remember

__all__ = ["LiveShown", "LiveStage", "live_stage"]

TASK = "optviz.embedding.live_tasks:live_task"


class LiveShown(Filmed[Frame]):
    """One run, under way or over.

    Args:
        movies: What it lays out.
        start: Where it starts; see :meth:`LiveStage.start_of`.
        settings: How it goes; changes with what it is told.
        job: The job.

    Attributes:
        sides: The longer side of each, in the map's own unit.
        layout: Where it ended; None until then.
    """

    def __init__(self, movies: Movies, start: Any, settings: LiveSettings, job: Job) -> None:
        super().__init__(job)
        self.movies = movies
        self.start = start
        self.settings = settings
        self.sides: list[float] = []
        self.layout: Layout | None = None

    def take(self, kind: str, data: Any) -> None:
        """Take in one event."""
        if kind == "frame":
            self.frames.append(Frame(**data))
            self.sides.append(float(np.ptp(self.frames[-1].coordinates, axis=0).max()))
        elif kind == "measuring":
            self.measuring = True

    def forget(self) -> None:
        """Begin without a frame."""
        super().forget()
        self.sides = []

    def take_result(self, result: Any) -> None:
        """Take over the map that the run ended with."""
        self.layout = result

    def steer(self, settings: LiveSettings) -> None:
        """Let the run go on with other settings; what is the same already is not told."""
        wanted = {
            name: getattr(settings, name)
            for name in STEERED
            if getattr(settings, name) != getattr(self.settings, name)
        }
        if wanted and not self.job.finished:
            self.settings = settings
            self.job.tell(do="change", **wanted)

    def kick(self) -> None:
        """Push every point in a random direction."""
        self.job.tell(do="kick")

    def moments(self, text: Text) -> list[Moment]:
        """The frames' numbers."""
        return [
            Moment(
                frame.iteration,
                frame.kl_divergence,
                frame.exaggeration,
                0 < frame.iteration <= EARLY_UPDATES,
                ", ".join(_said(text, name, frame) for name in frame.did),
            )
            for frame in self.frames
        ]


def _said(text: Text, name: str, frame: Frame) -> str:
    """What was done, on the loss."""
    if name == "perplexities":
        shown = ", ".join(f"{value:g}" for value in frame.perplexities)
        return text("embeddings.live.did_perplexities", values=shown)
    return text(f"embeddings.live.did_{name}", factor=frame.exaggeration)


@dataclass(slots=True, eq=False)
class LiveStage:
    """The run that the session looks at."""

    current: LiveShown | None = None

    def begin(self, movies: Movies, start: Any, settings: LiveSettings) -> LiveShown:
        """Start a run; one under way is given up."""
        if self.current is not None:
            self.current.job.cancel()
        job = default_backend().submit(TASK, vectors=movies.vectors, settings=settings)
        self.current = LiveShown(movies, start, settings, job)
        return self.current


def live_stage() -> LiveStage:
    """This session's live map; it outlives a visit to another page."""
    return remember("live t-SNE", LiveStage)
