"""The map as files: for table programs, for TensorFlow's Embedding Projector, for any browser."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.ui.embeddings_data import Movies
from optviz.ui.frame import Page

__all__ = ["films_csv", "projector_files", "render_export"]

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
    items = movies.items
    if not items.films:
        return points_csv(movies, rows, coordinates)
    writer.writerow([*_COLUMNS, *axes])
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


def projector_files(movies: Movies) -> bytes:
    """All factors in the Embedding Projector's own form: a zip of a pair of TSV files.

    ``vectors.tsv`` holds a line of numbers a film and no heads; ``metadata.tsv`` the same films
    with heads. A number is written so that reading it back gives the same bits.
    """
    if not movies.items.films:
        return points_files(movies)
    vectors = [map(str, row) for row in movies.vectors]
    metadata = [["title", "year", "genres", "mean_rating", "n_ratings", "item_id"]]
    items = movies.items
    for row in range(len(movies)):
        year = items.years[row]
        told = (
            # The form knows no quotes: a tab inside a title would be another column.
            " ".join(items.titles[row].split()),
            "" if np.isnan(year) else int(year),
            items.genres[row],
            f"{items.means[row]:.4g}",
            int(items.counts[row]),
            int(movies.item_ids[row]),
        )
        metadata.append(list(map(str, told)))
    return _zipped(vectors, metadata)


def _zipped(vectors: Iterable[Iterable[str]], metadata: Iterable[Iterable[str]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, lines in (("vectors.tsv", vectors), ("metadata.tsv", metadata)):
            archive.writestr(name, "".join("\t".join(line) + "\n" for line in lines))
    return packed.getvalue()


def points_csv(
    movies: Movies, rows: Sequence[int], coordinates: NDArray[np.floating] | None
) -> bytes:
    """:func:`films_csv` for points that are no films: their names, and all that a file told."""
    axes = "xyz"[: 0 if coordinates is None else coordinates.shape[1]]
    columns = movies.items.columns
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["point", *columns, *axes])
    for row in rows:
        place = [] if coordinates is None else [f"{value:.6g}" for value in coordinates[row]]
        told = [one.cell(row) for one in columns.values()]
        writer.writerow([movies.items.titles[row], *told, *place])
    return ("\ufeff" + out.getvalue()).encode()


def points_files(movies: Movies) -> bytes:
    """:func:`projector_files` for points that are no films."""
    items = movies.items
    columns = list(items.columns.values())
    metadata = [["point", *(" ".join(one.name.split()) for one in columns)]]
    metadata += [
        [" ".join(items.titles[row].split()), *(" ".join(one.cell(row).split()) for one in columns)]
        for row in range(len(movies))
    ]
    return _zipped((map(str, row) for row in movies.vectors), metadata)


def render_export(
    page: Page,
    movies: Movies,
    coordinates: NDArray[np.floating] | None,
    html: Callable[[], bytes] | None,
) -> None:
    """Draw the buttons, folded; each file is made when its button is pressed.

    Args:
        page: The page.
        movies: The films of the map.
        coordinates: (n, 2 or 3), or None while there is no map.
        html: Makes the picture as a page of its own, or None while there is none.
    """
    text = page.text
    with st.expander(text("embeddings.export.title"), icon=":material/download:"):
        st.markdown(text("embeddings.export.lead"))
        with st.container(horizontal=True, gap="xsmall"):
            st.download_button(
                text("embeddings.export.csv"),
                lambda: films_csv(movies, range(len(movies)), coordinates),
                file_name="map.csv", mime="text/csv", key="embeddings.export.csv",
                on_click="ignore",
            )  # fmt: skip
            st.download_button(
                text("embeddings.export.projector"), lambda: projector_files(movies),
                file_name="projector.zip", mime="application/zip",
                key="embeddings.export.projector", on_click="ignore",
            )  # fmt: skip
            if html is not None:
                st.download_button(
                    text("embeddings.export.html"), html, file_name="map.html", mime="text/html",
                    key="embeddings.export.html", on_click="ignore",
                )  # fmt: skip
