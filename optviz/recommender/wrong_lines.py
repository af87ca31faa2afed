"""Which lines of a ratings file are wrong: how many, and the first few, for a sentence."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from optviz.recommender.archives import Member
from optviz.recommender.layouts import Layout, split

__all__ = ["MOST_LINES", "WrongLines", "wrong_lines"]

MOST_LINES = 5_000_000
"""Lines that are looked at: a few seconds. A file that goes on holds at least what was found."""

_FIRST = 3


@dataclass(frozen=True, slots=True)
class WrongLines:
    """What there is to repair.

    Attributes:
        count: Lines that are wrong among those looked at.
        first: The numbers of the first few, the file's first line being 1.
        whole: Whether all lines were looked at.
    """

    count: int
    first: tuple[int, ...]
    whole: bool

    def told(self) -> dict[str, str]:
        """The values of a sentence: ``count`` and ``lines``."""
        more = ", …" if self.count > len(self.first) else ""
        return {
            "count": f"{'' if self.whole else '≥ '}{self.count:,}",
            "lines": ", ".join(f"{number:,}" for number in self.first) + more,
        }


def wrong_lines(
    member: Member, layout: Layout, allowed: Callable[[float], bool] = math.isfinite
) -> WrongLines:
    """Look at every line once more, after something in the file was found wrong.

    A line is wrong if it has too few or too many fields, an id that is missing (or no whole
    number in one of MovieLens's own files), or no rating that is ``allowed``. Nothing of the
    file is kept.

    Args:
        member: The file.
        layout: Of its lines.
        allowed: Which ratings are right.
    """
    count, number = 0, 0
    first: list[int] = []
    right = _judge(layout, allowed)
    for number, fields in _lines(member, layout):
        if number > MOST_LINES:
            break
        if not right(fields):
            count += 1
            if len(first) < _FIRST:
                first.append(number)
    return WrongLines(count, tuple(first), number <= MOST_LINES)


def _lines(member: Member, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of each line that is not empty, the heading left out."""
    quoted = layout.kind == "csv"
    # What is looked at is ASCII in any of the encodings that are read.
    with member.open() as stream, io.TextIOWrapper(stream, "latin-1") as text:
        for number, line in enumerate(text, start=1):
            bare = line.rstrip("\r\n")
            if not bare or (number == 1 and layout.header):
                continue
            plain = not quoted or '"' not in bare
            yield number, bare.split(layout.delimiter) if plain else split(bare, layout.delimiter)


def _judge(layout: Layout, allowed: Callable[[float], bool]) -> Callable[[list[str]], bool]:
    """Whether the fields of a line are as they should be."""
    columns = len(layout.names)
    user, item, rating = (layout.names.index(role) for role in ("user", "item", "rating"))
    is_id = str.isdigit if layout.original else bool
    # An exception a line would take longer than all the rest.
    is_number = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*").fullmatch

    def right(fields: list[str]) -> bool:
        return (
            len(fields) == columns
            and is_id(fields[user].strip())
            and is_id(fields[item].strip())
            and is_number(fields[rating]) is not None
            and allowed(float(fields[rating]))
        )

    return right
