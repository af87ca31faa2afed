"""What is known of the films on a map: their names, their genres, their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from optviz.embedding.columns import Column

__all__ = ["GENRES", "GENRE_GROUPS", "Items", "genre_group", "rarest_genre", "short_title"]

GENRE_GROUPS: dict[str, tuple[str, ...]] = {
    "family": ("Animation", "Children"),
    "horror": ("Horror",),
    "scifi": ("Sci-Fi", "Fantasy"),
    "action": ("Action", "Adventure", "War", "Western"),
    "crime": ("Crime", "Thriller", "Mystery", "Film-Noir"),
    "comedy": ("Comedy", "Romance", "Musical"),
    "drama": ("Drama",),
    "other": (),
}
"""Group → its genres. Twenty genres are too many colours; a movie belongs to the first group
that has one of its genres (so the most telling genres come first)."""

GENRES = (
    "Film-Noir", "Western", "War", "Musical", "Animation", "Documentary",
    "Mystery", "Children", "Fantasy", "Sci-Fi", "Horror", "Crime",
    "Adventure", "Romance", "Action", "Thriller", "Comedy", "Drama",
)  # fmt: skip
"""MovieLens' genres, the rarest of latest-small first (IMAX is none)."""


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """What is known of each movie, one entry a point.

    Attributes:
        titles: Titles.
        years: (n,) float, NaN where unknown.
        genres: Names, joined by ``|`` as in MovieLens; empty where unknown.
        means: (n,) mean rating.
        counts: (n,) number of ratings.
        biases: (n,) the model's movie bias.
        columns: Name → what a table of the user's own tells of each.
        films: Whether they are films; of other points nothing is known but their names (the
            titles) and the columns.
    """

    titles: Sequence[str]
    years: NDArray[np.float64]
    genres: Sequence[str]
    means: NDArray[np.float64]
    counts: NDArray[np.int64]
    biases: NDArray[np.float64]
    columns: Mapping[str, Column] = field(default_factory=lambda: MappingProxyType({}))
    films: bool = True

    def __len__(self) -> int:
        return len(self.titles)

    def named(self, i: int) -> str:
        """The title with its year."""
        year = self.years[i]
        return self.titles[i] if np.isnan(year) else f"{self.titles[i]} ({int(year)})"

    def rows(self, rows: NDArray[np.int64]) -> Items:
        """Those of them."""
        return Items(
            [self.titles[row] for row in rows],
            self.years[rows],
            [self.genres[row] for row in rows],
            self.means[rows],
            self.counts[rows],
            self.biases[rows],
            {name: column.rows(rows) for name, column in self.columns.items()},
            self.films,
        )


def genre_group(genres: str) -> str:
    """The group of :data:`GENRE_GROUPS` that a movie belongs to.

    >>> genre_group("Comedy|Horror"), genre_group("Drama|Romance"), genre_group("")
    ('horror', 'comedy', 'other')
    """
    names = set(genres.split("|"))
    return next((group for group, own in GENRE_GROUPS.items() if names & set(own)), "other")


def rarest_genre(genres: str) -> str:
    """The genre that tells most of a movie: the first of :data:`GENRES` that it has.

    >>> rarest_genre("Comedy|Western"), rarest_genre("Drama"), rarest_genre("")
    ('Western', 'Drama', '')
    """
    names = set(genres.split("|"))
    return next((genre for genre in GENRES if genre in names), "")


def short_title(title: str) -> str:
    """A title as it fits on the map: no second name, no subtitle.

    >>> short_title("Star Wars: Episode IV - A New Hope"), short_title("Mission: Impossible")
    ('Star Wars', 'Mission: Impossible')
    >>> short_title("Seven (a.k.a. Se7en)")
    'Seven'
    """
    name = title.split(" (")[0]
    head = name.split(": ")[0]
    return head if " " in head else name
