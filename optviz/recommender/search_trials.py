"""The trials of a search as a table and a file tell of them. No torch and no Optuna in here."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from optviz.core.problem import Problem
from optviz.recommender.config import CONTROLS, TrainConfig
from optviz.recommender.search_space import SearchPlan, write_ranges

__all__ = ["SearchTrial", "TrialState", "best_trial", "trials_to_csv", "trials_to_json"]

TrialState = Literal["running", "done", "pruned", "diverged", "failed", "stopped"]
"""Under way; trained to its end; ended early as one that is behind; a loss that is no number;
broken off by an error or a dead worker; ended with the whole search."""


@dataclass(frozen=True, slots=True)
class SearchTrial:
    """One recipe that a search tries.

    Attributes:
        number: Counted from 0 in the order of beginning.
        config: The whole recipe.
        values: What the search chose: setting → value. A setting that this recipe does not use
            is not in it.
        state: How far it is, or how it ended.
        curve: (epoch, error on the rows that judge) of each finished epoch.
        seconds: Time that its training took.
        problem: Why it failed.
    """

    number: int
    config: TrainConfig
    values: Mapping[str, Any]
    state: TrialState = "running"
    curve: tuple[tuple[int, float], ...] = ()
    seconds: float = 0.0
    problem: Problem | None = field(default=None, compare=False)

    @property
    def value(self) -> float | None:
        """What counts: the error after the last epoch; None of a trial that did not get there."""
        return self.curve[-1][1] if self.state == "done" and self.curve else None


def best_trial(trials: Iterable[SearchTrial]) -> SearchTrial | None:
    """The one with the lowest error, the first of equals; None before any has ended."""
    ended = [(trial.value, trial.number, trial) for trial in trials if trial.value is not None]
    return min(ended, key=lambda one: one[:2])[2] if ended else None


def trials_to_csv(trials: Sequence[SearchTrial]) -> str:
    """A row a trial: how it ended, what it reached, what was chosen, and the whole recipe."""
    out = io.StringIO()
    head = ["trial", "state", "searched_mse", "epochs_done", "seconds", *CONTROLS]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    for trial in trials:
        recipe = trial.config.to_dict()
        writer.writerow(
            [trial.number, trial.state, trial.value, len(trial.curve), round(trial.seconds, 3),
             *(recipe[name] for name in CONTROLS)]
        )  # fmt: skip
    return out.getvalue()


def trials_to_json(plan: SearchPlan, trials: Sequence[SearchTrial]) -> str:
    """The plan and every trial with its curve; JSON knows no NaN, so null stands for it."""
    return json.dumps(
        {
            "plan": {
                "base": plan.config.to_dict(),
                "ranges": write_ranges(plan.ranges),
                "n_trials": plan.n_trials,
                "seconds": plan.seconds,
                "at_once": plan.at_once,
                "pruning": plan.pruning,
                "seed": plan.seed,
                "sampler": "TPE (Optuna)",
                "judged_on": "a fifth of the training rows, drawn with seed 1",
            },
            "trials": [
                {
                    "trial": trial.number,
                    "state": trial.state,
                    "searched_mse": trial.value,
                    "seconds": round(trial.seconds, 3),
                    "chosen": dict(trial.values),
                    "config": trial.config.to_dict(),
                    "curve": [
                        {"epoch": epoch, "mse": mse if math.isfinite(mse) else None}
                        for epoch, mse in trial.curve
                    ],
                }
                for trial in trials
            ],
        },
        allow_nan=False,
        ensure_ascii=False,
        indent=1,
    )
