"""A table about films, joined to them by MovieLens's number or by title."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.embedding.columns import Column

__all__ = ["joined"]

_IDS = ("movieid", "movie_id", "item_id", "itemid")
_TITLES = ("title", "movie", "film", "name")
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


def joined(
    columns: Sequence[Column],
    item_ids: NDArray[np.int64],
    titles: Sequence[str],
    years: NDArray[np.float64],
) -> tuple[dict[str, Column], int]:
    """What the table tells of each film; empty cells for films that it does not know.

    Args:
        columns: The table's. One is called ``movieId`` or ``title`` (with its year or without).
        item_ids: (n,) the films' numbers.
        titles: n titles without years.
        years: (n,) NaN where unknown.

    Returns:
        Name → column of n cells, and how many films the table knows.

    Raises:
        Problem: No column tells which film is meant, or no film is known.
    """
    key = _key(columns)
    if key is None:
        raise Problem("problem.own.join", found=", ".join(one.name for one in columns)[:120])
    if key.numbers is not None:
        known = {int(value): row for row, value in enumerate(key.numbers) if np.isfinite(value)}
        rows = [known.get(int(film), -1) for film in item_ids]
    else:
        rows = _by_title(key, titles, years)
    places = np.array(rows, dtype=np.int64)
    matched = int((places >= 0).sum())
    if not matched:
        raise Problem("problem.own.no_match", column=key.name)
    return {one.name: _at(one, places) for one in columns if one is not key}, matched


def _key(columns: Sequence[Column]) -> Column | None:
    for name in _IDS:
        for one in columns:
            if one.numbers is not None and one.name.strip().lower() == name:
                return one
    for name in _TITLES:
        for one in columns:
            if one.words is not None and one.name.strip().lower() == name:
                return one
    return None


def _by_title(key: Column, titles: Sequence[str], years: NDArray[np.float64]) -> list[int]:
    dated: dict[tuple[str, int], int] = {}
    plain: dict[str, int] = {}
    for row, written in enumerate(key.words or ()):
        title = written.strip().casefold()
        plain.setdefault(title, row)
        if (year := _YEAR.search(title)) is not None:
            bare = title[: year.start()]
            dated.setdefault((bare, int(year[1])), row)
    found = []
    for title, year in zip(titles, years.tolist(), strict=True):
        name = title.strip().casefold()
        place = plain.get(name, -1)
        if not np.isnan(year):
            place = dated.get((name, int(year)), place)
        found.append(place)
    return found


def _at(column: Column, places: NDArray[np.int64]) -> Column:
    """The cells at ``places``; empty where a place is −1."""
    if column.numbers is not None:
        return Column(column.name, numbers=np.where(places >= 0, column.numbers[places], np.nan))
    words = column.words or ()
    return Column(column.name, words=[words[row] if row >= 0 else "" for row in places.tolist()])
