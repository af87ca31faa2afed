"""Recognising a text file by its first lines: which columns it has, and how they are parted."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Layout", "movies_layout", "plain_layout", "ratings_layout"]

Kind = Literal["100k", "dat", "csv"]
"""The three families: ml-100k, ml-1m and ml-10m, and everything since."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read the columns of a ratings file.

    Attributes:
        kind: Its family.
        delimiter: One character. The ``::`` of the .dat files is read as ``:`` with an unnamed
            empty column between any two, which keeps them on the fast parser.
        names: The role of each column: ``user``, ``item``, ``rating``, ``timestamp``,
            ``title``, ``year``, ``genres``; any other name is skipped.
        header: Whether the first line names the columns.
        original: Whether the header is MovieLens's own.
    """

    kind: Kind
    delimiter: str
    names: tuple[str, ...]
    header: bool
    original: bool


_ROLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # role: (exact names, parts of names), most telling first
    "title": (("title", "movietitle", "itemtitle", "name", "movie_name"), ("title",)),
    "genres": (("genres", "genre", "category", "categories"), ("genre",)),
    "year": (("year", "releaseyear"), ()),
    "timestamp": (("timestamp", "time", "ts", "date", "unixtime"), ("timestamp", "time", "date")),
    "rating": (
        ("rating", "ratings", "score", "stars", "评分", "打分"),
        ("rating", "score", "star"),
    ),
    "user": (
        ("userid", "user", "uid", "u", "用户", "用户id"),
        ("userid", "user", "reviewerid", "customer", "用户"),
    ),
    "item": (
        ("itemid", "item", "movieid", "movie", "iid", "i", "filmid", "film", "电影", "项目"),
        ("itemid", "movieid", "item", "movie", "film", "book", "product", "电影", "项目"),
    ),
}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")


def ratings_layout(lines: Sequence[str]) -> Layout | None:
    """The layout of a MovieLens ratings file, or None if these lines are not of one."""
    if _most(lines, r"\d+\t\d+\t[^\t]+\t\d+$", third="\t"):
        return Layout("100k", "\t", ("user", "item", "rating", "timestamp"), False, True)
    if _most(lines, r"\d+::\d+::[^:]+::\d+$", third="::"):
        names = ("user", "_1", "item", "_2", "rating", "_3", "timestamp")
        return Layout("dat", ":", names, False, True)
    if lines and "," in lines[0]:
        header = split(lines[0], ",")
        roles = _roles(header)
        if {"user", "item", "rating"} <= set(roles):
            original = [_plain(name) for name in header[:3]] == ["userid", "movieid", "rating"]
            return Layout("csv", ",", roles, True, original)
    return None


def movies_layout(lines: Sequence[str]) -> Kind | None:
    """The family of a MovieLens movies file, or None if these lines are not of one."""
    if not lines:
        return None
    if _share(lines, lambda line: len(line.split("|")) >= 23 and line[:1].isdigit()):
        return "100k"
    if _share(
        lines, lambda line: line.count("::") >= 2 and re.match(r"\d+::\D*", line) is not None
    ):
        fields = lines[0].split("::")
        # users.dat has five fields, tags.dat four with a second id
        return "dat" if len(fields) == 3 else None
    header = [_plain(name) for name in split(lines[0], ",")]
    return "csv" if {"movieid", "title", "genres"} <= set(header) else None


def plain_layout(lines: Sequence[str]) -> Layout | None:
    """The layout of a table of user, item, rating; None if there are no such columns."""
    if not lines:
        return None
    delimiter = max(",;\t|", key=lambda mark: lines[0].count(mark))
    fields = split(lines[0], delimiter)
    roles = _roles(fields)
    if {"user", "item", "rating"} <= set(roles):
        return Layout("csv", delimiter, roles, True, False)
    if len(fields) in (3, 4) and _NUMBER.match(fields[2].strip()):
        names = ("user", "item", "rating", "timestamp")[: len(fields)]
        return Layout("csv", delimiter, names, False, False)
    return None


def split(line: str, delimiter: str) -> list[str]:
    """The fields of one line of a CSV, quotes respected."""
    return next(csv.reader([line], delimiter=delimiter), [])


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _roles(header: Sequence[str]) -> tuple[str, ...]:
    names = [_plain(name) for name in header]
    roles = [f"_{place}" for place in range(len(names))]
    for exact in (True, False):
        for role, (whole, parts) in _ROLES.items():
            for place, name in enumerate(names):
                fits = name in whole if exact else any(part in name for part in parts)
                if role not in roles and roles[place].startswith("_") and fits:
                    roles[place] = role
    return tuple(roles)


def _most(lines: Sequence[str], pattern: str, third: str) -> bool:
    form = re.compile(pattern)
    return _share(lines, lambda line: form.match(line) is not None) and _share(
        lines, lambda line: len(parts := line.split(third)) > 2 and bool(_NUMBER.match(parts[2]))
    )


def _share(lines: Sequence[str], test: Callable[[str], bool]) -> bool:
    return bool(lines) and sum(bool(test(line)) for line in lines) * 2 > len(lines)
