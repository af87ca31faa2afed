"""From a user's table to points: which columns are the vector, and what the others tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.embedding.columns import Column
from optviz.embedding.own_files import Table

__all__ = [
    "MOST_DIMENSIONS",
    "OwnTable",
    "Points",
    "as_own",
    "columns_of",
    "points_of",
    "with_labels",
]

MOST_DIMENSIONS = 512
FEWEST_POINTS = 3

_NUMBERED = re.compile(
    r"(?P<family>|dim|dimension|d|x|v|e|f|z|emb|embedding|feature|component|pc|latent|factor)"
    r"[ _.\-\[]*\d+\]?",
    re.IGNORECASE,
)
_NAMING = ("title", "label", "name", "word", "token", "text", "id")
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class OwnTable:
    """What was read: numbers that look like a vector's, and everything else.

    Attributes:
        name: Of the file.
        numbers: (n, m) float32, the columns that were taken for the vector's.
        heads: Their m names.
        columns: The others.
    """

    name: str
    numbers: NDArray[np.float32]
    heads: tuple[str, ...]
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def numeric(self) -> tuple[str, ...]:
        """All columns of numbers, the vector's first."""
        return *self.heads, *(one.name for one in self.columns if one.numbers is not None)

    @property
    def described(self) -> tuple[str, ...]:
        """The columns of numbers that are not taken for the vector's."""
        return tuple(one.name for one in self.columns if one.numbers is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """A table as the map wants it.

    Attributes:
        vectors: (n, d) float32, finite, read-only.
        names: One a point, all different.
        columns: What else is told of each.
        rows: (n,) rows of the table, from 0: some may have been left out.
    """

    vectors: NDArray[np.float32]
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: NDArray[np.int64]


def as_own(table: Table, name: str) -> OwnTable:
    """Tell the vector's columns from the others, by their names and by what they hold.

    Columns that count themselves (``dim_0``, ``dim_1`` …; ``0``, ``1`` …) are the vector; else
    all columns of fractions; else all columns of numbers. A list of numbers in one cell, as
    Parquet can hold it, is a vector by itself.

    Raises:
        Problem: No column holds numbers, or a cell of the vector's does not.
    """
    if table.matrix is not None:
        return OwnTable(name, _single(table.matrix), table.names, ())
    found = [_Parsed(head, array) for head, array in zip(table.names, table.columns, strict=True)]
    lists = [one for one in found if one.is_list]
    if lists:
        block = lists[0].as_matrix()
        heads = tuple(f"{lists[0].head} {i}" for i in range(block.shape[1]))
        rest = [one.as_column() for one in found if not one.is_list]
        return OwnTable(name, block, heads, tuple(rest))
    vector = _guess(found, table.headed)
    for place, one in enumerate(found):
        if one.head in vector:
            _require_numbers(one, place, table.headed)
    block = np.empty((len(table), len(vector)), dtype=np.float32, order="F")
    chosen = [one for one in found if one.head in vector]
    for place, one in enumerate(chosen):
        with np.errstate(over="ignore"):
            block[:, place] = one.as_numbers()
    rest = [one.as_column() for one in found if one.head not in vector]
    heads = tuple(one.head for one in chosen)
    return OwnTable(name, np.ascontiguousarray(block), heads, tuple(rest))


def with_labels(own: OwnTable, labels: Table) -> OwnTable:
    """Add all columns of a second file, which tells of the same points in the same order.

    Raises:
        Problem: It has another number of rows.
    """
    if len(labels) != len(own):
        raise Problem("problem.own.labels", labels=f"{len(labels):,}", vectors=f"{len(own):,}")
    # A vector without heads and labels without them both count from 1.
    taken = set(own.heads) | {one.name for one in own.columns}
    columns = [
        Column(f"* {one.name}", one.numbers, one.words) if one.name in taken else one
        for one in columns_of(labels)
    ]
    return OwnTable(own.name, own.numbers, own.heads, (*own.columns, *columns))


def columns_of(table: Table) -> tuple[Column, ...]:
    """All columns of a table, none of them a vector's."""
    if table.matrix is not None:
        return tuple(
            Column(head, numbers=table.matrix[:, i].astype(np.float64))
            for i, head in enumerate(table.names)
        )
    return tuple(
        _Parsed(head, array).as_column()
        for head, array in zip(table.names, table.columns, strict=True)
    )


def points_of(
    own: OwnTable,
    described: Collection[str],
    naming: str | None = None,
    *,
    leave_out: bool = False,
) -> Points:
    """The points of a table.

    Args:
        own: The table.
        described: Columns of numbers that tell of a point, and are not of its vector.
        naming: The column that names the points; None chooses one.
        leave_out: Go without the rows whose vector is not finite.

    Raises:
        Problem: There is nothing to be laid out; the sentence says why.
    """
    vectors, columns = _divided(own, described)
    d = vectors.shape[1]
    if d > MOST_DIMENSIONS:
        raise Problem("problem.own.wide", d=d, most=MOST_DIMENSIONS)
    if d < 2:
        raise Problem("problem.own.flat", d=d)
    rows = np.arange(len(own))
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if broken.size and not leave_out:
        first = ", ".join(f"{row + 1:,}" for row in broken[:_SHOWN])
        more = "…" if broken.size > _SHOWN else ""
        raise Problem("problem.own.not_finite", n=f"{broken.size:,}", rows=first + more)
    if broken.size:
        rows = np.delete(rows, broken)
        vectors = vectors[rows]
        columns = tuple(one.rows(rows) for one in columns)
    if len(vectors) < FEWEST_POINTS:
        raise Problem("problem.own.few", n=len(vectors), fewest=FEWEST_POINTS)
    if not np.ptp(vectors, axis=0).any():
        raise Problem("problem.embedding.all_equal")
    vectors = np.ascontiguousarray(vectors)
    vectors.setflags(write=False)
    return Points(vectors, _names(columns, naming, rows), columns, rows)


def _divided(
    own: OwnTable, described: Collection[str]
) -> tuple[NDArray[np.float32], tuple[Column, ...]]:
    """The vector's numbers and the other columns, once the user has had the say."""
    stay = [i for i, head in enumerate(own.heads) if head not in described]
    moved = [
        Column(head, numbers=own.numbers[:, i].astype(np.float64))
        for i, head in enumerate(own.heads)
        if head in described
    ]
    joined = [one for one in own.columns if one.numbers is not None and one.name not in described]
    rest = [one for one in own.columns if one not in joined]
    vectors = own.numbers if len(stay) == len(own.heads) else own.numbers[:, stay]
    if joined:
        with np.errstate(over="ignore"):
            added = np.stack([one.numbers for one in joined if one.numbers is not None], axis=1)
            vectors = np.concatenate([vectors, added.astype(np.float32)], axis=1)
    return vectors, (*rest, *moved)


def _names(
    columns: Sequence[Column], naming: str | None, rows: NDArray[np.int64]
) -> tuple[str, ...]:
    chosen = next((one for one in columns if one.name == naming), None) or _naming(columns)
    given = [chosen.cell(i).strip() if chosen else "" for i in range(len(rows))]
    often: dict[str, int] = {}
    for name in given:
        often[name] = often.get(name, 0) + 1
    # A list tells its entries apart by their words.
    return tuple(
        name if name and often[name] == 1 else f"{name} #{row + 1}".strip()
        for name, row in zip(given, rows.tolist(), strict=True)
    )


def _naming(columns: Sequence[Column]) -> Column | None:
    """The column that most likely names the points."""
    words = [one for one in columns if one.words is not None]
    for name in _NAMING:
        for one in words:
            if one.name.lower() == name:
                return one
    return max(words, key=lambda one: len(set(one.words or ())), default=None)


def _single(matrix: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(matrix, dtype=np.float32)


class _Parsed:
    """A column as Arrow read it."""

    def __init__(self, head: str, array: Any) -> None:
        from pyarrow import types

        self.head = head
        self.array = array
        self.is_list = types.is_list(array.type) or types.is_fixed_size_list(array.type) or (
            types.is_large_list(array.type)
        )  # fmt: skip
        self.is_number = any(
            test(array.type)
            for test in (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
        )
        self.is_fraction = types.is_floating(array.type)
        self.is_empty = types.is_null(array.type)

    def as_numbers(self) -> NDArray[np.float64]:
        values = self.array.cast("float64") if not self.is_fraction else self.array
        found: NDArray[np.float64] = values.to_numpy(zero_copy_only=False)
        return found.astype(np.float64, copy=False)

    def as_words(self) -> list[str]:
        from pyarrow import types

        values = self.array
        if types.is_binary(values.type) or types.is_large_binary(values.type):
            return [(one or b"").decode("latin-1") for one in values.to_pylist()]
        return ["" if one is None else str(one) for one in values.to_pylist()]

    def as_column(self) -> Column:
        if self.is_number:
            return Column(self.head, numbers=self.as_numbers())
        return Column(self.head, words=self.as_words())

    def as_matrix(self) -> NDArray[np.float32]:
        """Lists of numbers, all of one length."""
        lengths = np.array([0 if one is None else len(one) for one in self.array], dtype=np.int64)
        wrong = np.flatnonzero(lengths != lengths[0])
        if wrong.size or not lengths[0]:
            place = int(wrong[0]) if wrong.size else 0
            raise Problem(
                "problem.own.ragged", name=self.head, line=place + 1, expected=int(lengths[0]),
                found=int(lengths[place]),
            )  # fmt: skip
        inner = _Parsed(self.head, self.array.flatten())
        if not inner.is_number:
            raise Problem("problem.own.no_numbers")
        return _single(inner.as_numbers().reshape(len(lengths), -1))

    def first_word(self) -> tuple[int, str] | None:
        """Row and text of the first cell that is no number; empty cells aside."""
        for row, cell in enumerate(self.as_words()):
            try:
                float(cell or 0)
            except ValueError:
                return row, cell
        return None

    def mostly_numbers(self) -> bool:
        some = [cell for cell in _Parsed(self.head, self.array[:200]).as_words() if cell]
        good = 0
        for cell in some:
            try:
                float(cell)
            except ValueError:
                continue
            good += 1
        return good > len(some) / 2


def _guess(found: Sequence[_Parsed], headed: bool) -> set[str]:
    families: dict[str, list[_Parsed]] = {}
    if headed:
        for one in found:
            if (match := _NUMBERED.fullmatch(one.head.strip())) is not None:
                families.setdefault(match["family"].lower(), []).append(one)
    largest = max(families.values(), key=len, default=[])
    if len(largest) > 1:
        return {one.head for one in largest}
    # A column of text in a file without heads, most cells of which are numbers, has a typo in it.
    numeric = [
        one
        for one in found
        if one.is_number or (not headed and not one.is_empty and one.mostly_numbers())
    ]
    fractions = [one for one in numeric if one.is_fraction or not one.is_number]
    vector = fractions if len(fractions) > 1 else numeric
    if not vector:
        raise Problem("problem.own.no_numbers")
    return {one.head for one in vector}


def _require_numbers(one: _Parsed, place: int, headed: bool) -> None:
    if one.is_number or one.is_empty:
        return
    wrong = one.first_word()
    if wrong is not None:
        row, cell = wrong
        raise Problem(
            "problem.own.cell", line=f"{row + 1 + headed:,}", column=place + 1, head=one.head,
            cell=cell[:40],
        )  # fmt: skip
