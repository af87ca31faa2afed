"""The session's sweeps and short trainings: jobs, and what they have told so far."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

import numpy as np

from optviz.core.problem import Problem
from optviz.figures.lr_finder import SweepCurve, Values
from optviz.jobs import Job, State, default_backend
from optviz.jobs.interface import FINAL
from optviz.recommender.sweeps import RecommenderSetup
from optviz.training.lr_curve import smooth
from optviz.training.suggestions import suggest_lr
from optviz.training.sweeps import SmallSetup
from optviz.ui.learning_rate_state import Request
from optviz.ui.state import remember

__all__ = ["SweepRun", "Sweeps", "TrialRun", "sweeps"]

_KEPT = 24
TRIAL_STEPS = 200
TRIAL_FACTORS = (0.1, 1.0, 10.0)


def _task(setup: SmallSetup | RecommenderSetup, kind: str) -> str:
    if isinstance(setup, RecommenderSetup):
        return f"optviz.recommender.sweeps:recommender_{kind}_task"
    return f"optviz.training.sweeps:small_{kind}_task"


@dataclass(slots=True, eq=False)
class SweepRun:
    """One sweep, under way or done.

    Attributes:
        request: What was asked for.
        job: The job that does it.
        state: The job's state at the last look; it goes with ``curve``, while the job itself
            may be further by now.
        curve: What had come by then.
        problem: Why it failed, if the user can be told.
    """

    request: Request
    job: Job
    state: State = "queued"
    curve: SweepCurve = field(default_factory=SweepCurve)
    problem: Problem | None = None
    _seen: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state in FINAL

    def read(self) -> None:
        """Take in the events since the last look, and the result once it is there."""
        if self.finished:
            return
        state, curve = self.job.state, self.curve
        for event in self.job.events(self._seen):
            self._seen = event.index + 1
            data = event.data
            if event.kind == "sweep":
                curve = SweepCurve(
                    np.concatenate([curve.lrs, data["lrs"]]),
                    np.concatenate([curve.losses, data["losses"]]),
                    curve.check_lrs, curve.check_losses, curve.limit,
                )  # fmt: skip
            elif event.kind == "check":
                curve = SweepCurve(
                    curve.lrs, curve.losses,
                    np.append(curve.check_lrs, data["lr"]),
                    np.append(curve.check_losses, data["loss"]),
                    curve.limit,
                )  # fmt: skip
            elif event.kind == "limit":
                curve = SweepCurve(
                    curve.lrs, curve.losses, curve.check_lrs, curve.check_losses, data["lr"]
                )
        self.curve = curve
        if state == "done":
            self._take_result()
        elif state == "failed":
            self.problem = problem_of(self.job)
        self.state = state

    def _take_result(self) -> None:
        # Old events may have been thinned out while nobody looked; the result has everything.
        found = self.job.result(timeout=0)
        self.curve = SweepCurve(
            found.lrs, found.losses, found.check_lrs, found.check_losses, found.limit
        )

    def suggestions(self, smoothing: float) -> dict[str, float]:
        """What the four rules read off the smoothed curve.

        Raises:
            Problem: Nothing can be read off it; the sentence says why.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            smoothed = smooth(self.curve.losses, smoothing)
        return suggest_lr(self.curve.lrs, smoothed, n_iter=self.request.plan.n_iter)


@dataclass(slots=True, eq=False)
class TrialRun:
    """Short trainings at a rate, a tenth of it and ten times as much."""

    setup: SmallSetup | RecommenderSetup
    lr: float
    job: Job
    losses: dict[int, Values] = field(default_factory=dict)
    _seen: int = 0

    @property
    def lrs(self) -> list[float]:
        """The rates, the chosen one in the middle."""
        return neighbours(self.lr)

    def read(self) -> None:
        """Take in the events since the last look."""
        for event in self.job.events(self._seen):
            self._seen = event.index + 1
            if event.kind == "trial":
                self.losses[int(event.data["run"])] = event.data["losses"]

    def curves(self) -> list[Values]:
        """The losses of the trainings that have ended, in the order of :attr:`lrs`."""
        return [self.losses[run] for run in sorted(self.losses)]


def neighbours(lr: float) -> list[float]:
    """A tenth of a rate, the rate, and ten times as much, without rounding dust."""
    return [float(f"{lr * factor:.12g}") for factor in TRIAL_FACTORS]


def problem_of(job: Job) -> Problem | None:
    """What the user can be told of a failed job."""
    return job.error if isinstance(job.error, Problem) else None


class Sweeps:
    """The sweep shown, those made before, and the last trial."""

    def __init__(self) -> None:
        self.current: SweepRun | None = None
        self.trial: TrialRun | None = None
        self._finished: OrderedDict[Request, SweepRun] = OrderedDict()
        self._scene: tuple[str | None, Request] | None = None

    @property
    def busy(self) -> bool:
        """Whether a sweep is under way."""
        return self.current is not None and not self.current.finished

    def look(self, request: Request, scene: str | None) -> None:
        """Take in what is new, and decide what to show for the settings as they are.

        A sweep made before is there at once. The first visit, a newly chosen scene and the
        check start theirs; any other change waits for the user.
        """
        self._collect()
        chosen = scene is not None and self._scene != (scene, request)
        self._scene = (scene, request)
        known = self._finished.get(request)
        if known is not None and not self.busy:
            self.current = known
        elif self.current is None or (
            self.current.request != request and (chosen or self._only_check(request))
        ):
            self.start(request)

    def _only_check(self, request: Request) -> bool:
        """Whether ``request`` differs from the sweep shown in nothing but its check."""
        if self.current is None or self.busy:
            return False
        shown = self.current.request
        plan = replace(shown.plan, n_checks=request.plan.n_checks)
        return replace(shown, plan=plan) == request

    def start(self, request: Request) -> None:
        """Begin a sweep; a double click begins one, not two."""
        if self.busy and self.current is not None:
            if self.current.request == request:
                return
            self.current.job.cancel()
        job = default_backend().submit(
            _task(request.setup, "sweep"), setup=request.setup, plan=request.plan
        )
        self.current = SweepRun(request, job)

    def cancel(self) -> None:
        """End the sweep; what has been drawn stays."""
        if self.current is not None:
            self.current.job.cancel()
            self.current.read()

    def try_out(self, setup: SmallSetup | RecommenderSetup, lr: float) -> None:
        """Train briefly at ``lr`` and at its neighbours."""
        trial = self.trial
        if trial is not None and not trial.job.finished:
            if (trial.setup, trial.lr) == (setup, lr):
                return
            trial.job.cancel()
        job = default_backend().submit(
            _task(setup, "trial"), setup=setup, lrs=neighbours(lr), n_steps=TRIAL_STEPS
        )
        self.trial = TrialRun(setup, lr, job)

    def _collect(self) -> None:
        run = self.current
        if run is None:
            return
        run.read()
        if run.state == "done":
            self._finished[run.request] = run
            self._finished.move_to_end(run.request)
            while len(self._finished) > _KEPT:
                self._finished.popitem(last=False)


def sweeps() -> Sweeps:
    """This session's sweeps; they outlive a visit to another page."""
    return remember("learning rate sweeps", Sweeps)
