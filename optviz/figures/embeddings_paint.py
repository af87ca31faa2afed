"""How the films of a map are painted: by what is known of them, or measured on the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.figures.films import GENRE_GROUPS, GENRES, Items, genre_group, rarest_genre
from optviz.figures.theme import Theme
from optviz.language import Text

__all__ = ["COLOURS", "COLUMN", "MEASURED", "Canvas", "Layer", "layers"]

COLOURS = (
    "year", "decade", "genre", "genre_all", "mean", "bias", "count", "cluster", "quality",
)  # fmt: skip
"""What the points can be coloured by."""
COLUMN = "column:"
"""What stands before the name of a column of the user's own, to be coloured by."""
MEASURED = ("cluster", "quality")
"""Those of :data:`COLOURS` that are not known of a film but measured on the map."""

Rows = NDArray[np.int64]

_SYMBOLS = (
    "diamond", "x", "square", "triangle-up", "triangle-down", "circle", "pentagon", "circle-open",
)  # fmt: skip
# In 3D, "x" is a letter that not every font has.
_SYMBOLS_3D = (
    "diamond", "cross", "square", "circle", "circle", "circle", "circle", "circle-open",
)  # fmt: skip
_PAINT = {"family": 4, "horror": 6, "scifi": 5, "action": 1, "crime": 3, "comedy": 2, "drama": 0}
# Six colours that colour-blind readers can tell apart, in as many shapes as it takes.
# (On a dark ground the two blues are too much alike; the ink takes the place of one.)
_HUES = (0, 1, 2, 3, 4, 6)
_MOST_NAMED, _LONGEST_NAME = 20, 24  # names that a legend below the map has room for
_SHAPES = ("circle", "square", "triangle-up", "diamond", "x", "triangle-down", "pentagon", "star")
_SHAPES_3D = ("circle", "square", "diamond", "cross", "circle-open", "square-open", "diamond-open")


@dataclass(frozen=True, slots=True)
class Canvas:
    """What the paint goes on.

    Attributes:
        solid: Whether the map has three axes.
        many: Whether there are so many points that they must be small.
        strength: Opacity of a point that is fully there, 0 … 1.
        sized: Whether a point's area tells the film's number of ratings.
        size_by: The column of numbers that the area tells instead.
    """

    solid: bool
    many: bool
    strength: float = 1.0
    sized: bool = False
    size_by: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Points that are drawn alike: rows of the map, Plotly's marker, and a name for the legend."""

    rows: Rows
    marker: dict[str, Any]
    name: str = ""

    @property
    def legend(self) -> bool:
        """Whether it has a place there."""
        return bool(self.name)


def layers(
    items: Items,
    rows: Rows,
    colour: str,
    canvas: Canvas,
    *,
    text: Text,
    theme: Theme,
    measured: Mapping[str, NDArray[Any]],
) -> Iterator[Layer]:
    """Paint ``rows`` of the films, what lies underneath first.

    Args:
        items: All films of the map.
        rows: Those to paint.
        colour: One of :data:`COLOURS`.
        canvas: What they are painted on.
        text: The catalogue.
        theme: Light or dark.
        measured: Those of :data:`MEASURED` that are there, one value a film of the map. Without
            its values a colour is grey.
    """
    if colour in MEASURED and colour not in measured:
        grey = {"color": theme.muted, "opacity": 0.5 * canvas.strength}
        yield Layer(rows, grey | _sizes(items, rows, canvas, 4, 8))
    elif colour.startswith(COLUMN):
        yield from _column(items, rows, colour.removeprefix(COLUMN), canvas, text, theme)
    elif colour == "genre":
        yield from _groups(items, rows, canvas, text, theme)
    elif colour == "genre_all":
        yield from _genres(items, rows, canvas, text, theme)
    elif colour == "decade":
        yield from _decades(items, rows, canvas, text, theme)
    elif colour == "cluster":
        yield from _clusters(items, rows, canvas, text, theme, measured["cluster"])
    else:
        marker = {"opacity": 0.9 * canvas.strength} | _graded(
            items, rows, colour, text, theme, measured
        )
        yield Layer(rows, marker | _outline(canvas, theme) | _sizes(items, rows, canvas, 4, 8))


def _outline(canvas: Canvas, theme: Theme) -> dict[str, Any]:
    # Round many points WebGL's outlines double its work, and the eye sees none of them.
    return {"line": {"width": 0 if canvas.many else 0.5, "color": theme.muted}}


def _sizes(items: Items, rows: Rows, canvas: Canvas, small: int, large: int) -> dict[str, Any]:
    size = small if canvas.solid or canvas.many else large
    column = items.columns.get(canvas.size_by)
    if column is not None and column.numbers is not None:
        return {"size": _by_column(column.numbers, rows, size)}
    if not canvas.sized:
        return {"size": size}
    # The area grows with the ratings: a diameter of one half for few, of two and a half for most.
    most = max(float(items.counts.max()), 1.0)
    wide = 0.5 + 2.0 * np.sqrt(items.counts[rows] / most)
    return {"size": (size * wide).astype(np.float32)}


def _by_column(numbers: NDArray[np.float64], rows: Rows, size: int) -> NDArray[np.float32]:
    """Diameters: from one half for the smallest number to two and a half for the largest."""
    known = numbers[np.isfinite(numbers)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    share = (numbers[rows] - low) / (high - low) if high > low else np.full(len(rows), 0.25)
    wide = 0.5 + 2.0 * np.sqrt(np.nan_to_num(share, nan=0.0, posinf=1.0, neginf=0.0))
    found: NDArray[np.float32] = (size * wide).astype(np.float32)
    return found


def _column(
    items: Items, rows: Rows, name: str, canvas: Canvas, text: Text, theme: Theme
) -> Iterator[Layer]:
    column = items.columns.get(name)
    if column is not None and column.graded and column.numbers is not None:
        marker = {"opacity": 0.9 * canvas.strength} | _scaled(
            column.numbers, rows, {"title": _bar_title(name)}, theme
        )
        yield Layer(rows, marker | _outline(canvas, theme) | _sizes(items, rows, canvas, 4, 8))
        return
    if column is None:
        yield Layer(rows, _shaped(canvas, theme, None) | _sizes(items, rows, canvas, 4, 8))
        return
    found = column.classes()
    # What has no class lies underneath; a legend is read from its end, the first class first.
    for place in (-1, *reversed(range(len(found.names)))):
        own = rows[found.codes[rows] == place]
        if not own.size:
            continue
        marker = _shaped(canvas, theme, None if place < 0 else place)
        said = text("embeddings.figure.no_class") if place < 0 else found.names[place]
        yield Layer(
            own,
            marker | _sizes(items, own, canvas, 4, 7),
            said[:_LONGEST_NAME] if place < _MOST_NAMED else "",
        )


def _groups(items: Items, rows: Rows, canvas: Canvas, text: Text, theme: Theme) -> Iterator[Layer]:
    groups = np.array([genre_group(items.genres[row]) for row in rows])
    symbols = _SYMBOLS_3D if canvas.solid else _SYMBOLS
    # "Other" first, so that it lies underneath.
    for place, group in sorted(enumerate(GENRE_GROUPS), key=lambda pair: -pair[0]):
        own = rows[groups == group]
        if not own.size:
            continue
        marker = {
            "color": theme.muted if group == "other" else theme.categories[_PAINT[group]],
            "symbol": symbols[place],
            "opacity": 0.85 * canvas.strength,
        }
        yield Layer(
            own, marker | _sizes(items, own, canvas, 4, 7), text(f"embeddings.genre.{group}")
        )


def _genres(items: Items, rows: Rows, canvas: Canvas, text: Text, theme: Theme) -> Iterator[Layer]:
    names = np.array([rarest_genre(items.genres[row]) for row in rows])
    for place, name in sorted(enumerate((*GENRES, "")), key=lambda pair: -pair[0]):
        own = rows[names == name]
        if not own.size:
            continue
        marker = _shaped(canvas, theme, place if name else None)
        said = (
            text(f"embeddings.film_genre.{_key(name)}") if name else text("embeddings.genre.other")
        )
        yield Layer(own, marker | _sizes(items, own, canvas, 4, 7), said)


def _key(genre: str) -> str:
    """A genre's name as it stands in a key of the catalogue."""
    return genre.lower().replace("-", "_")


def _shaped(canvas: Canvas, theme: Theme, place: int | None) -> dict[str, Any]:
    """Colour and shape of the ``place``-th of many; None for what belongs nowhere."""
    shapes = _SHAPES_3D if canvas.solid else _SHAPES
    if place is None:
        return {
            "color": theme.muted, "symbol": "circle-open", "opacity": 0.5 * canvas.strength,
        }  # fmt: skip
    return {
        "color": theme.categories[_HUES[place % len(_HUES)]],
        "symbol": shapes[place // len(_HUES) % len(shapes)],
        "opacity": 0.85 * canvas.strength,
    }


def _decades(items: Items, rows: Rows, canvas: Canvas, text: Text, theme: Theme) -> Iterator[Layer]:
    decades = np.floor(items.years / 10) * 10
    known = np.unique(decades[np.isfinite(decades)])  # of all films: a filter changes no colour
    unknown = rows[np.isnan(decades[rows])]
    if unknown.size:
        yield Layer(
            unknown,
            _shaped(canvas, theme, None) | _sizes(items, unknown, canvas, 4, 8),
            text("embeddings.figure.no_year"),
        )
    # A legend is read from its end: the oldest first there.
    for place, decade in reversed(list(enumerate(known))):
        own = rows[decades[rows] == decade]
        if own.size:
            marker = {
                "color": theme.graded(place / max(len(known) - 1, 1)),
                "opacity": 0.9 * canvas.strength,
            }
            yield Layer(
                own,
                marker | _outline(canvas, theme) | _sizes(items, own, canvas, 4, 8),
                text("embeddings.figure.decade", year=int(decade)),
            )


def _clusters(
    items: Items, rows: Rows, canvas: Canvas, text: Text, theme: Theme, found: NDArray[Any]
) -> Iterator[Layer]:
    # Those in no cluster (−1) lie underneath; a legend is read from its end, the largest first.
    for cluster in sorted(np.unique(found[rows]).tolist(), key=lambda c: (c >= 0, -c)):
        own = rows[found[rows] == cluster]
        alone = cluster < 0
        marker = _shaped(canvas, theme, None if alone else cluster)
        name = "embeddings.figure.no_cluster" if alone else "embeddings.figure.cluster"
        said = text(name, number=cluster + 1, n=int((found == cluster).sum()))
        yield Layer(own, marker | _sizes(items, own, canvas, 4, 7), said)


def _graded(
    items: Items,
    rows: Rows,
    colour: str,
    text: Text,
    theme: Theme,
    measured: Mapping[str, NDArray[Any]],
) -> dict[str, Any]:
    known_of: dict[str, Any] = {
        "year": items.years,
        "mean": items.means,
        "bias": items.biases,
        "count": np.log10(np.maximum(items.counts, 1)),
    } | dict(measured)
    values = np.asarray(known_of[colour], dtype=np.float64)
    bar: dict[str, Any] = {"title": _bar_title(text(f"embeddings.colour.{colour}"))}
    low, high = _ends(values)
    if colour == "count":
        ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
                 if low <= np.log10(n) <= high]  # fmt: skip
        bar |= {
            "tickvals": np.log10(ticks).tolist() if ticks else [],
            "ticktext": list(map(str, ticks)),
        }
    if colour == "year":
        bar["tickformat"] = "d"
    if colour == "quality":
        bar["tickformat"] = ".0%"
    return _scaled(values, rows, bar, theme)


def _bar_title(words: str) -> dict[str, Any]:
    return {"text": words, "side": "top", "font": {"size": 13}}


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    """Of all films, so that a filter changes no colour; few extremes must not wash out the rest."""
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, [2, 98]) if known.size else (0.0, 1.0)
    return (float(low), float(high)) if high > low else (float(low) - 0.5, float(high) + 0.5)


def _scaled(
    values: NDArray[np.float64], rows: Rows, bar: Mapping[str, Any], theme: Theme
) -> dict[str, Any]:
    """Colours of a scale, and its bar below the map."""
    low, high = _ends(values)
    return {
        "color": values[rows].astype(np.float32),
        "cmin": low,
        "cmax": high,
        "colorscale": theme.scale(theme.sequential),
        "colorbar": {
            "orientation": "h",
            "x": 0.5,
            "y": 0,
            "yanchor": "top",
            "thickness": 9,
            "len": 0.5,
            "outlinewidth": 0,
            "tickfont": {"color": theme.muted},
            **bar,
        },
    }
