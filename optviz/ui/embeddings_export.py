"""Films of a map as a file that any table program reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optviz.ui.embeddings_data import Movies

__all__ = ["films_csv"]

_COLUMNS = ("item_id", "title", "year", "genres", "mean_rating", "n_ratings", "bias")


def films_csv(
    movies: Movies, rows: Sequence[int], coordinates: NDArray[np.floating] | None
) -> bytes:
    """A line a film, with the places where it lies on the map; UTF-8, as table programs know it.

    Args:
        movies: The films of the map.
        rows: Which of them.
        coordinates: (n, 2 or 3), or None while there is no map.
    """
    axes = "xyz"[: 0 if coordinates is None else coordinates.shape[1]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_COLUMNS, *axes])
    items = movies.items
    for row in rows:
        year = items.years[row]
        place = [] if coordinates is None else [f"{value:.6g}" for value in coordinates[row]]
        writer.writerow(
            [
                int(movies.item_ids[row]),
                items.titles[row],
                "" if np.isnan(year) else int(year),
                items.genres[row],
                f"{items.means[row]:.4g}",
                int(items.counts[row]),
                f"{items.biases[row]:.4g}",
                *place,
            ]
        )
    return ("\ufeff" + out.getvalue()).encode()
