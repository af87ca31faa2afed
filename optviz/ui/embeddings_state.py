"""What the Embeddings page can be set to, and its telling scenes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from optviz.core.problem import Problem
from optviz.embedding.illusions import ILLUSIONS, SEEDS
from optviz.embedding.live import LiveSettings, checked_perplexities, live_available
from optviz.embedding.neighbours import METRICS
from optviz.embedding.own_files import MOST_ROWS
from optviz.embedding.projections import PROJECTIONS
from optviz.embedding.travel import TRAVELS
from optviz.figures.embeddings_paint import COLUMN
from optviz.recommender.config import MODELS
from optviz.ui.embeddings_fields import (
    Guesses,
    colour_name,
    film_set,
    genre_set,
    guessed,
    search_words,
)
from optviz.ui.fields import PageState, choice, custom, flag, integer, number, words

__all__ = [
    "COLOURS",
    "COMERS",
    "DEFAULT_MATRIX",
    "FIRST_YEAR",
    "LAST_YEAR",
    "LIBRARIES",
    "MOST_TRAILS",
    "NO_MOVIE",
    "OWN_AXES",
    "PARTS",
    "SCENES",
    "SOURCES",
    "STEP",
    "EmbeddingsState",
    "Matrix",
]

Matrix = tuple[tuple[float, ...], ...]

LIBRARIES = ("sklearn", "opentsne")
SOURCES = ("movies", "own")
"""What is on the map: films, or the points of a file of the user's own."""
PARTS = ("lookup", "map", "growth", "methods", "placed", "illusions")
COMERS = ("user", "mine", "film")
"""Who can be placed on the finished map."""
COLOURS = (  # optviz.figures.embeddings_paint.COLOURS
    "year", "decade", "genre", "genre_all", "mean", "bias", "count", "cluster", "quality",
)  # fmt: skip
OWN_AXES = "axes"
"""The way to lay films out that is no projection of all factors, but two axes of one's own."""
NO_MOVIE = -1
MOST_TRAILS = 6
STEP = 50
"""Of the slider that chooses how many films are shown; its end is the next step above all."""
FIRST_YEAR, LAST_YEAR = 1870, 2100  # cinema, with room
DEFAULT_MATRIX: Matrix = (
    (0.9, -0.2, 0.4),
    (-0.7, 0.8, 0.1),
    (0.3, 0.5, -0.6),
    (0.8, -0.1, 0.5),
    (-0.4, -0.9, 0.2),
)

_ROWS, _COLUMNS = len(DEFAULT_MATRIX), len(DEFAULT_MATRIX[0])


def _check_matrix(value: Any) -> Matrix:
    try:
        rows = tuple(tuple(float(cell) for cell in row) for row in value)
    except (TypeError, ValueError):
        raise Problem("problem.embedding.cell") from None
    if len(rows) != _ROWS or any(len(row) != _COLUMNS for row in rows):
        raise Problem("problem.embedding.cell")
    # Beyond 1e6 neither the formula nor float32 shows the number that was typed.
    if not all(math.isfinite(cell) and abs(cell) <= 1e6 for row in rows for cell in row):
        raise Problem("problem.embedding.cell")
    return rows


def _write_matrix(value: Matrix) -> str:
    return "_".join(",".join(map(repr, row)) for row in value)


def _read_matrix(written: str) -> Matrix:
    return tuple(tuple(map(float, row.split(","))) for row in written.split("_"))


@dataclass(frozen=True)
class EmbeddingsState(PageState):
    """Everything the page shows follows from this (and from the movies' factors)."""

    page: ClassVar[str] = "embeddings"

    part: str = choice("map", PARTS)
    method: str = choice("tsne", (*PROJECTIONS, OWN_AXES))
    dimensions: str = choice("2", ("2", "3"))
    source: str = choice("movies", SOURCES)
    n_movies: int = integer(1000, 50, MOST_ROWS)
    colour: str = colour_name("year", COLOURS)
    size_by: str = words("", 300)
    movie: int = integer(NO_MOVIE, NO_MOVIE, 2**31)
    clicked: int = integer(NO_MOVIE, NO_MOVIE, 2**31)
    perplexity: float = number(30.0, 2.0, 100.0)
    max_iter: int = integer(1000, 300, 5000)
    n_neighbors: int = integer(15, 2, 200)
    min_dist: float = number(0.1, 0.0, 0.99)
    init: str = choice("pca", ("pca", "random"))
    seed: int = integer(0, 0, 2**32 - 1)
    normalize: bool = flag(True)
    metric: str = choice("cosine", METRICS)
    near: int = integer(8, 1, 50)
    find: str = search_words()
    genres: tuple[str, ...] = genre_set()
    first_year: int = integer(FIRST_YEAR, FIRST_YEAR, LAST_YEAR)
    last_year: int = integer(LAST_YEAR, FIRST_YEAR, LAST_YEAR)
    chosen: tuple[int, ...] = film_set()
    alone: tuple[int, ...] = film_set()
    sized: bool = flag(False)
    crowding: bool = flag(False)
    trust: bool = flag(False)
    left: tuple[int, ...] = film_set((1,))  # Toy Story, in every MovieLens
    right: tuple[int, ...] = film_set((1214,))  # Alien
    bottom: tuple[int, ...] = film_set((597,))  # Pretty Woman
    top: tuple[int, ...] = film_set((296,))  # Pulp Fiction
    plus: int = integer(1196, NO_MOVIE, 2**31)  # The Empire Strikes Back …
    minus: int = integer(260, NO_MOVIE, 2**31)  # … is to Star Wars …
    like: int = integer(4993, NO_MOVIE, 2**31)  # … as what is to The Fellowship of the Ring?
    library: str = choice("sklearn", LIBRARIES)
    perplexities: tuple[float, ...] = custom(
        (30.0,),
        check=checked_perplexities,
        parse=lambda written: checked_perplexities(written.split("_")),
        write=lambda values: "_".join(map(repr, values)),
    )
    early_exaggeration: float = number(12.0, 1.0, 32.0)
    exaggeration: float = number(1.0, 1.0, 8.0)
    row: int = integer(2, 0, _ROWS - 1)
    matrix: Matrix = custom(  # noqa: RUF009
        DEFAULT_MATRIX, check=_check_matrix, parse=_read_matrix, write=_write_matrix
    )
    puzzle: str = choice("noise", tuple(ILLUSIONS))
    start: int = integer(0, 0, SEEDS - 1)
    guesses: Guesses = guessed()  # noqa: RUF009
    who: str = choice("user", COMERS)
    placed_user: str = words("")
    grow_model: str = choice("dot_bias", tuple(MODELS))
    grow_method: str = choice("tsne", TRAVELS)
    trails: tuple[int, ...] = film_set((1, 260, 588, 593, 2571))  # Toy Story, Star Wars, Aladdin …

    @property
    def column(self) -> str:
        """The column of a table that the points are coloured by, if it is one."""
        return self.colour.removeprefix(COLUMN) if self.colour.startswith(COLUMN) else ""

    @property
    def live(self) -> bool:
        """Whether the map is one that moves while it is made."""
        return self.method == "tsne" and self.library == "opentsne" and live_available()

    def live_settings(self) -> LiveSettings:
        """How a live map is made."""
        names = (field.name for field in dataclasses.fields(LiveSettings))
        return LiveSettings(**{name: getattr(self, name) for name in names})

    def parameters(self) -> dict[str, Any]:
        """The chosen method's settings."""
        if self.method == OWN_AXES:
            return {"normalize": self.normalize}
        return {p.name: getattr(self, p.name) for p in PROJECTIONS[self.method].parameters}

    @property
    def filtered(self) -> bool:
        """Whether some films are to stand out by title, genre or year."""
        years = (self.first_year, self.last_year) != (FIRST_YEAR, LAST_YEAR)
        return bool(self.find.strip() or self.genres or years)


SCENES: Mapping[str, Mapping[str, Any]] = {
    "row": {"part": "lookup"},
    "islands": {},
    "genre": {"colour": "genre"},
    "neighbours": {"movie": 260},  # Star Wars (1977) in every MovieLens
    "live": {"library": "opentsne"},
    "seed": {"init": "random", "seed": 1},
    "perplexity": {"perplexity": 3.0},
    "umap": {"method": "umap"},
    "pca": {"method": "pca"},
    "illusions": {"part": "illusions"},
    "growth": {"part": "growth", "colour": "genre"},
    "methods": {"part": "methods", "colour": "genre"},
    "placed": {"part": "placed"},
    "placed_mine": {"part": "placed", "who": "mine"},
    "placed_film": {"part": "placed", "who": "film"},
}
"""Scene → the fields that differ from the defaults; the words are under embeddings.scene."""
