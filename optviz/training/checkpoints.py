"""Where a run stood at the end of its epochs, on disk: to go back to, or to go on after a crash.

Numbers go into a safetensors file, what holds them together into its header, as JSON: reading a
checkpoint runs no code, and gives back the very same bits.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.training.history import BatchRecord, EpochRecord, History

__all__ = ["MOST_BYTES", "Checkpoints"]

MOST_BYTES = 256 * 2**20
"""What the checkpoints of one run may take: 40 epochs of the default recommender with Adam."""


class Checkpoints:
    """States of one run by epoch; the newest is always there, older ones as far as room allows.

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
        """Keep the state after an epoch. It is there as a whole or not at all.

        Args:
            epoch: Its number.
            state: Dicts, lists and tuples of numbers, words, tensors, arrays and histories.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f"{epoch}.draft"
        draft.write_bytes(_dump(state))
        draft.replace(self._path(epoch))
        while (epochs := self.epochs)[1:] and self._bytes() > self._most_bytes:
            gaps = [after - before for before, after in zip([0, *epochs], epochs[1:], strict=False)]
            self._path(epochs[gaps.index(min(gaps))]).unlink()

    def load(self, epoch: int) -> Any:
        """The state after an epoch.

        Raises:
            OSError: There is none.
        """
        return _load(self._path(epoch).read_bytes())

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


def _dump(state: Any) -> bytes:
    from safetensors.numpy import save

    arrays: dict[str, NDArray[Any]] = {}

    def keep(array: NDArray[Any]) -> str:
        name = str(len(arrays))
        arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
        return name

    def written(value: Any) -> Any:
        if isinstance(value, dict):
            return {"dict": [[key, written(item)] for key, item in value.items()]}
        if isinstance(value, list | tuple):
            return {type(value).__name__: [written(item) for item in value]}
        if isinstance(value, np.ndarray):
            return {"array": keep(value)}
        if isinstance(value, History):
            batches = [(r.step, r.epoch, r.lr, r.train_loss) for r in value.batches]
            epochs = [(r.epoch, r.train_loss, r.valid_loss) for r in value.epochs]
            columns = (np.array(batches).reshape(-1, 4), np.array(epochs).reshape(-1, 3))
            return {"history": [keep(column) for column in columns]}
        if hasattr(value, "detach"):
            return {"tensor": keep(value.detach().cpu().numpy())}
        return value

    return save(arrays, {"state": json.dumps(written(state))})


def _load(content: bytes) -> Any:
    from safetensors.numpy import load

    arrays = load(content)
    # The header is a length (8 bytes, little-endian) and that much JSON.
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])["__metadata__"]

    def read(plain: Any) -> Any:
        if not isinstance(plain, dict):
            return plain
        ((kind, inside),) = plain.items()
        if kind == "dict":
            return {key: read(item) for key, item in inside}
        if kind == "array":
            return arrays[inside].copy()
        if kind == "tensor":
            import torch

            return torch.from_numpy(arrays[inside].copy())
        if kind == "history":
            batches, epochs = (arrays[name].tolist() for name in inside)
            return History(
                [BatchRecord(int(step), *rest) for step, *rest in batches],
                [EpochRecord(int(epoch), *rest) for epoch, *rest in epochs],
            )
        items = [read(item) for item in inside]
        return tuple(items) if kind == "tuple" else items

    return read(json.loads(header["state"]))
