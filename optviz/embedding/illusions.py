"""What t-SNE makes of data whose truth is known: puzzles to guess at before one believes a map.

After Wattenberg, Viégas & Johnson, "How to Use t-SNE Effectively", Distill (2016),
doi:10.23915/distill.00002. Every map is a real run on data drawn here; the groups are true by
construction, and what a map does to them is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.task import TaskContext
from optviz.embedding.projections import Glimpse, project

__all__ = [
    "ILLUSIONS",
    "ITERATIONS",
    "PERPLEXITIES",
    "POINTS",
    "SEEDS",
    "Illusion",
    "Run",
    "Truth",
    "farther",
    "illusion_task",
    "puzzle_runs",
    "truth",
    "wider",
]

Array = NDArray[np.float64]
Groups = NDArray[np.int64]

POINTS = 306
"""In every data set: perplexity 100 needs more than 300."""

PERPLEXITIES = (2.0, 5.0, 30.0, 50.0, 100.0)

SEEDS = 4
"""Of the first layout, to choose from."""

ITERATIONS = 750
"""Updates of each run."""

_USUAL = 30.0
_WIDE, _FAR, _NEAR = 10.0, 80.0, 8.0
_DIMENSIONS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Data and what is true of them.

    Attributes:
        vectors: (n, d) what t-SNE is given.
        groups: (n,) which group each point was drawn from.
        plane: (n, 2) the picture of the truth: the data themselves if they are flat, else
            their two principal components.
    """

    vectors: Array
    groups: Groups
    plane: Array


@dataclass(frozen=True, slots=True)
class Run:
    """One run of t-SNE.

    Attributes:
        perplexity: scikit-learn's.
        seed: Of the random first layout.
    """

    perplexity: float
    seed: int


@dataclass(frozen=True, slots=True)
class Illusion:
    """A puzzle; its words are under ``illusions.<name>``.

    Attributes:
        name: Key in :data:`ILLUSIONS`.
        draw: (generator) → vectors and groups.
        perplexity: Of the map that is shown with the question.
        answers: What there is to choose from, in order.
        right: The one of them that is true.
        labelled: Whether the question tells the groups apart.
        maps: How many maps the question shows; more than one differ in their first layout only.
    """

    name: str
    draw: Callable[[np.random.Generator], tuple[Array, Groups]]
    perplexity: float
    answers: tuple[str, ...]
    right: str
    labelled: bool = False
    maps: int = 1


def _groups(*sizes: int) -> Groups:
    return np.repeat(np.arange(len(sizes)), sizes)


def _noise(rng: np.random.Generator) -> tuple[Array, Groups]:
    """One cloud in 50 dimensions."""
    return rng.standard_normal((POINTS, _DIMENSIONS)), _groups(POINTS)


def _four(rng: np.random.Generator) -> tuple[Array, Groups]:
    """Four clouds in 50 dimensions, well apart."""
    groups = _groups(77, 77, 76, 76)
    centres = 1.5 * rng.standard_normal((4, _DIMENSIONS))
    return centres[groups] + rng.standard_normal((POINTS, _DIMENSIONS)), groups


def _sizes(rng: np.random.Generator) -> tuple[Array, Groups]:
    """Two round groups in the plane, the second one ten times as wide."""
    groups = _groups(POINTS // 2, POINTS // 2)
    points = rng.standard_normal((POINTS, 2)) * np.array([1.0, _WIDE])[groups, None]
    return points + np.array([[0.0, 0.0], [6 * _WIDE, 0.0]])[groups], groups


def _gaps(rng: np.random.Generator) -> tuple[Array, Groups]:
    """Three round groups in the plane; the second one is ten times as far away."""
    groups = _groups(*[POINTS // 3] * 3)
    centres = np.array([[0.0, 0.0], [_FAR, 0.0], [_NEAR, 0.0]])
    return rng.standard_normal((POINTS, 2)) + centres[groups], groups


ILLUSIONS: Mapping[str, Illusion] = MappingProxyType(
    {
        puzzle.name: puzzle
        for puzzle in (
            Illusion("noise", _noise, 2.0, ("one", "five", "twenty", "more"), "one"),
            Illusion("four", _four, 2.0, ("one", "four", "twenty", "more"), "four"),
            Illusion("sizes", _sizes, _USUAL, ("a", "b", "alike"), "b", labelled=True),
            Illusion("gaps", _gaps, _USUAL, ("ab", "ac", "bc", "alike"), "ac", labelled=True),
            Illusion("starts", _four, _USUAL, ("one", "two", "three"), "one", maps=3),
        )
    }
)
"""Name → puzzle, in the order in which they are asked."""


@cache
def truth(name: str) -> Truth:
    """The data of a puzzle; the same at each call."""
    puzzle = ILLUSIONS[name]
    # Its own place in the list, so that no two puzzles draw the same numbers.
    vectors, groups = puzzle.draw(np.random.default_rng(list(ILLUSIONS).index(name)))
    if vectors.shape[1] == 2:
        return Truth(vectors, groups, vectors)
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    return Truth(vectors, groups, np.asarray(centred @ axes.T, dtype=np.float64))


def puzzle_runs(name: str, seed: int) -> tuple[Run, ...]:
    """Five maps of one data set: those of the question first.

    Args:
        name: Of the puzzle.
        seed: Of the first layout, from 0.
    """
    puzzle = ILLUSIONS[name]
    if puzzle.maps > 1:
        return tuple(Run(puzzle.perplexity, seed + i) for i in range(len(PERPLEXITIES)))
    others = (p for p in PERPLEXITIES if p != puzzle.perplexity)
    return tuple(Run(p, seed) for p in (puzzle.perplexity, *others))


def illusion_task(context: TaskContext, name: str, seed: int) -> tuple[Array, ...]:
    """The maps of :func:`puzzle_runs`, one after the other, each (n, 2).

    Emits ``"map"`` (number, coordinates) as each is done; progress counts them.

    Raises:
        Cancelled: Its user cancelled it.
    """
    found: list[Array] = []
    runs, vectors = puzzle_runs(name, seed), truth(name).vectors

    def watch(iteration: int, total: int, look: Callable[[], Glimpse]) -> None:
        context.checkpoint()
        if iteration % 25 == 0:
            context.progress(len(found) + iteration / total, len(runs))

    for number, run in enumerate(runs):
        settings: dict[str, Any] = {
            "perplexity": run.perplexity, "seed": run.seed, "max_iter": ITERATIONS,
            "init": "random", "normalize": False,
        }  # fmt: skip
        layout = project(vectors, "tsne", 2, watch=watch, **settings).coordinates
        found.append(np.asarray(layout, dtype=np.float64))
        context.emit("map", number=number, coordinates=found[-1])
        context.progress(len(found), len(runs))
    return tuple(found)


def _middles(points: Array, groups: Groups) -> Array:
    return np.array([points[groups == g].mean(axis=0) for g in range(groups.max() + 1)])


def wider(points: Array, groups: Groups) -> float:
    """How many times as wide the second group is as the first: root mean square distances."""
    away = np.linalg.norm(points - _middles(points, groups)[groups], axis=1)
    first, second = (float(np.sqrt(np.mean(away[groups == g] ** 2))) for g in (0, 1))
    return second / first


def farther(points: Array, groups: Groups) -> float:
    """How many times as far the second group's middle is from the first's as the third's."""
    first, second, third = _middles(points, groups)
    return float(np.linalg.norm(second - first) / np.linalg.norm(third - first))
