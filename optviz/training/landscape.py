"""A network's loss on a plane through its weights: directions, a grid, and a path laid on it.

The weights of a network are one point in a space of thousands of dimensions. A plane through
that point, spanned by two directions, is a surface that can be drawn. Random directions are
scaled filter by filter (Li, Xu, Taylor, Studer & Goldstein, "Visualizing the Loss Landscape of
Neural Nets", NeurIPS 2018, arXiv:1712.09913), since a network with ReLUs computes the same
with one layer's weights doubled and the next one's halved. Or the plane is the one that holds
most of a training path (principal components, as in the same paper, section 7).

What a plane leaves out is measured, not hidden: :func:`project` gives the share of the way
that lies in it, and :func:`loss_grid`'s caller compares the loss at each true point with the
loss at its shadow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optviz.core.task import TaskContext

if TYPE_CHECKING:
    import torch

__all__ = [
    "DIRECTIONS",
    "GridPlan",
    "Landscape",
    "PathOnPlane",
    "filter_normalised",
    "flatten",
    "loss_grid",
    "pca_directions",
    "plane_box",
    "project",
    "random_directions",
    "unflatten",
]

Array = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float32]
Shapes = Mapping[str, tuple[int, ...]]

DIRECTIONS = ("pca", "random")
"""How the plane is chosen."""

MARGIN = 0.25
"""The box reaches this part of the paths' extent beyond them."""

REACH = 1.0
"""Half the side of the box on filter-normalised directions: 1 is as far as the weights are long."""


@dataclass(frozen=True, slots=True)
class GridPlan:
    """What plane, and how finely it is computed.

    Attributes:
        directions: One of :data:`DIRECTIONS`.
        points: Along each side of the grid.
        seed: Of random directions.
    """

    directions: str = "pca"
    points: int = 31
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class PathOnPlane:
    """One training run, seen from above.

    Attributes:
        optimizer: Whose it is.
        steps: (n,) the update after which each point was kept.
        points: (n, 2) coordinates in the plane.
        losses: (n,) the true loss at the true weights.
        projected: (n,) the loss at the point of the plane below them.
        outside: (n,) distance from the plane, as a part of the distance from its centre.
    """

    optimizer: str
    steps: npt.NDArray[np.int64]
    points: Array
    losses: Array
    projected: Array
    outside: Array


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """A computed plane.

    Attributes:
        xs: (n,) coordinates along the first direction; the centre is 0.
        ys: (n,) along the second.
        losses: (n, n) the loss, a row for each of ``ys``.
        centre: The loss at the centre, from the model itself.
        explained: The share of the way's variance that each direction holds; None for random
            directions.
        paths: The training runs.
        rows: How many examples the loss is the mean of.
        seconds: Time that the grid took.
    """

    xs: Array
    ys: Array
    losses: Array
    centre: float
    explained: tuple[float, float] | None
    paths: tuple[PathOnPlane, ...]
    rows: int
    seconds: float


def flatten(weights: Mapping[str, torch.Tensor]) -> Vector:
    """All weights as one vector, float32, in the mapping's order."""
    return np.concatenate([w.detach().numpy().ravel() for w in weights.values()])


def unflatten(vector: npt.NDArray[Any], shapes: Shapes) -> dict[str, Vector]:
    """A vector cut into tensors of the given shapes; views, not copies."""
    parts, at = {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        parts[name] = vector[at : at + size].reshape(shape)
        at += size
    return parts


def filter_normalised(direction: npt.NDArray[Any], weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
    r"""A direction scaled so that each of its filters is as long as that of the weights.

    .. math:: d_{i} \leftarrow \frac{d_{i}}{\lVert d_{i}\rVert}\,\lVert w_{i}\rVert

    A filter is one row: the weights into one unit, or one user's or movie's vector in an
    embedding. Vectors (biases, the scales of batch normalisation) stay where they are, as in
    the paper: their direction is zero.

    Args:
        direction: A tensor of any shape.
        weights: The weights, of the same shape.
    """
    if weights.ndim < 2:
        return np.zeros_like(direction)
    axes = tuple(range(1, weights.ndim))
    size = np.sqrt((direction.astype(np.float64) ** 2).sum(axes, keepdims=True))
    wanted = np.sqrt((weights.astype(np.float64) ** 2).sum(axes, keepdims=True))
    scaled: npt.NDArray[Any] = direction * (wanted / np.where(size > 0, size, 1.0))
    return scaled


def random_directions(centre: Vector, shapes: Shapes, seed: int) -> Vector:
    """Two filter-normalised random directions: (2, p).

    Args:
        centre: (p,) the weights.
        shapes: Of the tensors it is made of.
        seed: Of the generator; equal shapes and seeds give equal draws before scaling.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(2):
        drawn = rng.standard_normal(len(centre)).astype(np.float32)
        here = unflatten(centre, shapes)
        parts = unflatten(drawn, shapes)
        rows.append(np.concatenate([filter_normalised(parts[n], here[n]).ravel() for n in shapes]))
    return np.array(rows, dtype=np.float32)


def pca_directions(path: Vector, centre: Vector) -> tuple[Vector, tuple[float, float]]:
    """The two directions along which a path extends most: (2, p) of unit length.

    The path is centred on its mean, as scikit-learn's PCA does it; the plane then goes through
    ``centre``.

    Args:
        path: (n, p) the weights along the way; n is far below p.
        centre: (p,) a point of the plane; only its float type matters here.

    Returns:
        The directions, and the share of the path's variance that each explains.
    """
    offsets = path.astype(np.float64) - path.mean(axis=0, dtype=np.float64)
    # n × n instead of p × p: both have the same eigenvalues.
    values, vectors = np.linalg.eigh(offsets @ offsets.T)
    total = max(float(values.clip(0).sum()), 1e-300)
    rows, shares = [], []
    for k in (-1, -2):
        row = vectors[:, k] @ offsets if len(values) >= -k else np.zeros(path.shape[1])
        size = float(np.linalg.norm(row))
        rows.append(row / size if size > 0 else row)
        shares.append(float(values[k] / total) if len(values) >= -k and values[k] > 0 else 0.0)
    return np.array(rows).astype(centre.dtype), (shares[0], shares[1])


def project(path: Vector, centre: Vector, directions: Vector) -> tuple[Array, Array]:
    """The points of the plane nearest to a path.

    Args:
        path: (n, p).
        centre: (p,) where the plane's coordinates are 0.
        directions: (2, p), of any length and angle.

    Returns:
        (n, 2) coordinates, and (n,) the distance from the plane as a part of the distance from
        the centre (0 in the plane).
    """
    offsets = path.astype(np.float64) - centre
    axes = directions.astype(np.float64)
    solved = np.linalg.lstsq(axes @ axes.T, axes @ offsets.T, rcond=None)[0]
    coordinates = np.asarray(solved.T, dtype=np.float64)
    whole = np.linalg.norm(offsets, axis=1)
    rest = np.linalg.norm(offsets - coordinates @ axes, axis=1)
    return coordinates, np.asarray(rest / np.where(whole > 0, whole, 1.0), dtype=np.float64)


def plane_box(points: Sequence[Array]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Left and right, lower and upper edge of a box that holds all points, with a margin."""
    finite = np.concatenate([p[np.isfinite(p).all(axis=1)] for p in points])
    every = np.vstack([finite, np.zeros((1, 2))])
    low, high = every.min(axis=0), every.max(axis=0)
    # Neither side shorter than a third of the other: a flat box shows nothing.
    size = np.maximum(high - low, max(float((high - low).max()) / 3, 1e-6))
    middle = (low + high) / 2
    half = size / 2 * (1 + 2 * MARGIN)
    low, high = middle - half, middle + half
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))


def loss_grid(
    loss_at: Callable[[Vector], float],
    centre: Vector,
    directions: Vector,
    xs: Array,
    ys: Array,
    context: TaskContext,
    told: Callable[[int, Array], None] = lambda row, losses: None,
) -> Array:
    """The loss at ``centre + x·d₁ + y·d₂`` for all x and y: (len(ys), len(xs)).

    Args:
        loss_at: Loss of a vector of weights.
        centre: (p,).
        directions: (2, p).
        xs: Along the first direction.
        ys: Along the second.
        context: Asked before each point whether to end.
        told: Called with each finished row, the middle ones first.

    Raises:
        Cancelled: The user cancelled it.
    """
    losses = np.full((len(ys), len(xs)), np.nan)
    order = np.argsort(np.abs(np.arange(len(ys)) - (len(ys) - 1) / 2), kind="stable")
    point = np.empty_like(centre)
    for row in order.tolist():
        base = centre + np.float32(ys[row]) * directions[1]
        for column, x in enumerate(xs.tolist()):
            context.checkpoint()
            np.multiply(directions[0], np.float32(x), out=point)
            np.add(point, base, out=point)
            losses[row, column] = loss_at(point)
        told(row, losses)
    return losses
