"""The second-order Taylor model of a surface at a point, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optviz.core.curvature import curvature, evaluate
from optviz.core.surface import Point, Surface

__all__ = ["DIRECTIONS", "SHARE", "Region", "Taylor", "taylor", "trusted_region"]

Array = npt.NDArray[np.float64]

SHARE = 0.1
"""The model counts as good where it is off by no more than this part."""

DIRECTIONS = 360
"""Multiples of four, so that opposite and perpendicular directions are among them."""

RADII = 120
"""Places in each direction at which the model is tried, ever further apart."""

HALVINGS = 8
"""Of the piece in which it ceases to be good."""


@dataclass(frozen=True, slots=True, eq=False)
class Taylor:
    """f(p) + g·d + ½ d·H·d, the parabola-shaped surface that fits best at p.

    Attributes:
        point: (2,) p.
        value: f(p).
        gradient: (2,) g.
        hessian: (2, 2) H.
        eigenvalues: (2,) of H, ascending.
        eigenvectors: (2, 2); column ``[:, i]`` belongs to ``eigenvalues[i]``.
        kind: What p is (see :class:`optviz.core.curvature.Curvature`).
    """

    point: Array
    value: float
    gradient: Array
    hessian: Array
    eigenvalues: Array
    eigenvectors: Array
    kind: str

    @property
    def defined(self) -> bool:
        """Whether all its numbers are finite."""
        return bool(
            np.isfinite(self.value)
            and np.isfinite(self.gradient).all()
            and np.isfinite(self.eigenvalues).all()
        )

    def model(self, points: Any) -> Array:
        """Its height at each of ``points`` (…, 2)."""
        d = np.asarray(points, dtype=np.float64) - self.point
        bend = np.einsum("...i,ij,...j->...", d, self.hessian, d)
        return np.asarray(self.value + d @ self.gradient + bend / 2)

    def terms(self, points: Any) -> Array:
        """How much slope and curvature bring to each of ``points`` (…, 2), without signs.

        |g·d| + ½ Σ|λᵢ|(vᵢ·d)²: unlike the change of the model itself, it does not vanish where
        ups and downs happen to cancel.
        """
        d = np.asarray(points, dtype=np.float64) - self.point
        along = d @ self.eigenvectors
        return np.asarray(np.abs(d @ self.gradient) + along**2 @ np.abs(self.eigenvalues) / 2)


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Where the model is good, seen from its point outwards.

    Attributes:
        edge: (DIRECTIONS, 2) the end of what is good in each direction, counter-clockwise from
            the first eigenvector.
        radii: (DIRECTIONS,) how far that is.
        exact: Whether the model is good as far as the box reaches: the surface is a quadratic.
    """

    edge: Array
    radii: Array
    exact: bool

    def contains(self, points: Any, model: Taylor) -> npt.NDArray[np.bool_]:
        """Whether each of ``points`` (…, 2) lies inside; ``model`` is the one it belongs to."""
        d = (np.asarray(points, dtype=np.float64) - model.point) @ model.eigenvectors
        turn = np.arctan2(d[..., 1], d[..., 0]) % (2 * np.pi)
        before = (turn * DIRECTIONS / (2 * np.pi)).astype(np.int64) % DIRECTIONS
        # Between two directions, as far as both reach.
        radii = np.minimum(self.radii[before], self.radii[(before + 1) % DIRECTIONS])
        return np.asarray(np.hypot(d[..., 0], d[..., 1]) <= radii, dtype=np.bool_)

    def along(self, which: int) -> tuple[float, float]:
        """How far it reaches against and along eigenvector ``which`` (0 or 1)."""
        quarter = DIRECTIONS // 4
        ahead, back = which * quarter, which * quarter + DIRECTIONS // 2
        return float(self.radii[back]), float(self.radii[ahead])


def taylor(surface: Surface, point: Point) -> Taylor:
    """The model at ``point``, from autograd."""
    bent = curvature(surface, point)
    vectors = bent.eigenvectors[0]
    # The second is the first turned by +90°, the first points to the right: nothing flips.
    first = vectors[:, 0] * (-1.0 if (vectors[0, 0], vectors[1, 0]) < (0.0, 0.0) else 1.0)
    return Taylor(
        np.asarray(point, dtype=np.float64),
        float(evaluate(surface, point)[0]),
        bent.gradients[0],
        bent.hessians[0],
        bent.eigenvalues[0],
        np.array([[first[0], -first[1]], [first[1], first[0]]]),
        bent.kind[0],
    )


def trusted_region(surface: Surface, model: Taylor, share: float = SHARE) -> Region | None:
    """How far the model stays within ``share`` of what it speaks of, in each direction.

    A place p + d is good if |f − model| ≤ share·(|g·d| + ½ Σ|λᵢ|(vᵢ·d)²); the region reaches in
    each direction to the first place that is not.

    Returns:
        None where the model is not defined.
    """
    if not model.defined:
        return None
    turn = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    ways = np.stack([np.cos(turn), np.sin(turn)], axis=1) @ model.eigenvectors.T
    far = 2 * float(np.hypot(*surface.size))
    radii = far * np.geomspace(1e-4, 1.0, RADII)

    def good(lengths: Array) -> npt.NDArray[np.bool_]:
        """Whether the model is good so far (DIRECTIONS, n) out in each direction."""
        points = model.point + ways[:, None, :] * lengths[:, :, None]
        with np.errstate(all="ignore"):
            true = evaluate(surface, points).reshape(lengths.shape)
            # Rounding is no mistake of the model.
            allowed = share * model.terms(points) + 1e-11 * (abs(model.value) + np.abs(true))
            return np.asarray(np.abs(true - model.model(points)) <= allowed, dtype=np.bool_)

    fine = good(np.broadcast_to(radii, (DIRECTIONS, RADII)))
    everywhere = fine.all(axis=1)
    first_bad = np.where(everywhere, RADII - 1, np.argmin(fine, axis=1))
    low = np.where(first_bad > 0, radii[first_bad - 1], 0.0)
    high = radii[first_bad]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        still = good(middle[:, None])[:, 0]
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    found = np.where(everywhere, far, low)
    return Region(model.point + ways * found[:, None], found, bool(everywhere.all()))
