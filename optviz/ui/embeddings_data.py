"""The movies of the Embeddings page: factors of the session's own model, or the bundled ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.figures.films import Items
from optviz.ui.state import remember

__all__ = ["Movies", "bundled_movies", "make_movies", "session_movies"]

SESSION_MODEL = "trained model"
"""Where the Recommender page leaves (ratings, fitted model) for this one, by ``remember``."""


@dataclass(frozen=True, slots=True, eq=False)
class Movies:
    """Movies with their factors, the most rated first.

    Attributes:
        vectors: (n, k) float32 factors.
        items: What is known of each.
        item_ids: (n,) raw ids.
        own: Whether the session's own model made the factors.
        model: Key of the model that made them (``recommender.config.MODELS``).
        version: Of the ratings.
        file: The user's own file that they come from, if they are no films.
    """

    vectors: NDArray[np.float32]
    items: Items
    item_ids: NDArray[np.int64]
    own: bool
    model: str
    version: str
    file: str = ""

    def __len__(self) -> int:
        return len(self.vectors)

    def most_rated(self, n: int) -> Movies:
        """The first ``n``; of points that are no films, ``n`` from all parts of their file."""
        if n >= len(self):
            return self
        if self.file:
            return self._rows(np.linspace(0, len(self) - 1, n).round().astype(np.int64))
        return self._rows(np.arange(n))

    def only(self, item_ids: Sequence[int]) -> Movies:
        """Those of them with these raw ids."""
        return self._rows(np.flatnonzero(np.isin(self.item_ids, item_ids)))

    def _rows(self, rows: NDArray[np.int64]) -> Movies:
        vectors = self.vectors[rows]
        vectors.setflags(write=self.vectors.flags.writeable)
        return replace(
            self, vectors=vectors, items=self.items.rows(rows), item_ids=self.item_ids[rows]
        )

    def place(self, item_id: int) -> int | None:
        """The row of a movie, if it is among them."""
        found = np.flatnonzero(self.item_ids == item_id)
        return int(found[0]) if found.size else None


def make_movies(ratings: Any, factors: Any, biases: Any, *, own: bool, model: str) -> Movies:
    """Join factors (one row an item index) with what the ratings tell of each movie.

    Args:
        ratings: An ``optviz.recommender.data.Ratings``.
        factors: (n_items, k).
        biases: (n_items,).
        own: See :class:`Movies`.
        model: See :class:`Movies`.
    """
    n = ratings.n_items
    values = ratings.frame["rating"].to_numpy(np.float64)
    counts = np.bincount(ratings.item_idx, minlength=n)
    means = np.bincount(ratings.item_idx, values, n) / np.maximum(counts, 1)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    ids = np.asarray(ratings.item_ids)[order]
    known = ratings.items.drop_duplicates("item_id").set_index("item_id").reindex(ids)
    items = Items(
        titles=[
            str(title) if isinstance(title, str) and title else f"# {item_id}"
            for title, item_id in zip(known["title"], ids, strict=True)
        ],
        years=known["year"].astype("float64").to_numpy(np.float64, na_value=np.nan),
        genres=[_genres(value) for value in known["genres"]],
        means=means[order],
        counts=counts[order].astype(np.int64),
        biases=np.asarray(biases, dtype=np.float64)[order],
    )
    vectors = np.asarray(factors, dtype=np.float32)[order]
    return Movies(vectors, items, ids.astype(np.int64), own, model, str(ratings.version))


def _genres(value: Any) -> str:
    if isinstance(value, str):
        return "" if value.startswith("(") else value
    return "|".join(map(str, value)) if isinstance(value, (list, tuple, np.ndarray)) else ""


@lru_cache(maxsize=1)
def bundled_movies() -> Movies:
    """The movies with the factors that travel with the package."""
    from optviz.recommender.data import load_ratings
    from optviz.recommender.storage import bundled_factors

    factors = bundled_factors()
    return make_movies(
        load_ratings(), factors.item_factors, factors.item_bias, own=False, model=factors.model
    )


def session_movies() -> Movies:
    """The session's own last trained model's movies, else the bundled ones."""
    trained: Any = remember(SESSION_MODEL, lambda: None)
    if trained is None:
        return bundled_movies()
    kept: list[Any] = remember("embedding movies", lambda: [None, None])
    if kept[0] is not trained:
        ratings, fitted = trained
        kept[0] = trained
        kept[1] = make_movies(
            ratings, fitted.item_factors, fitted.item_bias, own=True, model=fitted.config.model
        )
    movies: Movies = kept[1]
    return movies
