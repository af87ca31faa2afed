"""Several runs side by side: in which settings they differ, who is best, and all of it as a file.

No torch in here: a page draws its table from this module alone.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.recommender.config import CONTROLS, TrainConfig, controls_shown
from optviz.training.history import EpochRecord

__all__ = [
    "Entry",
    "Folds",
    "best_of",
    "counted",
    "cross_validated",
    "differing",
    "setting",
    "to_csv",
    "to_json",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One run as a table and a file tell of it.

    Attributes:
        name: What its owner calls it.
        config: The whole recipe.
        data: Which ratings it learns from.
        state: Where it is in its life, as :attr:`optviz.jobs.Job.state` has it.
        epochs: Its finished epochs.
        clock: Seconds of training at the end of each; NaN where unknown.
        steps: Steps taken so far.
        seconds: Time that training took so far, validation included.
        changes: (step, rate) of each change of the learning rate by hand.
    """

    name: str
    config: TrainConfig
    data: str
    state: str
    epochs: tuple[EpochRecord, ...] = ()
    clock: tuple[float, ...] = ()
    steps: int = 0
    seconds: float = 0.0
    changes: tuple[tuple[int, float], ...] = ()

    @property
    def best(self) -> EpochRecord | None:
        """The epoch with the lowest validation loss, the first of equals; None before any."""
        told = [record for record in self.epochs if math.isfinite(record.valid_loss)]
        return min(told, key=lambda record: record.valid_loss, default=None)


def best_of(entries: Sequence[Entry]) -> int | None:
    """The place of the run with the lowest validation loss; None before any has one."""
    losses = [
        (entry.best.valid_loss, place) for place, entry in enumerate(entries) if entry.best
    ]  # fmt: skip
    return min(losses)[1] if losses else None


@dataclass(frozen=True, slots=True)
class Folds:
    """What cross-validation says of a recipe.

    Attributes:
        config: The recipe, its ``fold`` being 1.
        losses: Fold → the validation loss after its last epoch, for those that have ended.
    """

    config: TrainConfig
    losses: Mapping[int, float]

    @property
    def complete(self) -> bool:
        """Whether all folds have ended."""
        return len(self.losses) == self.config.n_folds

    @property
    def mean(self) -> float:
        """Over the folds that have ended."""
        return float(np.mean(list(self.losses.values())))

    @property
    def deviation(self) -> float:
        """Standard deviation of a fold's loss, of at least two folds."""
        return float(np.std(list(self.losses.values()), ddof=1))


def cross_validated(entries: Sequence[Entry]) -> list[Folds]:
    """The recipes of which folds have ended, in order; of a fold trained twice the last counts.

    What was stopped before its last epoch, or had its rate changed by hand, does not count.
    """
    found: dict[TrainConfig, dict[int, float]] = {}
    for entry in entries:
        whole = len(entry.epochs) == entry.config.epochs and not entry.changes
        if entry.config.split == "folds" and entry.state == "done" and whole:
            losses = found.setdefault(entry.config.replace(fold=1), {})
            losses[entry.config.fold] = entry.epochs[-1].valid_loss
    return [Folds(config, dict(sorted(losses.items()))) for config, losses in found.items()]


def setting(config: TrainConfig, name: str) -> Any:
    """What a setting is; None where the recipe does not use it.

    Example:
        >>> setting(TrainConfig("als"), "lr") is None
        True
    """
    used = {control.name for control in controls_shown(config)}
    return getattr(config, name) if name in used else None


def differing(configs: Sequence[TrainConfig]) -> list[str]:
    """The settings in which recipes differ, in the order of the controls.

    Example:
        >>> differing([TrainConfig("net", lr=0.1), TrainConfig("net", epochs=5)])
        ['epochs', 'lr']
    """
    return [name for name in CONTROLS if len({setting(config, name) for config in configs}) > 1]


def counted(
    at: NDArray[np.float64], known: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a counter that began at zero showed: of seconds, or of steps.

    Args:
        at: (n,) epochs done.
        known: (m,) epochs done at which somebody looked at it, increasing.
        counts: (m,) what it showed then.

    Returns:
        (n,) what it showed, evenly spread between two looks.

    Example:
        >>> counted(np.array([0.5, 1.0, 1.5]), np.array([1.0, 2.0]), np.array([4.0, 6.0]))
        array([2., 4., 5.])
    """
    return np.interp(at, np.r_[0.0, known], np.r_[0.0, counts])


def to_csv(entries: Sequence[Entry]) -> str:
    """A row a run: its name, what it reached, and the whole recipe."""
    out = io.StringIO()
    head = ["name", "best_valid_loss", "best_epoch", "epochs_done", "steps", "seconds", "state",
            "data", "lr_changes", *CONTROLS]  # fmt: skip
    writer = csv.DictWriter(out, head, lineterminator="\n")
    writer.writeheader()
    for entry in entries:
        told = " ".join(f"{step}:{lr:g}" for step, lr in entry.changes)
        writer.writerow({**_summary(entry), "lr_changes": told, **entry.config.to_dict()})
    return out.getvalue()


def to_json(entries: Sequence[Entry]) -> str:
    """All that the table knows, with every epoch; JSON knows no NaN, so null stands for it."""
    return json.dumps(
        [
            {
                **_summary(entry),
                "lr_changes": [{"step": step, "lr": lr} for step, lr in entry.changes],
                "config": entry.config.to_dict(),
                "epochs": [
                    {
                        "epoch": record.epoch,
                        "train_loss": _plain(record.train_loss),
                        "valid_loss": _plain(record.valid_loss),
                        "seconds": _plain(seconds),
                    }
                    for record, seconds in zip(entry.epochs, entry.clock, strict=True)
                ],
            }
            for entry in entries
        ],
        allow_nan=False,
        ensure_ascii=False,
        indent=1,
    )


def _summary(entry: Entry) -> dict[str, Any]:
    best = entry.best
    return {
        "name": entry.name,
        "best_valid_loss": best.valid_loss if best else None,
        "best_epoch": best.epoch if best else None,
        "epochs_done": len(entry.epochs),
        "steps": entry.steps,
        "seconds": _plain(entry.seconds),
        "state": entry.state,
        "data": entry.data,
    }


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
