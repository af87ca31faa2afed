"""t-SNE that can be watched, held, pushed and steered while it works: openTSNE's.

openTSNE keeps its optimiser's momentum and gains between two calls, so a run can be made in
pieces, each from where the last ended, and the pieces are the whole: with one thread, and with
nothing changed on the way, a run made here ends where openTSNE's own ``TSNE.fit`` ends, bit for
bit. openTSNE is imported when a run is made.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.embedding.projections import reduced
from optviz.embedding.vectors import as_vectors, comparable

__all__ = [
    "EARLY_UPDATES",
    "EVERY",
    "MOST_SCALES",
    "STEERED",
    "Frame",
    "LiveRun",
    "LiveSettings",
    "checked_perplexities",
    "live_available",
]

EVERY = 10
"""Updates between two frames."""

EARLY_UPDATES = 250
"""Updates with early exaggeration, openTSNE's own default."""

MOST_SCALES = 4
"""So many perplexities can be mixed."""

STEERED = ("perplexities", "early_exaggeration", "exaggeration", "max_iter")
"""The settings that may be changed while a run works; the others decide where it starts."""

_MOMENTUM = 0.8  # openTSNE's default, in both phases
_INTERVALS = 50  # the coarsest grid of openTSNE's interpolation, along each side
_EXACT = 10_000
_FEWEST = 7  # the lowest perplexity, 2, needs more than 6


@cache
def live_available() -> bool:
    """Whether openTSNE is installed; it is not made for every machine that we run on."""
    return find_spec("openTSNE") is not None


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a run goes.

    Attributes:
        perplexities: One, or several that are mixed: each film then has near and far neighbours.
        early_exaggeration: Factor on the attraction during the first :data:`EARLY_UPDATES`.
        exaggeration: The same afterwards; 1 is plain t-SNE.
        max_iter: Updates in all.
        init: ``"pca"`` or ``"random"``.
        seed: Of the random start, of the jitter on a PCA start, and of the kicks.
        normalize: Compare directions only (cosine).
    """

    perplexities: tuple[float, ...] = (30.0,)
    early_exaggeration: float = 12.0
    exaggeration: float = 1.0
    max_iter: int = 1000
    init: str = "pca"
    seed: int = 0
    normalize: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The map after some updates.

    Attributes:
        iteration: Updates made.
        coordinates: (n, 2) float32.
        kl_divergence: KL(P‖Q) of exactly these coordinates, in nats, without exaggeration; None
            for the start, of which openTSNE does not compute it.
        seconds: Time spent on updates so far, pauses left out.
        exaggeration: In force for the updates that led here.
        perplexities: The same.
        did: What its user did just before: ``"kick"`` or names from :data:`STEERED`.
    """

    iteration: int
    coordinates: NDArray[np.float32]
    kl_divergence: float | None
    seconds: float
    exaggeration: float
    perplexities: tuple[float, ...]
    did: tuple[str, ...] = ()


def checked_perplexities(values: Iterable[Any], n: int | None = None) -> tuple[float, ...]:
    """Perplexities in rising order, each once.

    Args:
        values: One or several.
        n: Points that they shall be used with; None where that is not known yet.

    Raises:
        Problem: There are none or too many, or one cannot be used.
    """
    found = tuple(sorted({float(value) for value in values}))
    if not 1 <= len(found) <= MOST_SCALES:
        raise Problem("problem.live.scales", n=len(found), most=MOST_SCALES)
    for value in found:
        if not 2.0 <= value <= 500.0:
            raise Problem("problem.live.perplexity", value=value)
    # openTSNE looks at 3 × perplexity neighbours of every point; with fewer it would silently
    # take a lower perplexity.
    if n is not None and 3 * found[-1] > n - 1:
        raise Problem("problem.embedding.perplexity", perplexity=found[-1], n=n, limit=(n - 1) / 3)
    return found


class LiveRun:
    """One t-SNE in the plane, :data:`EVERY` updates at a time.

    Args:
        vectors: (n, d) finite numbers.
        settings: How it goes.
        threads: Of openTSNE. With more than one, sums may come out in another order, and two
            equal runs may differ.

    Raises:
        Problem: Something cannot be used; the sentence says what would be right.
    """

    def __init__(
        self, vectors: ArrayLike, settings: LiveSettings | None = None, threads: int = 1
    ) -> None:
        from openTSNE import TSNEEmbedding, initialization

        settings = settings or LiveSettings()
        matrix = as_vectors(vectors)
        n, d = matrix.shape
        if n < _FEWEST:
            raise Problem("problem.embedding.too_few", n=n, minimum=_FEWEST)
        if d < 2:
            raise Problem("problem.embedding.too_flat", d=d, dimensions=2)
        matrix = comparable(matrix, settings.normalize)
        self.settings = replace(
            settings, perplexities=checked_perplexities(settings.perplexities, n)
        )
        self.iteration = 0
        self._vectors = reduced(matrix)
        self._threads = threads
        self._affinities = self._find_neighbours()
        if settings.init == "pca":
            start = initialization.pca(matrix, random_state=settings.seed)
        else:
            start = initialization.random(matrix, random_state=settings.seed)
        self._map = TSNEEmbedding(
            start, self._affinities, random_state=settings.seed, n_jobs=threads
        )
        self._attraction: NDArray[np.float64] = self._affinities.P.data.copy()
        self._last: float | None = None  # exaggeration of the last update
        self._kl: float | None = None
        self._seconds = 0.0
        self._did: list[str] = []

    def _find_neighbours(self) -> Any:
        from openTSNE.affinity import Multiscale

        # Exact neighbours: for some thousand points of some dozen numbers they are found sooner
        # than approximate ones. (With very many points it is the other way round.)
        return Multiscale(
            self._vectors,
            list(self.settings.perplexities),
            method="exact" if len(self._vectors) <= _EXACT else "annoy",
            n_jobs=self._threads,
            random_state=self.settings.seed,
        )

    @property
    def done(self) -> bool:
        """Whether all updates are made."""
        return self.iteration >= self.settings.max_iter

    @property
    def exaggeration(self) -> float:
        """In force for the next update."""
        early = self.iteration < EARLY_UPDATES
        return self.settings.early_exaggeration if early else self.settings.exaggeration

    def advance(self) -> Frame:
        """Make the next updates, up to :data:`EVERY` of them, and show where they led."""
        began = time.perf_counter()
        # A piece ends where a phase does.
        end = EARLY_UPDATES if self.iteration < EARLY_UPDATES else self.settings.max_iter
        updates = max(min(EVERY, end - self.iteration, self.settings.max_iter - self.iteration), 0)
        factor = self.exaggeration
        # openTSNE multiplies the affinities in place and divides them again at the end of a
        # call, which may change last bits: undone between the pieces of one phase, so that
        # many short calls are one long one.
        data = self._affinities.P.data
        if factor == self._last:
            data[:] = self._attraction
        else:
            self._attraction = data.copy()
        self._map.optimize(
            updates,
            inplace=True,
            exaggeration=factor,
            momentum=_MOMENTUM,
            negative_gradient_method=self._method(),
        )
        self._last = factor
        self.iteration += updates
        self._kl = float(self._map.kl_divergence)
        self._seconds += time.perf_counter() - began
        return self.look()

    def _method(self) -> str:
        """Interpolation on a grid, whose cost grows with the map's area, or a tree of points,
        whose cost grows with their number: whichever is faster for the map as it is."""
        side = max(float(np.ptp(np.asarray(self._map), axis=0).max()), _INTERVALS)
        return "fft" if side * side < len(self._map) else "bh"

    def look(self) -> Frame:
        """The map as it is, with what was done to it since the last look."""
        did, self._did = tuple(self._did), []
        last = self._last if self._last is not None else self.exaggeration
        return Frame(
            iteration=self.iteration,
            coordinates=np.array(self._map, dtype=np.float32),
            kl_divergence=self._kl,
            seconds=self._seconds,
            exaggeration=last,
            perplexities=self.settings.perplexities,
            did=did,
        )

    def kick(self, strength: float = 0.5) -> None:
        """Push every point in a random direction.

        Args:
            strength: Standard deviation of the push, in units of the map's own spread.
        """
        spread = float(np.std(np.asarray(self._map)))
        random = np.random.default_rng([self.settings.seed, self.iteration])
        self._map += random.normal(0.0, strength * spread, self._map.shape)
        self._did.append("kick")

    def change(self, **settings: Any) -> None:
        """Go on with other settings; only those of :data:`STEERED` count.

        Raises:
            Problem: A perplexity cannot be used; then nothing changes.
        """
        wanted = {name: value for name, value in settings.items() if name in STEERED}
        if "perplexities" in wanted:
            wanted["perplexities"] = checked_perplexities(wanted["perplexities"], len(self._map))
        new = replace(self.settings, **wanted)
        changed = [name for name in STEERED if getattr(new, name) != getattr(self.settings, name)]
        self.settings = new
        if "perplexities" in changed:
            self._affinities = self._map.affinities = self._find_neighbours()
            self._last = None
        self._did.extend(changed)
