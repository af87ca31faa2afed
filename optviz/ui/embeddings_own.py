"""The user's own embeddings, and tables about the films: given, read, opened, put aside."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.embedding.columns import MOST_CLASSES, Column
from optviz.embedding.own_join import joined
from optviz.embedding.own_table import OwnTable, Points, points_of
from optviz.embedding.projections import fitting
from optviz.figures.embeddings_paint import COLUMN
from optviz.figures.films import Items
from optviz.jobs import Job, default_backend
from optviz.ui.embeddings_data import Movies, session_movies
from optviz.ui.embeddings_filter import NO_FILTER
from optviz.ui.embeddings_state import NO_MOVIE, STEP, EmbeddingsState
from optviz.ui.followed import Answered
from optviz.ui.session_folder import SessionFolder
from optviz.ui.state import Store, remember

__all__ = ["LENGTH", "Own", "everything", "own", "points_as_movies", "show_source"]

LENGTH = "‖v‖"
"""The column that every file has: how long its vectors are."""

_TASKS = {
    "points": "optviz.embedding.own_tasks:own_task",
    "about": "optviz.embedding.own_tasks:about_task",
}


class Own:
    """What this session was given.

    Attributes:
        table: The file that was read last; None until then.
        movies: Its points, as the page's maps want them.
        described: Its columns of numbers that are taken to tell of a point.
        naming: The column that names the points; None leaves it to us.
        left_out: Rows of it that are not finite, and left out.
        about: What a table tells of the films.
        matched: How many films it knows.
        reading: What is being read, by kind (``"points"`` or ``"about"``).
        problems: What is wrong with what was given last, by kind.
        given: How many files have been taken, by kind: each empties its box.
    """

    def __init__(self) -> None:
        self.table: OwnTable | None = None
        self.movies: Movies | None = None
        self.described: tuple[str, ...] = ()
        self.naming: str | None = None
        self.left_out = 0
        self.about: tuple[Column, ...] = ()
        self.matched = 0
        self.reading: dict[str, Answered] = {}
        self.problems: dict[str, Problem] = {}
        self.given = {"points": 0, "about": 0}
        self._waiting: OwnTable | None = None
        self._folder = SessionFolder()
        self._films: tuple[Movies, Movies] | None = None

    def give(self, kind: str, files: Sequence[tuple[str, bytes | memoryview]]) -> None:
        """Have files read by a job; what was read before stays until it is done."""
        self.problems.pop(kind, None)
        if kind in self.reading:
            self.reading[kind].job.cancel()
        folder = Path(tempfile.mkdtemp(dir=self._folder.path))
        paths = []
        for place, (name, content) in enumerate(files):
            path = folder / str(place)
            path.write_bytes(content)
            paths.append((name, str(path)))
        job: Job = default_backend().submit(_TASKS[kind], files=paths)
        self.reading[kind] = Answered(folder, job)

    def take(self, kind: str) -> bool:
        """Take over what has been read; whether something is open now that was not before."""
        one = self.reading.get(kind)
        if one is None:
            return False
        one.read()
        if not one.finished:
            return False
        del self.reading[kind]
        self.given[kind] += 1
        shutil.rmtree(one.request, ignore_errors=True)
        try:
            if one.state == "failed":
                raise one.problem or Problem("embeddings.lost")
            if one.state != "done":
                return False
            if kind == "points":
                self._waiting = one.result
                self.open(one.result, one.result.described)
            else:
                self._join(one.result)
        except Problem as problem:
            self.problems[kind] = problem
            return False
        return True

    def open(
        self,
        table: OwnTable,
        described: Sequence[str],
        naming: str | None = None,
        *,
        leave_out: bool = False,
    ) -> None:
        """Make points of a table.

        Raises:
            Problem: There is nothing to be laid out; then what was open stays.
        """
        points = points_of(table, described, naming, leave_out=leave_out)
        self.movies = points_as_movies(table.name, points)
        self.table, self.described, self.naming = table, tuple(described), naming
        self.left_out = len(table) - len(points.rows)

    def open_without_broken(self) -> None:
        """Open the last file that was read without its rows that are not finite."""
        if self._waiting is not None:
            self.open(self._waiting, self._waiting.described, leave_out=True)
            self.problems.pop("points", None)

    def change(self, **wanted: Any) -> None:
        """Correct which columns are the vector's, or which one names the points."""
        if self.table is None:
            return
        settings = {"described": self.described, "naming": self.naming} | wanted
        try:
            self.open(self.table, **settings, leave_out=bool(self.left_out))
        except Problem as problem:
            self.problems["points"] = problem
        else:
            self.problems.pop("points", None)

    def _join(self, columns: tuple[Column, ...]) -> None:
        films = session_movies()
        told, matched = _told(films, columns)
        self.about, self.matched, self._films = columns, matched, (films, told)

    def forget_about(self) -> None:
        """Put the table about the films aside."""
        self.about, self.matched, self._films = (), 0, None

    def films(self) -> Movies:
        """The session's films, with what a table tells of them."""
        films = session_movies()
        if not self.about:
            return films
        if self._films is None or self._films[0] is not films:
            try:
                told, self.matched = _told(films, self.about)
            except Problem:  # another model's films
                told, self.matched = films, 0
            self._films = films, told
        return self._films[1]


def _told(films: Movies, about: tuple[Column, ...]) -> tuple[Movies, int]:
    """Films with what a table tells of them, and how many of them it knows."""
    items = films.items
    columns, matched = joined(about, films.item_ids, items.titles, items.years)
    return replace(films, items=replace(items, columns=columns)), matched


def own() -> Own:
    """This session's files; they outlive a visit to another page."""
    return remember("own embeddings", Own)


def everything(store: Store[EmbeddingsState]) -> Movies:
    """All that can be on the map: films, or the points of the user's own file."""
    kept = own()
    if store.value.source == "own":
        if kept.movies is not None:
            return kept.movies
        show_source(store, "movies")  # a link from another session
    return kept.films()


def show_source(store: Store[EmbeddingsState], source: str) -> None:
    """Change between films and points; what was chosen among the ones means nothing here."""
    fresh = EmbeddingsState()
    poles: dict[str, Any] = {
        name: getattr(fresh, name)
        for name in ("left", "right", "bottom", "top", "plus", "minus", "like")
    }
    changes: dict[str, Any] = {"method": fresh.method, "n_movies": fresh.n_movies,
                               "colour": fresh.colour, "perplexity": fresh.perplexity,
                               "perplexities": fresh.perplexities}  # fmt: skip
    movies = own().movies
    if source == "own" and movies is not None:
        poles = dict(zip(("left", "right", "bottom", "top"), _far_apart(movies), strict=True))
        poles |= {name: NO_MOVIE for name in ("plus", "minus", "like")}
        # PCA is there in seconds for any file; t-SNE can take its time once it is asked for.
        perplexity = fitting(fresh.perplexity, len(movies))
        changes = {
            "method": "pca",
            "n_movies": STEP * -(-len(movies) // STEP),
            "colour": f"{COLUMN}{_telling(movies)}",
            "perplexity": perplexity,
            "perplexities": (perplexity,),
        }
    store.set(
        source=source, movie=NO_MOVIE, clicked=NO_MOVIE, chosen=(), alone=(), size_by="",
        library="sklearn", **NO_FILTER, **poles, **changes,
    )  # fmt: skip


def _telling(movies: Movies) -> str:
    """The column that a map is coloured by first: one of a few classes, if there is one."""
    for name, column in movies.items.columns.items():
        if not column.graded and len(found := column.classes().names) > 1 and not (
            len(found) > MOST_CLASSES // 2
        ):  # fmt: skip
            return name
    return LENGTH


def _far_apart(movies: Movies) -> list[tuple[int, ...]]:
    """The outermost points along two of the vectors' own numbers, those that vary most."""
    spread = np.argsort(-movies.vectors.var(axis=0), kind="stable")
    ends: list[tuple[int, ...]] = []
    for axis in spread[:2]:
        values = movies.vectors[:, axis]
        ends += [(int(values.argmin()),), (int(values.argmax()),)]
    return ends


def points_as_movies(name: str, points: Points) -> Movies:
    """Points as the page's maps want them; their numbers are their rows, from 0."""
    n = len(points.vectors)
    empty: NDArray[np.float64] = np.full(n, np.nan)
    lengths = np.sqrt(np.einsum("ij,ij->i", points.vectors, points.vectors, dtype=np.float64))
    columns = {one.name: one for one in (*points.columns, Column(LENGTH, numbers=lengths))}
    items = Items(
        points.names, empty, [""] * n, empty, np.zeros(n, dtype=np.int64), empty, columns, False
    )
    return Movies(
        points.vectors, items, np.arange(n, dtype=np.int64), False, "", "", file=name
    )  # fmt: skip
