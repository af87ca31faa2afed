"""What a selection has that the rest has not, in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optviz.embedding.columns import Classes

__all__ = ["Contrast", "Pair", "Share", "contrast", "telling_classes"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of the selection, and the same of the rest; NaN where nothing is known."""

    inside: float
    outside: float


@dataclass(frozen=True, slots=True)
class Share:
    """How often a label occurs in the selection, and how often in the rest.

    Attributes:
        name: The label.
        count: Points of the selection that have it.
        inside: Their share of the selection.
        outside: The share of the rest.
        z: How many standard deviations ``count`` lies above what a selection of this size,
            drawn at random, would hold on average (hypergeometric).
    """

    name: str
    count: int
    inside: float
    outside: float
    z: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """A selection against the rest.

    Attributes:
        n: Points selected.
        rest: Points not selected.
        rating: Mean of all ratings given to them.
        year: Median year, where known.
        count: Median number of ratings.
        labels: Those that occur more often than chance would have it (z ≥ 3), most telling first.
    """

    n: int
    rest: int
    rating: Pair
    year: Pair
    count: Pair
    labels: tuple[Share, ...]


_TELLING = 3.0
"""With twenty labels looked at, two standard deviations would be passed by chance too often."""


def contrast(
    chosen: NDArray[np.bool_],
    *,
    means: NDArray[np.float64],
    counts: NDArray[np.int64],
    years: NDArray[np.float64],
    labels: Sequence[str],
) -> Contrast:
    """Compare the chosen points with all others.

    Args:
        chosen: (n,) which.
        means: (n,) mean rating of each.
        counts: (n,) number of ratings of each.
        years: (n,) NaN where unknown.
        labels: (n,) names joined by ``|``; empty for none.
    """

    def pair(measure: object) -> Pair:
        assert callable(measure)
        return Pair(float(measure(chosen)), float(measure(~chosen)))

    def rating(rows: NDArray[np.bool_]) -> float:
        given = counts[rows].sum()
        return float((means[rows] * counts[rows]).sum() / given) if given else np.nan

    def year(rows: NDArray[np.bool_]) -> float:
        known = years[rows & ~np.isnan(years)]
        return float(np.median(known)) if known.size else np.nan

    def count(rows: NDArray[np.bool_]) -> float:
        return float(np.median(counts[rows])) if rows.any() else np.nan

    return Contrast(
        n=int(chosen.sum()),
        rest=int((~chosen).sum()),
        rating=pair(rating),
        year=pair(year),
        count=pair(count),
        labels=_telling(chosen, labels),
    )


def _telling(chosen: NDArray[np.bool_], labels: Sequence[str]) -> tuple[Share, ...]:
    total, n = len(chosen), int(chosen.sum())
    if not 0 < n < total:
        return ()
    has: dict[str, NDArray[np.bool_]] = {}
    for row, joined in enumerate(labels):
        for name in filter(None, joined.split("|")):
            has.setdefault(name, np.zeros(total, dtype=bool))[row] = True
    counts = ((name, int(rows.sum()), int((rows & chosen).sum())) for name, rows in has.items())
    return _frequent(counts, n, total)


def telling_classes(chosen: NDArray[np.bool_], classes: Classes) -> tuple[Share, ...]:
    """The classes that occur more often among the chosen points than chance would have it."""
    total, n = len(chosen), int(chosen.sum())
    if not 0 < n < total:
        return ()
    m = len(classes.names)
    codes = classes.codes
    held = np.bincount(codes[codes >= 0], minlength=m)
    inside = np.bincount(codes[(codes >= 0) & chosen], minlength=m)
    return _frequent(zip(classes.names, held.tolist(), inside.tolist(), strict=True), n, total)


def _frequent(counts: Iterable[tuple[str, int, int]], n: int, total: int) -> tuple[Share, ...]:
    """(name, held by all, held by the chosen) of each label → those that tell, most first."""
    found = []
    for name, held, count in counts:
        share = held / total
        variance = n * share * (1 - share) * (total - n) / max(total - 1, 1)
        if variance <= 0:
            continue
        z = (count - n * share) / variance**0.5
        if z >= _TELLING:
            found.append(Share(name, count, count / n, (held - count) / (total - n), z))
    return tuple(sorted(found, key=lambda one: -one.z))
