"""The session's sweeps and short trainings: jobs, and what they have told so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from optviz.figures.lr_finder import SweepCurve, Values
from optviz.jobs import Job, default_backend
from optviz.recommender.sweeps import RecommenderSetup
from optviz.training.lr_curve import smooth
from optviz.training.suggestions import suggest_lr
from optviz.training.sweeps import SmallSetup
from optviz.ui.followed import Asked, Followed, Shelf
from optviz.ui.learning_rate_state import Request
from optviz.ui.state import remember

__all__ = ["SweepRun", "Sweeps", "TrialRun", "sweeps"]

TRIAL_STEPS = 200
TRIAL_FACTORS = (0.1, 1.0, 10.0)


def _task(setup: SmallSetup | RecommenderSetup, kind: str) -> str:
    if isinstance(setup, RecommenderSetup):
        return f"optviz.recommender.sweeps:recommender_{kind}_task"
    return f"optviz.training.sweeps:small_{kind}_task"


class SweepRun(Asked):
    """One sweep, under way or done.

    Args:
        request: What was asked for.
        job: The job that does it.

    Attributes:
        curve: What had come by the last look.
    """

    request: Request

    def __init__(self, request: Request, job: Job) -> None:
        super().__init__(request, job)
        self.curve = SweepCurve()

    def take(self, kind: str, data: Any) -> None:
        """Take in steps of the sweep, a check, or theory's limit."""
        curve = self.curve
        if kind == "sweep":
            self.curve = replace(
                curve,
                lrs=np.concatenate([curve.lrs, data["lrs"]]),
                losses=np.concatenate([curve.losses, data["losses"]]),
            )
        elif kind == "check":
            self.curve = replace(
                curve,
                check_lrs=np.append(curve.check_lrs, data["lr"]),
                check_losses=np.append(curve.check_losses, data["loss"]),
            )
        elif kind == "limit":
            self.curve = replace(curve, limit=data["lr"])

    def forget(self) -> None:
        """Begin with an empty curve."""
        self.curve = SweepCurve()

    def take_result(self, result: Any) -> None:
        """Take over the whole curve."""
        self.curve = SweepCurve(
            result.lrs, result.losses, result.check_lrs, result.check_losses, result.limit
        )

    def suggestions(self, smoothing: float) -> dict[str, float]:
        """What the four rules read off the smoothed curve.

        Raises:
            Problem: Nothing can be read off it; the sentence says why.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            smoothed = smooth(self.curve.losses, smoothing)
        return suggest_lr(self.curve.lrs, smoothed, n_iter=self.request.plan.n_iter)


class TrialRun(Followed):
    """Short trainings at a rate, a tenth of it and ten times as much.

    Args:
        setup: What is trained.
        lr: The rate in the middle.
        job: The job that does it.

    Attributes:
        losses: Run → its losses, for the trainings that have ended.
    """

    def __init__(self, setup: SmallSetup | RecommenderSetup, lr: float, job: Job) -> None:
        super().__init__(job)
        self.setup = setup
        self.lr = lr
        self.losses: dict[int, Values] = {}

    @property
    def lrs(self) -> list[float]:
        """The rates, the chosen one in the middle."""
        return neighbours(self.lr)

    def take(self, kind: str, data: Any) -> None:
        """Take in a training that has ended."""
        if kind == "trial":
            self.losses[int(data["run"])] = data["losses"]

    def take_result(self, result: Any) -> None:
        """Nothing: each training has been told when it ended."""

    def curves(self) -> list[Values]:
        """The losses of the trainings that have ended, in the order of :attr:`lrs`."""
        return [self.losses[run] for run in sorted(self.losses)]


def neighbours(lr: float) -> list[float]:
    """A tenth of a rate, the rate, and ten times as much, without rounding dust."""
    return [float(f"{lr * factor:.12g}") for factor in TRIAL_FACTORS]


class Sweeps(Shelf[SweepRun]):
    """The sweep shown, those made before, and the last trial."""

    def __init__(self) -> None:
        super().__init__(_begin)
        self.trial: TrialRun | None = None

    def starts_by_itself(self, request: Request) -> bool:
        """Whether ``request`` differs from the sweep shown in nothing but its check."""
        if self.current is None or self.busy:
            return False
        shown = self.current.request
        plan = replace(shown.plan, n_checks=request.plan.n_checks)
        return replace(shown, plan=plan) == request

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


def _begin(request: Request) -> SweepRun:
    job = default_backend().submit(
        _task(request.setup, "sweep"), setup=request.setup, plan=request.plan
    )
    return SweepRun(request, job)


def sweeps() -> Sweeps:
    """This session's sweeps; they outlive a visit to another page."""
    return remember("learning rate sweeps", Sweeps)
