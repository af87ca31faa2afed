"""A reader's own ratings as a page keeps them: which movies, how many stars, in an address."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from optviz.core.problem import Problem
from optviz.ui.fields import custom

__all__ = ["MOST", "Rated", "rated_field", "read_rated", "with_rating", "without", "write_rated"]

Rated = tuple[tuple[str, float], ...]
"""(raw movie id as text, stars), in the order of rating; each movie once."""

MOST = 200
"""Ratings that are kept: more would not fit into an address."""


def check_rated(value: Iterable[Any]) -> Rated:
    """``value`` as ratings.

    Raises:
        Problem: There are too many, a movie stands there twice, or stars are no number.
    """
    rated = tuple((str(item), float(stars)) for item, stars in value)
    if len(rated) > MOST:
        raise Problem("problem.mine.many", most=MOST)
    seen: set[str] = set()
    for item, stars in rated:
        if not math.isfinite(stars):
            raise Problem("problem.mine.unreadable", written=f"{item}:{stars}"[:40])
        if item in seen:
            raise Problem("problem.mine.twice", item=item[:40])
        seen.add(item)
    return rated


def read_rated(written: str) -> Rated:
    """What :func:`write_rated` wrote.

    Raises:
        Problem: A part of it is not a movie and its stars.
    """
    rated = []
    for part in written.split(",") if written else []:
        item, colon, stars = part.partition(":")
        try:
            rated.append((unquote(item), float(stars)))
        except ValueError:
            raise Problem("problem.mine.unreadable", written=part[:40]) from None
        if not (item and colon):
            raise Problem("problem.mine.unreadable", written=part[:40])
    return tuple(rated)


def write_rated(rated: Rated) -> str:
    """``296:5,608:4.5``: movie 296 with five stars, movie 608 with four and a half."""
    return ",".join(
        f"{quote(item, safe='')}:{repr(stars).removesuffix('.0')}" for item, stars in rated
    )


def with_rating(rated: Rated, item: str, stars: float) -> Rated:
    """A movie rated, or rated otherwise: then it keeps its place."""
    if any(known == item for known, _ in rated):
        return tuple((known, stars if known == item else old) for known, old in rated)
    return (*rated, (item, stars))


def without(rated: Rated, item: str) -> Rated:
    """A movie not rated."""
    return tuple(pair for pair in rated if pair[0] != item)


def rated_field() -> Rated:
    """A field of a page's state: nobody has rated anything yet."""
    nothing: Rated = ()
    return custom(nothing, check=check_rated, parse=read_rated, write=write_rated)
