"""The session's training runs and its data: the only place that knows how training is called."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.figures.recommender import Curve
from optviz.jobs import Job, default_backend
from optviz.recommender.config import DEFAULTS, TrainConfig
from optviz.recommender.split import split_baselines
from optviz.ui.embeddings_data import SESSION_MODEL
from optviz.ui.state import forget, remember

__all__ = ["Data", "Run", "Runs", "runs"]

TRAIN = "optviz.recommender.tasks:train_task"
READ = "optviz.recommender.tasks:read_task"

_QUICK = 300_000
"""Baselines of so many ratings are found within a tenth of a second; of more, only by a job."""

Origin = Literal["trained", "file", "bundled"]


@dataclass(slots=True, eq=False)
class Data:
    """Ratings that are loaded.

    Attributes:
        ratings: An ``optviz.recommender.data.Ratings``.
        source: None for the bundled ones, else the path that a worker can read again.
        known: Baselines found so far, by split.
    """

    ratings: Any
    source: str | None = None
    known: dict[tuple[Any, ...], dict[str, float]] = field(default_factory=dict)

    def baselines(self, config: TrainConfig) -> dict[str, float]:
        """What there is to beat on the split of ``config``; empty where it takes a run to say."""
        split = _split(config)
        if split not in self.known:
            if self.ratings.n_ratings > _QUICK:
                return {}
            try:
                self.known[split] = split_baselines(self.ratings, config)
            except Problem:  # too few rows for this split: the run will say so
                return {}
        return self.known[split]


def _split(config: TrainConfig) -> tuple[Any, ...]:
    lesson = config.split == "lesson"
    return ("lesson",) if lesson else (config.valid_fraction, config.seed)


@dataclass(slots=True, eq=False)
class Run:
    """One model of this session, trained or being trained here, or read from a file.

    Attributes:
        config: Its recipe.
        data: What it learns from.
        job: The training; None if there was none here.
        origin: Where it comes from.
        fitted: The ``FittedModel``, once there is one.
        problem: Why there is none.
        kept: What the results' tabs have worked out from ``fitted``.
    """

    config: TrainConfig
    data: Data
    job: Job | None = None
    origin: Origin = "trained"
    fitted: Any = None
    problem: Problem | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    _seen: int = 0
    _batches: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=list)
    _epochs: dict[int, float] = field(default_factory=dict)
    _baselines: dict[str, float] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """Whether it is under way, or paused."""
        return self.job is not None and not self.job.finished

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """(n_ratings,) the rows that ``fitted`` has not learnt from."""
        if "held out" not in self.kept:
            mask = np.zeros(self.data.ratings.n_ratings, dtype=bool)
            mask[self.fitted.valid_rows] = True
            self.kept["held out"] = mask
        held_out: NDArray[np.bool_] = self.kept["held out"]
        return held_out

    @property
    def state(self) -> str:
        """The job's state; ``"done"`` where there was no job."""
        return "done" if self.job is None else self.job.state

    @property
    def last(self) -> tuple[int, float] | None:
        """(epoch, validation MSE) of the latest finished epoch."""
        if self.fitted is not None and self.fitted.history.epochs:
            record = self.fitted.history.epochs[-1]
            return record.epoch, record.valid_loss
        return max(self._epochs.items(), default=None)

    def read(self) -> None:
        """Take in the events since the last look, and the result once it is there."""
        if self.job is None or self.fitted is not None or self.problem is not None:
            return
        for event in self.job.events(self._seen):
            self._seen = event.index + 1
            data = event.data
            if event.kind == "batch":
                at, loss = (np.atleast_1d(np.asarray(data[name], dtype=np.float64))
                            for name in ("epoch", "train_loss"))  # fmt: skip
                self._batches.append((at, loss))
            elif event.kind == "epoch":
                self._epochs[int(data["epoch"])] = float(data["valid_loss"])
            elif event.kind == "baselines":
                self._baselines = {name: float(value) for name, value in data.items()}
                self.data.known[_split(self.config)] = self._baselines
        if self.job.state == "done":
            self._take_result(self.job)
        elif self.job.state == "failed":
            error = self.job.error
            self.problem = (
                error if isinstance(error, Problem) else Problem("recommender.status.failed")
            )

    def _take_result(self, job: Job) -> None:
        try:
            self.fitted = job.result(timeout=0).attach(self.data.ratings)
        except Problem as problem:
            self.problem = problem
            return
        share(self)

    def curve(self) -> Curve:
        """What the loss chart draws."""
        if self.fitted is not None:  # events may have been thinned out meanwhile; this is whole
            history = self.fitted.history
            at = np.array([record.epoch for record in history.batches])
            loss = np.array([record.train_loss for record in history.batches])
            epochs = {record.epoch: record.valid_loss for record in history.epochs}
        else:
            empty = (np.zeros(0), np.zeros(0))
            at, loss = (
                np.concatenate(column) for column in zip(empty, *self._batches, strict=True)
            )
            epochs = self._epochs
        order = sorted(epochs)
        return Curve(
            at,
            loss,
            np.array(order, dtype=np.float64),
            np.array([epochs[epoch] for epoch in order], dtype=np.float64),
            self._baselines or self.data.baselines(self.config),
        )


class Runs:
    """The model shown, and the ratings that the next run takes."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._data: Data | None = None
        self._bundled: Run | None = None
        self._reading: tuple[Job, str] | None = None
        self._folder: Path | None = None
        self.given = 0
        """Counts what was given: each time is followed by a fresh, empty uploader."""
        self.problem: Problem | None = None
        """What was wrong with the file given last."""

    @property
    def data(self) -> Data:
        """The user's ratings, else the bundled ones."""
        return self._data or self._reference().data

    @property
    def source(self) -> str | None:
        """Where a worker finds the ratings; None for the bundled ones. Loads nothing."""
        return self._data.source if self._data is not None else None

    @property
    def run(self) -> Run | None:
        """The model to show: one under way, else the last one of the present ratings."""
        if self._run is not None and (self._run.busy or self._run.data is self.data):
            return self._run
        return None if self._data else self._reference()

    def _reference(self) -> Run:
        """The bundled ratings, with the model that travels with them."""
        if self._bundled is None:
            from optviz.recommender.data import load_ratings
            from optviz.recommender.storage import bundled_model

            ratings = load_ratings()
            fitted = bundled_model().attach(ratings)
            data = Data(ratings, known={("lesson",): dict(fitted.baselines)})
            self._bundled = Run(DEFAULTS["dot_bias"], data, origin="bundled", fitted=fitted)
        return self._bundled

    # ── ratings of the user's own ──

    @property
    def reading(self) -> bool:
        """Whether given ratings are being read. Look at :meth:`take_ratings` meanwhile."""
        return self._reading is not None

    def give(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Have given files read as ratings: one zip or table, or the files of one archive."""
        self.problem = None
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="optviz-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        digest = hashlib.sha256()
        for name, content in files:
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        path = self._folder / digest.hexdigest()[:16]
        if len(files) == 1:
            path.write_bytes(files[0][1])  # a worker process reads it
        else:
            path.mkdir(exist_ok=True)
            for name, content in files:
                (path / PurePath(name).name).write_bytes(content)
        self._reading = default_backend().submit(READ, source=str(path)), str(path)

    def take_ratings(self) -> None:
        """Take over what has been read; if it cannot be used, the data stay as they were."""
        if self._reading is None or not self._reading[0].finished:
            return
        (job, source), self._reading = self._reading, None
        self.given += 1
        try:
            ratings, baselines = job.result(timeout=0)
        except Problem as problem:
            self.problem = problem
        else:
            self._data = Data(ratings, source, {("lesson",): baselines})

    def back(self) -> None:
        """Go back to the bundled ratings."""
        self._data, self.problem = None, None

    # ── models ──

    @property
    def busy(self) -> bool:
        """Whether a run is under way (or paused)."""
        return self._run is not None and self._run.busy

    def start(self, config: TrainConfig) -> None:
        """Begin a run, unless one is under way: a double click starts one run, not two."""
        if self.busy:
            return
        data = self.data
        job = default_backend().submit(TRAIN, source=data.source, config=config.to_dict())
        self._run = Run(config, data, job)

    def open_model(self, content: bytes) -> TrainConfig:
        """Show a saved model of the present ratings.

        Returns:
            Its recipe.

        Raises:
            Problem: A run is under way, or the file cannot be used; then nothing changes.
        """
        from optviz.recommender.storage import load_model

        if self.busy:
            raise Problem("problem.recommender.busy")
        fitted = load_model(content, self.data.ratings)
        self._run = Run(fitted.config, self.data, origin="file", fitted=fitted)
        share(self._run)
        return fitted.config


def runs() -> Runs:
    """This session's runs; they outlive a visit to another page."""
    return remember("recommender runs", Runs)


def share(run: Run) -> None:
    """Leave a model for the Embeddings page, whose map knows movies by whole numbers."""
    if run.fitted.finite and run.data.ratings.item_ids.dtype.kind in "iu":
        forget(SESSION_MODEL)
        remember(SESSION_MODEL, lambda: (run.data.ratings, run.fitted))
