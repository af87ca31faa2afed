"""What a user's table tells of its points beside their vectors: numbers or words, by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_CLASSES", "Classes", "Column"]

MOST_CLASSES = 47
"""So many classes have a colour and a shape of their own; all others share one."""

_FEW_NUMBERS = 20
"""Whole numbers of no more different values are names of classes (digits, clusters)."""


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """A column of few values.

    Attributes:
        codes: (n,) which of ``names``; −1 for an empty cell and for what is too rare.
        names: Numbers in rising order; words by how often they occur.
        rare: Whether some were too many to have a place in ``names``.
    """

    codes: NDArray[np.int32]
    names: tuple[str, ...]
    rare: bool


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Column:
    """One column: numbers, or words.

    Attributes:
        name: Its head.
        numbers: (n,) NaN where a cell is empty; None for words.
        words: n texts, empty where a cell is; None for numbers.
    """

    name: str
    numbers: NDArray[np.float64] | None = None
    words: Sequence[str] | None = None

    def __len__(self) -> int:
        values = self.numbers if self.numbers is not None else self.words
        return 0 if values is None else len(values)

    def rows(self, rows: NDArray[np.int64]) -> Column:
        """Those rows of it."""
        if self.numbers is not None:
            return Column(self.name, numbers=self.numbers[rows])
        assert self.words is not None
        return Column(self.name, words=[self.words[row] for row in rows])

    def cell(self, row: int) -> str:
        """A cell as it is read; whole numbers without a point."""
        if self.words is not None:
            return self.words[row]
        assert self.numbers is not None
        value = float(self.numbers[row])
        if np.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)

    @property
    def graded(self) -> bool:
        """Whether it is a scale of numbers, and no choice of a few."""
        if self.numbers is None:
            return False
        known = self.numbers[np.isfinite(self.numbers)]
        some = np.unique(known[:10_000])
        few = len(some) <= _FEW_NUMBERS and bool(np.all(some == np.round(some)))
        if few:
            some = np.unique(known)
            few = len(some) <= _FEW_NUMBERS and bool(np.all(some == np.round(some)))
        return not few

    def shown(self, row: int) -> str:
        """A cell as a label has room for it."""
        if self.numbers is None or (value := float(self.numbers[row])).is_integer():
            return self.cell(row)
        return "" if np.isnan(value) else f"{value:.4g}".replace("-", "−")

    def classes(self) -> Classes:
        """Its values as classes; found once, as columns do not change."""
        if self not in _known:
            _known[self] = self._classes()
        return _known[self]

    def _classes(self) -> Classes:
        cells = np.array([self.cell(row) for row in range(len(self))], dtype=object)
        found, codes, counts = np.unique(
            cells.astype(str), return_inverse=True, return_counts=True
        )  # fmt: skip
        there = np.flatnonzero(found != "")
        if self.numbers is not None:
            order = there[np.argsort([float(found[i]) for i in there], kind="stable")]
        else:
            order = there[np.argsort(-counts[there], kind="stable")]
        kept = order[:MOST_CLASSES]
        place = np.full(len(found), -1, dtype=np.int32)
        place[kept] = np.arange(len(kept), dtype=np.int32)
        names = tuple(str(found[i]) for i in kept)
        return Classes(place[codes], names, len(order) > len(kept))


_known: WeakKeyDictionary[Column, Classes] = WeakKeyDictionary()
