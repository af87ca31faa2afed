"""One training run of the session, or a model read from a file, with the ratings it knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.figures.inside import Look
from optviz.figures.race import Curve
from optviz.jobs import AGAIN, Job
from optviz.language import Text
from optviz.recommender.config import TrainConfig, split_settings
from optviz.recommender.race import Entry
from optviz.recommender.search_space import search_rows
from optviz.recommender.split import refuse_split, row_baselines, split_baselines
from optviz.training.checkpoints import Checkpoints
from optviz.training.history import EpochRecord
from optviz.ui.embeddings_data import SESSION_MODEL
from optviz.ui.state import forget, remember

__all__ = ["Data", "Run", "share", "split_key"]

_QUICK = 300_000
"""Baselines of so many ratings are found within a tenth of a second; of more, only by a job."""

_MOST_LOOKS = 1000
"""Of more looks inside a run, the older half is thinned."""

Origin = Literal["trained", "file", "bundled"]


@dataclass(slots=True, eq=False)
class Data:
    """Ratings that are loaded.

    Attributes:
        ratings: An ``optviz.recommender.data.Ratings``.
        source: None for the bundled ones, else the path that a worker can read again.
        known: Baselines found so far, by split.
        refused: Why they cannot serve a split.
    """

    ratings: Any
    source: str | None = None
    known: dict[tuple[Any, ...], dict[str, float]] = field(default_factory=dict)
    refused: dict[tuple[Any, ...], Problem] = field(default_factory=dict)

    def baselines(self, config: TrainConfig) -> dict[str, float]:
        """What there is to beat on the split of ``config``; empty where it takes a run to say."""
        split = split_key(config)
        if split not in self.known and split not in self.refused:
            try:
                refuse_split(self.ratings, config)
                if self.ratings.n_ratings <= _QUICK:
                    self.known[split] = split_baselines(self.ratings, config)
            except Problem as problem:
                self.refused[split] = problem
        return self.known.get(split, {})

    def refusal(self, config: TrainConfig) -> Problem | None:
        """Why they cannot serve the split of ``config``, as far as that shows at once."""
        self.baselines(config)
        return self.refused.get(split_key(config))

    def searched_baselines(self, config: TrainConfig) -> dict[str, float]:
        """The same on the rows that judge the trials of a search from ``config``."""
        split = ("search", *split_key(config))
        if split not in self.known:
            if self.ratings.n_ratings > _QUICK:
                return {}
            try:
                rows = search_rows(self.ratings, config)
            except Problem:
                return {}
            self.known[split] = row_baselines(self.ratings, *rows)
        return self.known[split]


def split_key(config: TrainConfig) -> tuple[Any, ...]:
    """Equal keys, equal splits."""
    return tuple(split_settings(config).values())


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
        place: Tells it from the session's other runs, by its name and its colour.
        given: The name its owner gave it; empty if none.
        drawn: Whether it is on the chart while another one is looked at.
        folder: Where its checkpoints are; None if there are none.
        changes: (step, rate) of each change of the learning rate by hand.
        looks: What moved inside it.
        card: The graphics card it trains on; empty for the processor, None before it is known.
        kept: What the results' tabs have worked out from ``fitted``.
    """

    config: TrainConfig
    data: Data
    job: Job | None = None
    origin: Origin = "trained"
    fitted: Any = None
    problem: Problem | None = None
    place: int = 0
    given: str = ""
    drawn: bool = True
    folder: Path | None = None
    changes: list[tuple[int, float]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    _told: tuple[int, int] | None = None
    card: str | None = None
    _seen: int = 0
    _from: int = 0
    _batches: list[NDArray[np.float64]] = field(default_factory=list)
    _looks: list[tuple[float, float]] = field(default_factory=list)
    _epochs: dict[int, tuple[EpochRecord, float]] = field(default_factory=dict)
    _baselines: dict[str, float] = field(default_factory=dict)
    _lr: float | None = None

    def name(self, text: Text) -> str:
        """What it is called."""
        if self.given:
            return self.given
        if self.origin == "bundled":
            return text("recommender.race.bundled")
        if self.config.split == "folds":
            number, fold = self.place + 1, self.config.fold
            return text("recommender.race.fold", number=number, fold=fold)
        return text("recommender.race.name", number=self.place + 1)

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
    def sizes(self) -> tuple[int, int] | None:
        """(learnt from, held out): how many ratings are in either part; None until it is told."""
        if self._told is None and self.fitted is not None:
            valid = int(self.held_out.sum())
            self._told = len(self.held_out) - valid, valid
        return self._told

    @property
    def state(self) -> str:
        """The job's state; ``"done"`` where there was no job."""
        return "done" if self.job is None else self.job.state

    @property
    def steps(self) -> int:
        """Steps taken, as far as has been told."""
        if self.fitted is not None:
            return len(self.fitted.history.batches)
        return int(self._batches[-1][2, -1]) if self._batches and self._batches[-1].size else 0

    @property
    def last(self) -> tuple[int, float] | None:
        """(epoch, validation MSE) of the latest finished epoch."""
        records = self._records()
        return (records[-1].epoch, records[-1].valid_loss) if records else None

    # ── held in the hand ──

    @property
    def checkpoints(self) -> list[int]:
        """The epochs that one can go back to; 0 is the beginning. None of a model from a file."""
        if self.folder is None:
            return []
        told = {record.epoch for record in self._records()}  # a file may be ahead of its event
        return [0, *(epoch for epoch in Checkpoints(self.folder).epochs if epoch in told)]

    @property
    def broken(self) -> int | None:
        """The epoch to go on from, if training ended without a result."""
        lost = self.fitted is None and self.state in ("failed", "cancelled")
        return self.checkpoints[-1] if lost and len(self.checkpoints) > 1 else None

    @property
    def lr(self) -> float:
        """The learning rate as the user set it last."""
        return self.config.lr if self._lr is None else self._lr

    @property
    def by_hand(self) -> bool:
        """Whether its rate is not the recipe's alone."""
        return self._lr is not None or bool(self.changes)

    def set_lr(self, lr: float) -> None:
        """Go on with another learning rate.

        Raises:
            Problem: No recipe may have it.
        """
        lr = self.config.replace(lr=lr).lr
        if self.job is not None and self.busy and lr != self.lr:
            self.job.tell(lr=lr)
            self._lr = lr

    def go_on(self, until: str) -> None:
        """Resume, to the end of the next ``"batch"`` or ``"epoch"``, or to the ``"end"``."""
        if self.job is not None:
            self.job.tell(until=until)
            self.job.resume()

    def begin_again(self, job: Job, folder: Path, epoch: int) -> None:
        """Forget what came after an epoch, and follow the job that goes on from there."""
        self._forget(epoch)
        self._lr = self.changes[-1][1] if self.changes else None
        self.job, self.folder, self._seen, self._from = job, folder, 0, epoch
        self.fitted, self.problem = None, None
        self.kept.clear()

    def _forget(self, epoch: int) -> None:
        """Forget what came after an epoch."""
        curve, clock = self.curve(), {r.epoch: s for r, s in self._epochs.values()}
        records = {record.epoch: record for record in self._records()}
        seconds = curve.along("seconds", np.array(list(records), dtype=np.float64))
        clock = dict(zip(records, seconds.tolist(), strict=True)) | clock
        told = np.stack([curve.at, curve.train, curve.steps])[:, curve.at <= epoch + 1e-9]
        steps = int(told[2, -1]) if told.size else 0
        self._batches = [told]
        self._looks = [(float(e), clock[e]) for e in sorted(clock) if e <= epoch]
        self._epochs = {e: (records[e], clock[e]) for e in records if e <= epoch}
        # One that was made right after the epoch came after its checkpoint.
        self.changes = [change for change in self.changes if change[0] < steps]
        self.looks = [look for look in self.looks if look.epoch <= epoch + 1e-9]

    # ── looked at ──

    def read(self) -> None:
        """Take in the events since the last look, and the result once it is there."""
        if self.job is None or self.fitted is not None or self.problem is not None:
            return
        for event in self.job.events(self._seen):
            self._seen = event.index + 1
            data = event.data
            if event.kind == "batch":
                columns = [np.atleast_1d(np.asarray(data[name], dtype=np.float64))
                           for name in ("epoch", "train_loss", "step")]  # fmt: skip
                self._batches.append(np.stack(columns))
                self._looks.append((float(columns[0][-1]), float(data["seconds"])))
            elif event.kind == "epoch":
                names = ("epoch", "train_loss", "valid_loss")
                record = EpochRecord(*(data[name] for name in names))
                self._epochs[record.epoch] = record, float(data["seconds"])
            elif event.kind == "inside":
                self.looks.append(Look.of(data))
                if len(self.looks) > _MOST_LOOKS:
                    self.looks[: _MOST_LOOKS // 2] = self.looks[: _MOST_LOOKS // 2 : 2]
            elif event.kind == "lr":
                self.changes.append((int(data["step"]), float(data["lr"])))
            elif event.kind == AGAIN:
                self._forget(self._from)
            elif event.kind == "split":
                self._told = int(data["train"]), int(data["valid"])
            elif event.kind == "device":
                self.card = str(data["name"])
            elif event.kind == "baselines":
                self._baselines = {name: float(value) for name, value in data.items()}
                self.data.known[split_key(self.config)] = self._baselines
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

    def _records(self) -> list[EpochRecord]:
        if self.fitted is not None:
            return list(self.fitted.history.epochs)
        return [self._epochs[epoch][0] for epoch in sorted(self._epochs)]

    def curve(self) -> Curve:
        """What the loss chart draws."""
        if self.fitted is not None:  # events may have been thinned out meanwhile; this is whole
            batches = self.fitted.history.batches
            told = np.array([[r.epoch, r.train_loss, r.step] for r in batches], dtype=np.float64)
            told = told.reshape(-1, 3).T
        else:
            told = np.concatenate([np.zeros((3, 0)), *self._batches], axis=1)
        records = self._records()
        looks = self._clock(told[0])
        return Curve(
            told[0],
            told[1],
            np.array([record.epoch for record in records], dtype=np.float64),
            np.array([record.valid_loss for record in records], dtype=np.float64),
            self._baselines or self.data.baselines(self.config),
            told[2],
            looks[:, 0],
            looks[:, 1],
        )

    def _clock(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) epochs done and seconds, wherever the clock is known."""
        looks = list(self._looks)
        if self.fitted is not None and not looks:
            looks = [(float(i), seconds) for i, seconds in enumerate(self.fitted.clock, 1)]
            if at.size and (not looks or looks[-1][0] < at[-1]):
                looks.append((float(at[-1]), self.fitted.seconds))
        return np.array(looks, dtype=np.float64).reshape(-1, 2)

    def entry(self, text: Text) -> Entry:
        """What a table and a file tell of it."""
        curve, records = self.curve(), self._records()
        return Entry(
            self.name(text),
            self.config,
            self.data.ratings.version,
            self.state,
            tuple(records),
            tuple(curve.along("seconds", curve.epochs).tolist()),
            int(curve.steps[-1]) if curve.steps.size else 0,
            float(curve.clock[-1]) if curve.clock.size else 0.0,
            tuple(self.changes),
        )


def share(run: Run) -> None:
    """Leave a model for the Embeddings page, whose map knows movies by whole numbers."""
    if run.fitted.finite and run.data.ratings.item_ids.dtype.kind in "iu":
        forget(SESSION_MODEL)
        remember(SESSION_MODEL, lambda: (run.data.ratings, run.fitted))
