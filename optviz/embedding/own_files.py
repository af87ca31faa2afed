"""A user's files as tables: text in columns, Parquet, NumPy arrays, and a zip of these.

What a file is shows in its first bytes, not in its name. No pickle is ever read: a file from a
stranger could run anything.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem

if TYPE_CHECKING:
    pass

__all__ = ["MOST_ROWS", "Source", "Sources", "Table", "read_table", "unpacked"]

MOST_ROWS = 100_000

_MOST_BYTES = 2 * 2**30
_BLOCK = 4 * 2**20
_HEAD = 1 << 20
_COLUMNS = re.compile(r"Expected (\d+) columns, got (\d+)")

Watch = Callable[[float], None]
"""Told from time to time which share is read; what it raises ends the reading."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file: what it is called, how large it is, and how it is opened."""

    name: str
    size: int
    open: Callable[[], BinaryIO]

    @property
    def stem(self) -> str:
        """Its name without folder and ending, in small letters."""
        return PurePath(self.name).stem.lower()


Sources = Sequence[Source]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What a file holds.

    Attributes:
        columns: Arrow arrays, one a column; an array of NumPy is one matrix instead.
        names: Heads of the columns; where the file has none, their numbers from 1.
        headed: Whether the file has heads.
        matrix: (n, d) of a NumPy file, else None.
    """

    columns: tuple[Any, ...]
    names: tuple[str, ...]
    headed: bool
    matrix: NDArray[Any] | None = None

    def __len__(self) -> int:
        if self.matrix is not None:
            return len(self.matrix)
        return len(self.columns[0]) if self.columns else 0


def unpacked(given: Sequence[tuple[str, str]]) -> list[Source]:
    """The files that were given, those of a zip one by one.

    Args:
        given: (name, path) of each.

    Raises:
        Problem: There are none, too many, or one is empty or a broken zip.
    """
    found: list[Source] = []
    for name, path in given:
        size = _size(path)
        if not size:
            raise Problem("problem.own.empty", name=name)
        if _begins(path, b"PK\x03\x04"):
            found += _members(name, path)
        else:
            found.append(Source(name, size, partial(_opened, path)))
    if not 1 <= len(found) <= 2:
        raise Problem("problem.own.files", n=len(found))
    return found


def _opened(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _size(path: str) -> int:
    with Path(path).open("rb") as file:
        return file.seek(0, io.SEEK_END)


def _begins(path: str, mark: bytes) -> bool:
    with Path(path).open("rb") as file:
        return file.read(len(mark)) == mark


def _members(name: str, path: str) -> list[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir() and one.file_size]
            if sum(one.file_size for one in inside) > _MOST_BYTES:
                raise Problem("problem.own.zip_large", name=name, most=_MOST_BYTES // 2**30)
            if len(inside) > 2:
                raise Problem("problem.own.files", n=len(inside))
            contents = [(one.filename, archive.read(one)) for one in inside]
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        raise Problem("problem.own.broken", name=name, kind="zip") from None
    return [
        Source(inner, len(content), partial(io.BytesIO, content)) for inner, content in contents
    ]


def read_table(source: Source, watch: Watch, rows: int | None = None) -> Table:
    """Read one file.

    Args:
        source: The file.
        watch: See :data:`Watch`.
        rows: How many rows it should have, if that is known: it tells whether a first line of
            words is a head or a row.

    Raises:
        Problem: It cannot be read; the sentence says where and what would be right.
    """
    with source.open() as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise Problem("problem.own.empty", name=source.name)
    if head.startswith(b"\x93NUMPY"):
        table = _read_npy(source)
    elif head.startswith((b"\x80", b"PK")):
        raise Problem("problem.own.pickle", name=source.name)
    elif head.startswith(b"PAR1"):
        table = _read_parquet(source, watch)
    elif b"\0" in head:
        raise Problem("problem.own.kind", name=source.name)
    else:
        table = _read_text(source, head, watch, rows)
    if not len(table):
        raise Problem("problem.own.empty", name=source.name)
    _require_rows(len(table))
    return table


def _require_rows(n: int) -> None:
    if n > MOST_ROWS:
        raise Problem("problem.own.rows", n=f"{n:,}", most=f"{MOST_ROWS:,}")


def _read_npy(source: Source) -> Table:
    try:
        with source.open() as file:
            matrix = np.load(file, allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, TypeError) as error:
        key = "pickle" if "allow_pickle" in str(error) else "broken"
        raise Problem(f"problem.own.{key}", name=source.name, kind="NPY") from None
    if matrix.dtype.kind not in "fiub":
        raise Problem("problem.own.dtype", name=source.name, dtype=str(matrix.dtype))
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2:
        shape = " × ".join(map(str, matrix.shape))
        raise Problem("problem.own.shape", name=source.name, shape=shape)
    _require_rows(len(matrix))
    names = tuple(str(i + 1) for i in range(matrix.shape[1]))
    return Table((), names, False, matrix)


def _read_parquet(source: Source, watch: Watch) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with source.open() as file:
            content = parquet.ParquetFile(file)
            _require_rows(content.metadata.num_rows)
            groups = []
            for i in range(content.num_row_groups):
                watch(i / content.num_row_groups)
                groups.append(content.read_row_group(i, use_threads=False))
            table = pa.concat_tables(groups) if groups else content.schema_arrow.empty_table()
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, Problem):
            raise
        raise Problem("problem.own.broken", name=source.name, kind="Parquet") from None
    columns = tuple(table.column(i).combine_chunks() for i in range(table.num_columns))
    return Table(columns, tuple(map(str, table.column_names)), True)


# --- Text ----------------------------------------------------------------------------------


def _read_text(source: Source, head: bytes, watch: Watch, rows: int | None) -> Table:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    lines = [line for line in _decoded(head).splitlines() if line.strip()]
    delimiter = _delimiter(lines[0])
    first = next(_reader(lines[:1], delimiter))
    second: list[str] = next(_reader(lines[1:2], delimiter), [])
    counted = delimiter == " " and _is_size(first) and len(second) == int(first[1]) + 1
    headed = not counted and _is_head(first, second)
    if rows is not None and len(first) == 1:
        # The Projector gives a single column of labels no head; a table program gives it one.
        headed = _count_lines(source) == rows + 1
    names = _distinct(first) if headed else tuple(str(i + 1) for i in range(len(first)))
    if len(first) == 1 and not headed:
        names = (source.stem,)
    if counted:
        names = tuple(str(i + 1) for i in range(len(second)))
    try:
        with source.open() as file:
            table = arrow_csv.read_csv(
                pa.PythonFile(_Watched(file, source.size, watch), mode="r"),
                arrow_csv.ReadOptions(
                    column_names=list(names), skip_rows=int(headed or counted), block_size=_BLOCK
                ),
                arrow_csv.ParseOptions(
                    delimiter=delimiter, quote_char='"' if _quoted(delimiter) else False,
                    newlines_in_values=_quoted(delimiter),
                ),
                arrow_csv.ConvertOptions(
                    strings_can_be_null=False, timestamp_parsers=[], decimal_point=".",
                    # Dates and times stay words: as numbers they would mean nothing.
                    auto_dict_encode=False,
                ),
            )  # fmt: skip
    except pa.ArrowInvalid as error:
        wrong = _COLUMNS.search(str(error))
        if wrong is None:
            raise Problem("problem.own.broken", name=source.name, kind="CSV") from None
        expected, got = wrong.groups()
        line = _ragged_line(source, delimiter, int(expected))
        raise Problem(
            "problem.own.ragged", name=source.name, line=line, expected=expected, found=got
        ) from None
    columns = tuple(table.column(i).combine_chunks() for i in range(table.num_columns))
    return Table(columns, names, headed)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig", errors="strict")
    except UnicodeDecodeError as error:
        if error.start > len(content) - 4:  # a letter that the head cut in two
            return content[: error.start].decode("utf-8-sig")
        return content.decode("latin-1")


def _quoted(delimiter: str) -> bool:
    """Only commas and semicolons go with quotes: a tab or a space never stands in a cell."""
    return delimiter in ",;"


def _reader(lines: Iterable[str], delimiter: str) -> Any:
    if _quoted(delimiter):
        return csv.reader(lines, delimiter=delimiter)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def _delimiter(line: str) -> str:
    if "\t" in line:
        return "\t"
    counts = {mark: line.count(mark) for mark in ",;"}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best]:
        return best
    # Words and numbers with spaces between (word2vec, GloVe); words alone are labels.
    cells = line.split(" ")
    return " " if len(cells) > 1 and all(map(_is_number, cells[1:])) else ","


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_size(first: list[str]) -> bool:
    """Whether a line says how many vectors follow and how long they are, as word2vec's does."""
    return len(first) == 2 and all(cell.isdigit() for cell in first)


def _is_head(first: list[str], second: list[str]) -> bool:
    """Whether a first line names columns: no numbers in it, or those that count the columns."""
    numbers = [cell.strip() for cell in first if _is_number(cell)]
    if not numbers:
        return bool(second)
    following = [cell.strip() for cell in second if _is_number(cell)]
    named = len(numbers) < len(first)
    counting = [[str(i + start) for i in range(len(numbers))] for start in range(1 + named)]
    return len(numbers) > 1 and numbers in counting and following != numbers


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Heads without spaces round them, empty ones numbered, twins told apart."""
    found: list[str] = []
    for place, name in enumerate(names, start=1):
        plain = name.strip().lstrip("\ufeff") or str(place)
        twins = sum(other == plain or other.startswith(f"{plain} (") for other in found)
        found.append(f"{plain} ({twins + 1})" if plain in found else plain)
    return tuple(found)


def _count_lines(source: Source) -> int:
    with source.open() as file:
        return sum(1 for line in file if line.strip())


def _ragged_line(source: Source, delimiter: str, expected: int) -> int:
    """The first line that has another number of cells."""
    with source.open() as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        reader = _reader(text, delimiter)
        for row in reader:
            if row and len(row) != expected:
                return int(reader.line_num)
    return 0


class _Watched(io.RawIOBase):
    """A file that tells how much of it has been read."""

    def __init__(self, file: BinaryIO, size: int, watch: Watch) -> None:
        super().__init__()
        self._file = file
        self._size = max(size, 1)
        self._watch = watch
        self._done = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._done += len(content)
        self._watch(self._done / self._size)
        return content
