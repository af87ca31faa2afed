"""What a training run leaves behind: plain records that nothing changes afterwards."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["BatchRecord", "EpochRecord", "History"]


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One step.

    Attributes:
        step: Its number, from 1.
        epoch: Passes over the data done after it; a fraction within an epoch.
        lr: The learning rate used (NaN where the method has none).
        train_loss: Mean loss of the batch, before the step.
    """

    step: int
    epoch: float
    lr: float
    train_loss: float


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One pass over the training rows.

    Attributes:
        epoch: Its number, from 1.
        train_loss: Mean over its rows of the loss *while* training (dropout on, weights moving).
        valid_loss: Mean over all validation rows after it (NaN without validation).
    """

    epoch: int
    train_loss: float
    valid_loss: float


@dataclass(slots=True)
class History:
    """All records of a run, in order."""

    batches: list[BatchRecord] = field(default_factory=list)
    epochs: list[EpochRecord] = field(default_factory=list)

    def copy(self) -> History:
        """One that grows on its own; the records are shared, as nothing changes them."""
        return History(list(self.batches), list(self.epochs))

    def stalled(self, patience: int) -> bool:
        """Whether the validation loss has not fallen below its least for ``patience`` epochs.

        Prechelt (1998), "Early Stopping — But When?". A patience of 0 never ends.

        Example:
            >>> falls = [EpochRecord(i, 1.0, loss) for i, loss in enumerate([3.0, 2.0, 2.5], 1)]
            >>> History([], falls).stalled(1), History([], falls).stalled(2)
            (True, False)
        """
        if not 0 < patience < len(self.epochs):
            return False
        losses = [r.valid_loss if math.isfinite(r.valid_loss) else math.inf for r in self.epochs]
        return min(losses[-patience:]) >= min(losses[:-patience])

    def to_dict(self) -> dict[str, list[dict[str, float | None]]]:
        """Plain values; what is not a finite number becomes None, as JSON knows no NaN."""
        return {
            name: [{k: _plain(v) for k, v in asdict(record).items()} for record in records]
            for name, records in (("batches", self.batches), ("epochs", self.epochs))
        }

    @classmethod
    def from_dict(cls, plain: dict[str, list[dict[str, Any]]]) -> History:
        """The inverse of :meth:`to_dict` (None becomes NaN)."""

        def read(record: dict[str, Any]) -> dict[str, Any]:
            return {k: math.nan if v is None else v for k, v in record.items()}

        return cls(
            [BatchRecord(**read(record)) for record in plain["batches"]],
            [EpochRecord(**read(record)) for record in plain["epochs"]],
        )

    def to_json(self) -> str:
        """The records as JSON.

        Example:
            >>> History([], [EpochRecord(1, 0.5, 0.25)]).to_json()
            '{"batches": [], "epochs": [{"epoch": 1, "train_loss": 0.5, "valid_loss": 0.25}]}'
        """
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> History:
        """The inverse of :meth:`to_json`."""
        return cls.from_dict(json.loads(text))


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
