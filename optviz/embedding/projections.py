"""From many dimensions to two or three: the projections that the page offers.

A projection is a pure function: the same vectors and settings give the same picture on the same
machine. The registry names them; scikit-learn is imported when one of them runs.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.embedding.vectors import as_vectors, comparable

__all__ = [
    "PROJECTIONS",
    "REDUCED_TO",
    "Glimpse",
    "Parameter",
    "Projection",
    "ProjectionSpec",
    "available",
    "fitting",
    "is_reduced",
    "project",
    "reduced",
    "umap_available",
]

REDUCED_TO = 50
"""Numbers that a vector of a large map is reduced to by PCA before t-SNE, which looks at the
distance of every point from its neighbours again and again."""

_LARGE = 10_000

Array = NDArray[np.float64]
Setting = int | float | bool | str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a projection: its name (scikit-learn's own), default and range."""

    name: str
    default: Setting
    minimum: float
    maximum: float
    kind: Literal["int", "float", "bool", "choice"]
    options: tuple[str, ...] = ()

    def check(self, value: Any) -> Setting:
        """``value`` as this parameter's type.

        Raises:
            Problem: It is not a number of that kind, or outside the range.
        """
        if self.kind == "bool":
            if isinstance(value, (bool, np.bool_)):
                return bool(value)
            raise Problem("problem.embedding.not_bool", name=self.name, value=value)
        if self.kind == "choice":
            if value in self.options:
                return str(value)
            known = ", ".join(self.options)
            raise Problem("problem.embedding.choice", name=self.name, value=value, known=known)
        number = not isinstance(value, (bool, np.bool_)) and isinstance(
            value, (int, float, np.integer, np.floating)
        )
        if not number or not math.isfinite(value):
            raise Problem("problem.embedding.not_number", name=self.name, value=value)
        if self.kind == "int" and value != int(value):
            raise Problem("problem.embedding.not_whole", name=self.name, value=value)
        if not self.minimum <= value <= self.maximum:
            raise Problem(
                "problem.embedding.out_of_range",
                name=self.name,
                value=value,
                minimum=self.minimum,
                maximum=self.maximum,
            )
        return int(value) if self.kind == "int" else float(value)


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A look at a projection in the making.

    Attributes:
        iteration: Updates made so far.
        total: Updates planned.
        coordinates: (n, dimensions) float32, a copy.
        kl_divergence: The loss, at the iterations where scikit-learn computes it and once the
            early exaggeration is over (before, it belongs to another problem); else None.
    """

    iteration: int
    total: int
    coordinates: NDArray[np.float32]
    kl_divergence: float | None


Watch = Callable[[int, int, Callable[[], Glimpse]], None]
"""Called before every update with (iteration, total, a function that takes the glimpse)."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Where every vector landed, and how.

    Attributes:
        method: Name in :data:`PROJECTIONS`.
        settings: Every parameter as used.
        coordinates: (n, dimensions) float32.
        seconds: Time it took.
        kl_divergence: t-SNE's final loss in nats; None for the others.
        iterations: Updates made (UMAP: epochs); None for PCA.
        explained_variance: Share of the variance on each axis, PCA only; else None.
    """

    method: str
    settings: Mapping[str, Setting]
    coordinates: NDArray[np.float32]
    seconds: float
    kl_divergence: float | None = None
    iterations: int | None = None
    explained_variance: tuple[float, ...] | None = None

    @property
    def dimensions(self) -> int:
        """2 or 3."""
        return int(self.coordinates.shape[1])


@dataclass(frozen=True, slots=True)
class ProjectionSpec:
    """A method of projection.

    Attributes:
        name: Key in :data:`PROJECTIONS`; the page's words are under ``embeddings.method.<name>``.
        parameters: Its settings, in the order in which one thinks of them.
        minimum_points: With fewer it cannot work.
        source: Where it comes from.
        run: (vectors, dimensions, settings, watch) → the fields of :class:`Projection`.
    """

    name: str
    parameters: tuple[Parameter, ...]
    minimum_points: int
    source: str
    run: Callable[[Array, int, Mapping[str, Setting], Watch | None], dict[str, Any]] = field(
        repr=False
    )

    def settings(self, given: Mapping[str, Any], n_points: int) -> dict[str, Setting]:
        """All parameters, checked, defaults filled in.

        Raises:
            Problem: An unknown parameter, or a value that cannot be used with so many points.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise Problem(
                    "problem.embedding.unknown_parameter",
                    method=self.name,
                    name=name,
                    known=", ".join(known),
                )
        settings = {
            name: parameter.check(given.get(name, parameter.default))
            for name, parameter in known.items()
        }
        neighbours = settings.get("n_neighbors", 0)
        if int(neighbours) >= n_points:
            raise Problem("problem.embedding.n_neighbors", neighbours=neighbours, n=n_points)
        # Barnes–Hut t-SNE looks at 3 × perplexity neighbours of every point.
        perplexity = settings.get("perplexity", 0.0)
        if float(perplexity) >= n_points / 3:
            raise Problem(
                "problem.embedding.perplexity",
                perplexity=perplexity,
                n=n_points,
                limit=n_points / 3,
            )
        return settings


def available() -> tuple[str, ...]:
    """The projections that can run here, in the registry's order."""
    return tuple(name for name in PROJECTIONS if name != "umap" or umap_available())


def fitting(perplexity: float, n_points: int) -> float:
    """``perplexity``, or less: what a few points alone can have, at least 2."""
    return min(perplexity, max(2.0, float((n_points - 1) // 3)))


def project(
    vectors: ArrayLike,
    method: str = "tsne",
    dimensions: int = 2,
    *,
    watch: Watch | None = None,
    **parameters: Any,
) -> Projection:
    """Lay vectors out in the plane or in space.

    Args:
        vectors: (n, d) finite numbers.
        method: A key of :data:`PROJECTIONS`.
        dimensions: 2 or 3.
        watch: Sees an iterative method at work (see :data:`Watch`) and changes nothing; what it
            raises ends the work.
        **parameters: The method's settings; the rest take their defaults.

    Raises:
        Problem: Something cannot be used; the sentence says what would be right.

    Example:
        >>> import numpy as np
        >>> line = np.outer(np.arange(5.0), [1.0, 2.0, 2.0])
        >>> flat = project(line, "pca", normalize=False)
        >>> flat.coordinates[:, 0].round(3).tolist()
        [-6.0, -3.0, 0.0, 3.0, 6.0]
        >>> [round(share, 6) for share in flat.explained_variance]
        [1.0, 0.0]
    """
    if method not in PROJECTIONS:
        raise Problem("problem.embedding.method", name=method, known=", ".join(PROJECTIONS))
    spec = PROJECTIONS[method]
    if dimensions not in (2, 3):
        raise Problem("problem.embedding.dimensions", dimensions=dimensions)
    matrix = as_vectors(vectors)
    n, d = matrix.shape
    if n < spec.minimum_points:
        raise Problem("problem.embedding.too_few", n=n, minimum=spec.minimum_points)
    if d < dimensions:
        raise Problem("problem.embedding.too_flat", d=d, dimensions=dimensions)
    settings = spec.settings(parameters, n)
    matrix = comparable(matrix, bool(settings["normalize"]))
    began = time.perf_counter()
    found = spec.run(matrix, dimensions, settings, watch)
    return Projection(
        method=method,
        settings=settings,
        seconds=time.perf_counter() - began,
        **found,
    )


def is_reduced(n: int, d: int) -> bool:
    """Whether so many vectors of so many numbers are reduced before t-SNE."""
    return n > _LARGE and d > REDUCED_TO


def reduced(matrix: Array) -> Array:
    """The vectors as t-SNE gets them: long ones of a large map by their leading components."""
    if not is_reduced(*matrix.shape):
        return matrix
    from sklearn.decomposition import PCA

    model = PCA(n_components=REDUCED_TO, svd_solver="covariance_eigh")
    found: Array = model.fit_transform(matrix)
    return found


@lru_cache(maxsize=1)
def umap_available() -> bool:
    """Whether umap-learn is installed; it is not everywhere (see requirements.txt)."""
    return find_spec("umap") is not None


def _run_umap(
    matrix: Array, dimensions: int, settings: Mapping[str, Setting], watch: Watch | None
) -> dict[str, Any]:
    if not umap_available():
        raise Problem("problem.embedding.no_umap")
    with warnings.catch_warnings():
        # It would like tensorflow too, for what is not used here.
        warnings.simplefilter("ignore", ImportWarning)
        from umap import UMAP

    epochs = 500 if len(matrix) <= _LARGE else 200  # UMAP's own choice, made known
    model = UMAP(
        n_components=dimensions,
        n_neighbors=settings["n_neighbors"],
        min_dist=settings["min_dist"],
        n_epochs=epochs,
        random_state=settings["seed"],
        n_jobs=1,  # several threads would give another map each time
    )
    coordinates = model.fit_transform(reduced(matrix).astype(np.float32))
    return {"coordinates": np.asarray(coordinates, dtype=np.float32), "iterations": epochs}


def _run_pca(
    matrix: Array, dimensions: int, settings: Mapping[str, Setting], watch: Watch | None
) -> dict[str, Any]:
    from sklearn.decomposition import PCA

    # The full solver draws no random numbers: PCA has one answer, signs aside, and
    # scikit-learn fixes the signs.
    # Of many points the covariance is far smaller than the matrix, and as exact for a picture.
    solver = "covariance_eigh" if len(matrix) > _LARGE else "full"
    model = PCA(n_components=dimensions, svd_solver=solver)
    return {
        "coordinates": model.fit_transform(matrix).astype(np.float32),
        "explained_variance": tuple(float(share) for share in model.explained_variance_ratio_),
    }


def _run_tsne(
    matrix: Array, dimensions: int, settings: Mapping[str, Setting], watch: Watch | None
) -> dict[str, Any]:
    from sklearn.manifold import TSNE

    from optviz.embedding.watching import watched

    model = TSNE(
        n_components=dimensions,
        perplexity=settings["perplexity"],
        max_iter=settings["max_iter"],
        init=settings["init"],
        random_state=settings["seed"],
    )
    with watched(watch, len(matrix), dimensions, int(settings["max_iter"])):
        coordinates = model.fit_transform(reduced(matrix))
    return {
        "coordinates": np.asarray(coordinates, dtype=np.float32),
        "kl_divergence": float(model.kl_divergence_),
        "iterations": int(model.n_iter_) + 1,  # scikit-learn keeps the last index, from 0
    }


_NORMALIZE = Parameter("normalize", True, 0, 1, "bool")

PROJECTIONS: Mapping[str, ProjectionSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            ProjectionSpec(
                name="tsne",
                parameters=(
                    Parameter("perplexity", 30.0, 2.0, 100.0, "float"),
                    # The first 250 are early exaggeration: with no more than that, scikit-learn
                    # ends there and reports the largest float as its loss.
                    Parameter("max_iter", 1000, 251, 5000, "int"),
                    Parameter("init", "pca", 0, 0, "choice", ("pca", "random")),
                    # From a PCA start nothing is left to chance: the seed then changes nothing.
                    Parameter("seed", 0, 0, 2**32 - 1, "int"),
                    _NORMALIZE,
                ),
                minimum_points=7,  # the lowest perplexity, 2, needs more than 6
                source="van der Maaten & Hinton, JMLR 9 (2008); Barnes–Hut: JMLR 15 (2014)",
                run=_run_tsne,
            ),
            ProjectionSpec(
                name="umap",
                parameters=(
                    Parameter("n_neighbors", 15, 2, 200, "int"),
                    Parameter("min_dist", 0.1, 0.0, 0.99, "float"),
                    Parameter("seed", 0, 0, 2**32 - 1, "int"),
                    _NORMALIZE,
                ),
                minimum_points=7,
                source="McInnes, Healy & Melville, arXiv:1802.03426 (2018)",
                run=_run_umap,
            ),
            ProjectionSpec(
                name="pca",
                parameters=(_NORMALIZE,),
                minimum_points=3,
                source="Pearson, Philosophical Magazine 2 (1901); Hotelling (1933)",
                run=_run_pca,
            ),
        )
    }
)
"""Name → how it projects. The first is the page's default."""
