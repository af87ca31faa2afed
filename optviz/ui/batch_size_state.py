"""What the Batch size page can be set to, and its telling scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from optviz.core.batches import SAMPLINGS
from optviz.core.problem import Problem
from optviz.core.sample_loss import BUNDLED, Samples
from optviz.core.stochastic import SCHEDULES, WALKERS, BatchSpec, suitable_lr
from optviz.core.surface import Point
from optviz.ui.fields import PageState, choice, custom, flag, integer
from optviz.ui.points import point

__all__ = [
    "AXES",
    "MOST_EPOCHS",
    "MOST_RUNS",
    "MOST_UPDATES",
    "PROBLEMS",
    "SCENES",
    "BatchSizeState",
    "on_problem",
    "samples_called",
]

PROBLEMS = ("diabetes", "taste", "cancer", "neuron")
AXES = ("updates", "epochs", "samples")
"""What the clock counts: every run makes as many updates, or every run sees as many samples."""

MOST_RUNS = 6
MOST_UPDATES = 2000
MOST_EPOCHS = 5
LARGEST_BATCH = 2000
FARTHEST = 1e4


def samples_called(name: str) -> Samples:
    """The samples of one of :data:`PROBLEMS`."""
    if name in BUNDLED:
        return BUNDLED[name]()
    from optviz.recommender.taste import taste_samples

    return taste_samples()


def _check_runs(value: Any) -> tuple[BatchSpec, ...]:
    runs = tuple(value)
    if len(runs) > MOST_RUNS:
        raise Problem("problem.batch_size.many", count=len(runs), limit=MOST_RUNS)
    for run in runs:
        if run.optimizer not in WALKERS:
            raise Problem("problem.batch_size.optimizer", known=", ".join(WALKERS))
        if run.schedule not in SCHEDULES:
            raise Problem("problem.state.choice", value=run.schedule, known=", ".join(SCHEDULES))
        if not 0 <= run.batch <= LARGEST_BATCH:
            raise Problem(
                "problem.state.range", value=run.batch, minimum="0", maximum=f"{LARGEST_BATCH}"
            )
        if not 0 < run.lr <= 1000:  # also refuses NaN
            raise Problem("problem.batch_size.lr", value=f"{run.lr:g}")
    return runs


def _write_runs(runs: tuple[BatchSpec, ...]) -> str:
    """``sgd,1,0.05,constant;adam,0,0.1,step``; 0 is a batch of all samples."""
    return ";".join(f"{r.optimizer},{r.batch},{r.lr!r},{r.schedule}" for r in runs)


def _read_runs(written: str) -> tuple[BatchSpec, ...]:
    runs = []
    for part in filter(None, written.split(";")):
        optimizer, batch, lr, schedule = part.split(",")
        runs.append(BatchSpec(optimizer, int(batch), float(lr), schedule))
    return tuple(runs)


_THREE = (BatchSpec("sgd", 0, 0.05), BatchSpec("sgd", 16, 0.05), BatchSpec("sgd", 1, 0.05))


@dataclass(frozen=True)
class BatchSizeState(PageState):
    """Everything the page shows follows from this."""

    page: ClassVar[str] = "batch_size"

    problem: str = choice("diabetes", PROBLEMS)
    runs: tuple[BatchSpec, ...] = custom(
        _THREE, check=_check_runs, parse=_read_runs, write=_write_runs
    )
    axis: str = choice("updates", AXES)
    updates: int = integer(120, 1, MOST_UPDATES)
    epochs: int = integer(2, 1, MOST_EPOCHS)
    sampling: str = choice("shuffled", SAMPLINGS)
    seed: int = integer(0, 0, 9999)
    start: Point = point((-0.5, 0.8), FARTHEST)  # noqa: RUF009
    focus: int = integer(2, 0, MOST_RUNS)
    step: int = integer(12, -1, MOST_UPDATES)
    batch: bool = flag(True)
    noise: bool = flag(True)
    ball: bool = flag(False)

    @property
    def focused(self) -> int | None:
        """The run being edited and looked at; None when there is none."""
        return min(self.focus, len(self.runs) - 1) if self.runs else None


def on_problem(state: BatchSizeState, name: str) -> dict[str, Any]:
    """The fields of a fresh look at other samples: rates that suit them, their own start."""
    samples = samples_called(name)
    runs = tuple(
        replace(run, lr=suitable_lr(samples, run.optimizer, run.batch)) for run in state.runs
    )
    return {"problem": name, "runs": runs, "start": samples.start, "step": -1}


SCENES: Mapping[str, Mapping[str, Any]] = {
    "single": {},
    "price": {
        "problem": "taste",
        "axis": "samples",
        "runs": (BatchSpec("sgd", 0, 0.6), BatchSpec("sgd", 32, 0.6), BatchSpec("sgd", 1, 0.03)),
        "start": (-1.2, -1.2),
        "focus": 1,
        "step": -1,
    },
    "paired": {
        "problem": "taste",
        "runs": (
            BatchSpec("sgd", 8, 0.1), BatchSpec("momentum", 8, 0.02), BatchSpec("adam", 8, 0.1),
        ),
        "updates": 200,
        "start": (-1.2, -1.2),
        "focus": 0,
        "step": 25,
    },
    "ball": {
        "runs": (BatchSpec("sgd", 1, 0.05), BatchSpec("sgd", 16, 0.05)),
        "sampling": "replaced",
        "updates": 2000,
        "step": -1,
        "focus": 0,
        "batch": False,
        "noise": False,
        "ball": True,
    },
    "rates": {
        "runs": (
            BatchSpec("sgd", 1, 0.05),
            BatchSpec("sgd", 1, 0.05, "inverse"),
            BatchSpec("sgd", 1, 0.05, "step"),
        ),
        "sampling": "replaced",
        "updates": 2000,
        "step": -1,
        "focus": 1,
        "batch": False,
        "noise": False,
        "ball": True,
    },
}  # fmt: skip
"""Scene → the fields that differ from the defaults; the words are under batch_size.scene."""
