"""The Schedules page's trainings: jobs, and what they have told so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from optviz.jobs import Job, default_backend
from optviz.training.layers import Moves
from optviz.ui.followed import Followed
from optviz.ui.state import remember

__all__ = ["Training", "Trainings", "trainings"]


class Training(Followed):
    """One training, under way or over.

    Args:
        name: The schedule, or ``"layers"`` and ``"same"`` for the two of the layers' part.
        job: The job that does it.

    Attributes:
        valid: Epoch → validation loss.
        baselines: ``"mean"`` and ``"bias"`` → validation MSE.
        moves: How far the layers were moved.
    """

    def __init__(self, name: str, job: Job) -> None:
        super().__init__(job)
        self.name = name
        self.valid: dict[int, float] = {}
        self.baselines: dict[str, float] = {}
        self.moves = Moves()

    def take(self, kind: str, data: Any) -> None:
        """Take in an epoch, the baselines, or how the layers were moved."""
        if kind == "epoch":
            self.valid[int(data["epoch"])] = float(data["valid_loss"])
        elif kind == "baselines":
            self.baselines = {name: float(value) for name, value in data.items()}
        elif kind == "moves":
            norms = np.asarray(data["norms"], dtype=np.float64)
            old = self.moves.norms if self.moves.norms.size else norms[:0]
            self.moves = Moves(
                epochs=np.append(self.moves.epochs, data["epochs"]),
                norms=np.concatenate([old, norms]),
            )

    def forget(self) -> None:
        """Begin anew."""
        self.valid, self.moves = {}, Moves()

    def take_result(self, result: Any) -> None:
        """Take over the whole history."""
        if isinstance(result, Moves):
            self.moves, self.valid = result, dict(result.valid)
        else:
            self.valid = {record.epoch: record.valid_loss for record in result.history.epochs}
            self.baselines = dict(result.baselines)


class Trainings:
    """The trainings of one part of the page, all begun together."""

    def __init__(self) -> None:
        self.request: Any = None
        self.runs: list[Training] = []

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return any(not run.finished for run in self.runs)

    def begins(self, request: Any, scene: str | None) -> bool:
        """Whether to start by itself: at the first look, and for a scene that was set up."""
        return self.request is None or (scene is not None and self.request != request)

    def start(self, request: Any, tasks: dict[str, tuple[str, dict[str, Any]]]) -> None:
        """Begin anew; a double click begins once.

        Args:
            request: What was asked for; equal requests give equal runs.
            tasks: Name → (task, its arguments).
        """
        self.read()
        if self.busy:
            if request == self.request:
                return
            self.cancel()
        backend = default_backend()
        self.request = request
        self.runs = [
            Training(name, backend.submit(task, **arguments))
            for name, (task, arguments) in tasks.items()
        ]

    def cancel(self) -> None:
        """End all; what has been drawn stays."""
        for run in self.runs:
            if not run.finished:
                run.job.cancel()
        self.read()

    def read(self) -> None:
        """Take in what is new."""
        for run in self.runs:
            run.read()

    @property
    def fraction(self) -> float:
        """The part of the work that is done, from 0 to 1."""
        parts = []
        for run in self.runs:
            progress = run.job.progress
            parts.append(1.0 if run.finished else progress.fraction if progress else 0.0)
        return sum(parts) / len(parts) if parts else 0.0


def trainings(part: str) -> Trainings:
    """This session's trainings of a part; they outlive a visit to another page."""
    return remember(f"schedules trainings {part}", Trainings)
