"""The movies of the ratings at hand: what they are called, and which of them many have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.ui.frame import Page
from optviz.ui.recommender_runs import Run

__all__ = [
    "FEWEST",
    "SEARCHED",
    "Movies",
    "movie_table",
    "movies_of",
    "offer",
    "stars_column",
]

FEWEST = 20
"""Movies with fewer ratings have hardly a bias or a direction of their own."""

SEARCHED = 10_000
"""A list of more movies would take the browser long: then the most rated can be found."""

_WELL_KNOWN = 60
"""Movies to offer are taken from so many of the most rated."""

_UNLIKE = 4
"""Each movie offered differs from so many before it."""


@dataclass(frozen=True, slots=True, eq=False)
class Movies:
    """What there is to rate.

    Attributes:
        names: What each movie is called, by item index; no two alike.
        popular: Item indices, the most rated first.
        counts: (n_items,) how many ratings each has.
        known: Item indices with at least ``FEWEST`` ratings, ascending.
        offered: Item indices of well-known movies, the first few of different kinds.
        places: Raw id as text → item index.
    """

    names: list[str]
    popular: NDArray[np.int64]
    counts: NDArray[np.int64]
    known: NDArray[np.int64]
    offered: list[int]
    places: dict[str, int]


def movies_of(run: Run) -> Movies:
    """The movies of a run's ratings."""
    if "movies" not in run.kept:
        ratings = run.data.ratings
        titles = ratings.titles(np.arange(ratings.n_items))
        seen: set[str] = set()
        names = []
        for title, item_id in zip(titles, ratings.item_ids, strict=True):
            name = f"{title} · #{item_id}" if title in seen else title
            seen.add(title)
            names.append(name)
        counts = np.bincount(ratings.item_idx, minlength=ratings.n_items)
        popular = np.argsort(-counts, kind="stable")
        places = {str(item_id): place for place, item_id in enumerate(ratings.item_ids)}
        known = np.flatnonzero(counts >= FEWEST)
        offered = offer(ratings, popular)
        run.kept["movies"] = Movies(names, popular, counts, known, offered, places)
    movies: Movies = run.kept["movies"]
    return movies


def offer(ratings: Any, popular: NDArray[np.int64]) -> list[int]:
    """Well-known movies in the order in which to offer them: each unlike those before.

    The next is the one whose genres overlap least with those of the last few; of equals, the
    most rated.
    """
    left = popular[:_WELL_KNOWN].tolist()
    kinds = {item: set(ratings.items["genres"].iloc[item].split("|")) for item in left}
    order: list[int] = []

    def likeness(item: int) -> float:
        return max(
            (len(kinds[item] & kinds[o]) / len(kinds[item] | kinds[o]) for o in order[-_UNLIKE:]),
            default=0.0,
        )

    while left:
        order.append(left.pop(int(np.argmin([likeness(item) for item in left]))))
    return order


def movie_table(
    page: Page,
    run: Run,
    items: NDArray[np.integer[Any]],
    columns: Mapping[str, NDArray[Any]],
    config: Mapping[str, Any],
    *,
    genres: bool = True,
) -> None:
    """Draw a table of movies.

    Args:
        page: The page.
        run: Whose movies they are.
        items: (n,) dense indices.
        columns: Heading → (n,) values, to the right of the titles.
        config: Heading → how the column is shown.
        genres: Whether their genres stand beside the titles.
    """
    ratings = run.data.ratings
    movie, genre = (page.text(f"recommender.table.{name}") for name in ("movie", "genre"))
    frame: dict[str, Any] = {movie: ratings.titles(items)}
    if genres:
        written = ratings.items["genres"].to_numpy()[items]
        frame[genre] = [" · ".join(str(value).split("|")) for value in written]
    st.dataframe(
        frame | {**columns},
        hide_index=True,
        width="stretch",
        column_config={
            movie: st.column_config.TextColumn(width="medium"),
            genre: st.column_config.TextColumn(width="small"),
            **config,
        },
    )


def stars_column(run: Run) -> Any:
    """How a column of ratings is shown: as bars over the scale."""
    low, high = run.data.ratings.rating_range
    return st.column_config.ProgressColumn(
        format="%.2f", min_value=low, max_value=high, width="small"
    )
