"""Where a run stood at the end of its epochs, on disk: to go back to, or to go on after a crash."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

__all__ = ["MOST_BYTES", "Checkpoints"]

MOST_BYTES = 256 * 2**20
"""What the checkpoints of one run may take: 40 epochs of the default recommender with Adam."""


class Checkpoints:
    """States of one run by epoch; the newest is always there, older ones as far as room allows.

    They are written by our own workers into a folder of our own, so reading them with pickle
    runs nobody else's code.

    Args:
        folder: Where they are; made when first needed.
        most_bytes: What they may take together. Beyond that those go whose neighbours lie
            closest, so that what is left is spread over the run.
    """

    def __init__(self, folder: str | Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = Path(folder)
        self._most_bytes = most_bytes

    @property
    def epochs(self) -> list[int]:
        """The epochs that one can go back to, in order."""
        return sorted(int(path.stem) for path in self._folder.glob("*.checkpoint"))

    def save(self, epoch: int, state: Any) -> None:
        """Keep the state after an epoch. It is there as a whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f"{epoch}.draft"
        draft.write_bytes(pickle.dumps(state, protocol=5))
        draft.replace(self._path(epoch))
        while (epochs := self.epochs)[1:] and self._bytes() > self._most_bytes:
            gaps = [after - before for before, after in zip([0, *epochs], epochs[1:], strict=False)]
            self._path(epochs[gaps.index(min(gaps))]).unlink()

    def load(self, epoch: int) -> Any:
        """The state after an epoch.

        Raises:
            OSError: There is none.
        """
        return pickle.loads(self._path(epoch).read_bytes())

    def move(self, folder: str | Path, last: int) -> Checkpoints:
        """Take those up to an epoch elsewhere; a worker that still writes here disturbs nobody."""
        there = Checkpoints(folder, self._most_bytes)
        there._folder.mkdir(parents=True)
        for epoch in self.epochs:
            if epoch <= last:
                self._path(epoch).replace(there._path(epoch))
        return there

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{epoch}.checkpoint"

    def _bytes(self) -> int:
        return sum(self._path(epoch).stat().st_size for epoch in self.epochs)
