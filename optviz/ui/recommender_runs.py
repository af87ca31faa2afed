"""The session's training runs and its data: the only place that knows how training is called."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Sequence
from pathlib import PurePath

from optviz.core.problem import Problem
from optviz.jobs import Job, default_backend
from optviz.recommender.config import DEFAULTS, TrainConfig
from optviz.recommender.split import folds_of, refuse_split
from optviz.training.checkpoints import Checkpoints
from optviz.ui.recommender_run import Data, Run, share, split_key
from optviz.ui.session_folder import SessionFolder
from optviz.ui.state import remember

__all__ = ["LONGEST", "MOST", "Data", "Run", "Runs", "runs"]

TRAIN = "optviz.recommender.tasks:train_task"
READ = "optviz.recommender.tasks:read_task"

MOST = 8
"""So many runs can be told apart on one chart."""

LONGEST = 24
"""Letters in a run's name; the legend has room for so many."""


class Runs:
    """The runs of this session, the one looked at, and the ratings that the next run takes."""

    def __init__(self) -> None:
        self._all: list[Run] = []
        self._looked: Run | None = None
        self._data: Data | None = None
        self._bundled: Run | None = None
        self._reading: tuple[Job, str] | None = None
        self._folder = SessionFolder()
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
        """The one looked at: it is under way, or it is of the present ratings."""
        looked = self._looked
        if looked is not None and (looked.busy or looked.data is self.data):
            return looked
        present = [run for run in self._all if run.data is self.data]
        if present:
            return present[-1]
        return None if self._data else self._reference()

    @property
    def shown(self) -> list[Run]:
        """All that can be compared with the one looked at, itself included; ours comes first."""
        run = self.run
        if run is None:
            return []
        alike = [other for other in self._all if other.data is run.data]
        return [self._reference(), *alike] if run.data.source is None else alike

    def _reference(self) -> Run:
        """The bundled ratings, with the model that travels with them."""
        if self._bundled is None:
            from optviz.recommender.data import load_ratings
            from optviz.recommender.storage import bundled_model

            ratings = load_ratings()
            fitted = bundled_model().attach(ratings)
            data = Data(ratings, known={split_key(fitted.config): dict(fitted.baselines)})
            self._bundled = Run(
                DEFAULTS["dot_bias"], data, origin="bundled", fitted=fitted, place=MOST, drawn=False
            )
        return self._bundled

    # ── ratings of the user's own ──

    @property
    def reading(self) -> bool:
        """Whether given ratings are being read. Look at :meth:`take_ratings` meanwhile."""
        return self._reading is not None

    def give(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Have given files read as ratings: one zip or table, or the files of one archive."""
        self.problem = None
        digest = hashlib.sha256()
        for name, content in files:
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        path = self._folder.path / digest.hexdigest()[:16]
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
            self._data = Data(ratings, source, {split_key(DEFAULTS["als"]): baselines})

    def back(self) -> None:
        """Go back to the bundled ratings."""
        self._data, self.problem = None, None

    # ── models ──

    @property
    def busy(self) -> int:
        """How many runs are under way (or paused)."""
        return sum(run.busy for run in self._all)

    @property
    def states(self) -> tuple[str, ...]:
        """Of all runs; what the page's buttons depend on."""
        return tuple(run.state for run in self._all)

    def read(self) -> None:
        """Take in what all runs have told since the last look."""
        for run in self._all:
            run.read()
        # Own ratings cannot come back once they are replaced; what they taught goes with them.
        ours = self._bundled.data if self._bundled is not None else None
        self._all = [run for run in self._all if run.busy or run.data in (ours, self._data)]

    def under_way(self, config: TrainConfig) -> Run | None:
        """The run of the present ratings that follows this very recipe just now, or a fold."""
        wanted = folds_of(config)
        alike = (run for run in self._all if run.config in wanted and run.data is self.data)
        return next((run for run in alike if run.busy and not run.by_hand), None)

    def start(self, config: TrainConfig) -> None:
        """Begin a run and look at it; a double click starts one run, not two.

        A recipe of cross-validation begins a run for every fold, of which the first is looked at.

        Raises:
            Problem: There are too many runs already, or the ratings cannot serve the split.
        """
        known = self.under_way(config)
        if known is not None:
            self._looked = known
            return
        refuse_split(self.data.ratings, config)
        wanted = folds_of(config)
        if len(wanted) > 1 and len(wanted) > (free := MOST - len(self._all)):
            raise Problem("problem.recommender.folds", folds=len(wanted), free=free, most=MOST)
        begun = [self._begin(each) for each in wanted]
        self._looked = begun[0]

    def _begin(self, config: TrainConfig) -> Run:
        place, data, folder = self._free_place(), self.data, self._folder.path / uuid.uuid4().hex
        job = default_backend().submit(
            TRAIN, source=data.source, config=config.to_dict(), folder=str(folder)
        )
        run = Run(config, data, job, place=place, folder=folder)
        self._add(run)
        return run

    def rewind(self, run: Run, epoch: int, *, held: bool = True) -> None:
        """Go back to a finished epoch of a run, and on from there.

        Args:
            run: One trained here.
            epoch: One of ``run.checkpoints``.
            held: Whether to wait there until told to go on.
        """
        if run.job is None or run.folder is None or epoch not in run.checkpoints:
            return
        run.job.cancel()
        run.read()
        # A folder of its own: the old worker may still write into the old one.
        old, folder = run.folder, self._folder.path / uuid.uuid4().hex
        Checkpoints(old).move(folder, epoch)
        job = default_backend().submit(
            TRAIN, source=run.data.source, config=run.config.to_dict(), folder=str(folder),
            start=epoch, held=held,
        )  # fmt: skip
        run.begin_again(job, folder, epoch)
        shutil.rmtree(old, ignore_errors=True)

    def open_model(self, content: bytes, name: str = "") -> TrainConfig:
        """Show a saved model of the present ratings.

        Args:
            content: Of the file.
            name: What to call it, if no other run is called so.

        Returns:
            Its recipe.

        Raises:
            Problem: There are too many runs, or the file cannot be used; then nothing changes.
        """
        from optviz.recommender.storage import load_model

        fitted = load_model(content, self.data.ratings)
        run = Run(fitted.config, self.data, origin="file", fitted=fitted, place=self._free_place())
        run.changes = list(fitted.changes)
        if name not in {other.given for other in self._all}:
            run.given = name[:LONGEST]
        self._add(run)
        share(run)
        return fitted.config

    def _free_place(self) -> int:
        free = set(range(MOST)) - {run.place for run in self._all}
        if not free:
            raise Problem("problem.recommender.full", most=MOST)
        return min(free)

    def _add(self, run: Run) -> None:
        self._all.append(run)
        self._looked = run

    def look(self, run: Run) -> None:
        """Look at a run: its results are shown."""
        self._looked = run

    def delete(self, run: Run) -> None:
        """Drop a run, also one that is under way."""
        if run.job is not None:
            run.job.cancel()
        if run in self._all:
            self._all.remove(run)
        if self._looked is run:
            self._looked = None
        if run.folder is not None:
            shutil.rmtree(run.folder, ignore_errors=True)


def runs() -> Runs:
    """This session's runs; they outlive a visit to another page."""
    return remember("recommender runs", Runs)
