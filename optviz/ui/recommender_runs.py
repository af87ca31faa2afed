"""The session's training run and its data: the only place that knows how training is called."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.figures.recommender import Curve
from optviz.jobs import Job, default_backend
from optviz.recommender.config import TrainConfig
from optviz.ui.embeddings_data import SESSION_MODEL
from optviz.ui.state import forget, remember

__all__ = ["Data", "Run", "Runs", "runs"]

TASK = "optviz.recommender.tasks:train_task"
"""Called as ``train_task(context, source=path or None, config=config.to_dict())``."""

LESSON_BASELINES = {"mean": 1.12, "bias": 0.7845}
"""Validation MSE on the bundled ratings and the lesson's split; a run sends its own."""


@dataclass(frozen=True, slots=True)
class Data:
    """Ratings that are loaded.

    Attributes:
        ratings: An ``optviz.recommender.data.Ratings``.
        source: None for the bundled ones, else the file that a worker can read again.
    """

    ratings: Any
    source: str | None = None


@dataclass(slots=True)
class Run:
    """One training run of this session."""

    job: Job
    config: TrainConfig
    data: Data
    fitted: Any = None
    problem: Problem | None = None
    seen: int = 0
    batches: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=list)
    epochs: dict[int, tuple[float, float]] = field(default_factory=dict)
    baselines: dict[str, float] = field(default_factory=dict)

    def read(self) -> None:
        """Take in the events since the last look, and the result once it is there."""
        for event in self.job.events(self.seen):
            self.seen = event.index + 1
            data = event.data
            if event.kind == "batch":
                at, loss = (np.atleast_1d(np.asarray(data[name], dtype=np.float64))
                            for name in ("epoch", "train_loss"))  # fmt: skip
                self.batches.append((at, loss))
            elif event.kind == "epoch":
                self.epochs[int(data["epoch"])] = (
                    float(data["train_loss"]),
                    float(data["valid_loss"]),
                )
            elif event.kind == "baselines":
                self.baselines = {name: float(value) for name, value in data.items()}
        if self.job.state == "done" and self.fitted is None and self.problem is None:
            self._take_result()
        elif self.job.state == "failed":
            error = self.job.error
            self.problem = error if isinstance(error, Problem) else None

    def _take_result(self) -> None:
        try:
            self.fitted = self.job.result(timeout=0)
            if hasattr(self.fitted, "attach"):
                self.fitted = self.fitted.attach(self.data.ratings) or self.fitted
        except Problem as problem:
            self.problem = problem
            return
        share(self.data, self.fitted)

    def curve(self) -> Curve:
        """What the loss chart draws."""
        empty = np.zeros(0)
        at = np.concatenate([batch[0] for batch in self.batches]) if self.batches else empty
        loss = np.concatenate([batch[1] for batch in self.batches]) if self.batches else empty
        epochs = sorted(self.epochs)
        return Curve(
            at,
            loss,
            np.array(epochs, dtype=np.float64),
            np.array([self.epochs[epoch][1] for epoch in epochs], dtype=np.float64),
            self.baselines or reference(self.data, self.config),
        )


class Runs:
    """The run shown, and the data the next one takes."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.data: Data | None = None

    def current_data(self) -> Data:
        """The uploaded ratings, else the bundled ones."""
        if self.data is None:
            from optviz.recommender.data import load_ratings

            self.data = Data(load_ratings())
        return self.data

    def upload(self, content: bytes) -> None:
        """Take uploaded ratings.

        Raises:
            Problem: They cannot be used; then the data stay as they were.
        """
        from optviz.recommender.data import load_ratings

        folder = remember("recommender uploads", _folder)
        path = Path(folder.name) / hashlib.sha256(content).hexdigest()[:16]
        ratings = load_ratings(content)
        path.write_bytes(content)  # a worker process reads the same file
        self.data = Data(ratings, str(path))

    def bundled(self) -> None:
        """Go back to the bundled ratings."""
        self.data = None

    @property
    def busy(self) -> bool:
        """Whether a run is under way (or paused)."""
        return self.run is not None and not self.run.job.finished

    def start(self, config: TrainConfig) -> None:
        """Begin a run, unless one is under way: a double click starts one run, not two."""
        if self.busy:
            return
        data = self.current_data()
        job = default_backend().submit(TASK, source=data.source, config=config.to_dict())
        self.run = Run(job, config, data)


def runs() -> Runs:
    """This session's runs; they outlive a visit to another page."""
    return remember("recommender runs", Runs)


def share(data: Data, fitted: Any) -> None:
    """Leave a model for the Embeddings page."""
    forget(SESSION_MODEL)
    remember(SESSION_MODEL, lambda: (data.ratings, fitted))


def reference(data: Data, config: TrainConfig) -> dict[str, float]:
    """The baselines where they are known beforehand."""
    return dict(LESSON_BASELINES) if data.source is None and config.split == "lesson" else {}


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="optviz-", ignore_cleanup_errors=True)
