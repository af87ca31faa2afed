"""Reading the movies of each MovieLens family: id, title, year, genres."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from optviz.core.problem import Problem
from optviz.recommender.archives import Member
from optviz.recommender.layouts import Kind
from optviz.recommender.titles import split_title

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decode", "read_movies"]

_NAMES = (
    "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy "
    "Film-Noir Horror Musical Mystery Romance Sci-Fi Thriller War Western"
)
GENRES_100K = tuple(_NAMES.split())
"""The 19 flags of u.item, in the order of u.genre."""


def decode(data: bytes) -> str:
    """Text in UTF-8, else in latin-1 (ml-100k and ml-1m)."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_movies(member: Member, kind: Kind) -> pd.DataFrame:
    """The movies in a file: ``item_id``, ``title``, ``year``, ``genres``.

    Raises:
        Problem: A line has the wrong fields, or a movie stands there twice.
    """
    import pandas as pd

    with member.open() as stream:
        text = decode(stream.read())
    rows: dict[int, tuple[str, int | None, str]] = {}
    for fields in _FIELDS[kind](text, member.base):
        if not fields[0].strip().isdigit():
            raise Problem(
                "problem.data.bad_id", name=member.base, column="movie", value=fields[0][:40]
            )
        movie = int(fields[0])
        if movie in rows:
            raise Problem("problem.data.double_movie", name=member.base, item=movie)
        title, year = split_title(fields[1])
        genres = "" if fields[2].startswith("(no genres") else fields[2]
        rows[movie] = (title, year, genres)
    columns = list(zip(*rows.values(), strict=True)) or [(), (), ()]
    return pd.DataFrame(
        {
            "item_id": pd.array(list(rows), dtype="int64"),
            "title": pd.array(columns[0], dtype="str"),
            "year": pd.array(columns[1], dtype="Int64"),
            "genres": pd.array(columns[2], dtype="str"),
        }
    )


Rows = list[tuple[str, str, str]]


def _100k(text: str, name: str) -> Rows:
    rows = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        fields = line.rstrip("\r").split("|")
        if len(fields) < 24:
            raise Problem("problem.data.line", name=name, text=line[:60], expected=24)
        flags = zip(GENRES_100K, fields[-19:], strict=True)
        genres = "|".join(genre for genre, flag in flags if flag == "1" and genre != "unknown")
        rows.append((fields[0], fields[1], genres))
    return rows


def _dat(text: str, name: str) -> Rows:
    rows = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        fields = line.rstrip("\r").split("::")
        if len(fields) < 3:
            raise Problem("problem.data.line", name=name, text=line[:60], expected=3)
        rows.append((fields[0], "::".join(fields[1:-1]), fields[-1]))
    return rows


def _csv(text: str, name: str) -> Rows:
    lines = csv.reader(io.StringIO(text, newline=""))
    header = [column.strip().lower() for column in next(lines)]
    places = [header.index(column) for column in ("movieid", "title", "genres")]
    rows = []
    for fields in lines:
        if not fields:
            continue
        if len(fields) < len(header):
            raise Problem(
                "problem.data.line", name=name, text=",".join(fields)[:60], expected=len(header)
            )
        rows.append((fields[places[0]], fields[places[1]], fields[places[2]]))
    return rows


_FIELDS = {"100k": _100k, "dat": _dat, "csv": _csv}
