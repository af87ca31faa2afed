"""Slope and curvature of a surface at many points at once, from autograd.

Gradients take one backward pass and Hessians two more, whatever the number of points: a
surface is elementwise, so the gradient of a sum over points holds each point's own gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optviz.core.surface import Surface

if TYPE_CHECKING:
    import torch

__all__ = [
    "Curvature",
    "curvature",
    "evaluate",
    "evaluate_grid",
    "gradient",
    "hessian",
    "lowest_eigenvalue",
    "nonconvex",
]

Array = npt.NDArray[np.float64]

FLAT = 1e-9
"""|λ| under this part of the surface's own curvature counts as zero."""


@dataclass(frozen=True, slots=True)
class Curvature:
    """The local quadratic model of a surface at N points.

    Attributes:
        points: (N, 2) where.
        gradients: (N, 2).
        hessians: (N, 2, 2).
        eigenvalues: (N, 2) of the Hessian, ascending.
        eigenvectors: (N, 2, 2); column ``[:, :, i]`` belongs to ``eigenvalues[:, i]``.
        condition_number: (N,) max|λ| / min|λ|; infinite for a singular Hessian.
        newton_step: (N, 2) −H⁻¹∇f, a step *to the critical point* of the quadratic model
            (a saddle or maximum where the Hessian is not positive definite); directions with
            no curvature are left alone (pseudo-inverse).
        kind: What a critical point is: ``"minimum"``, ``"maximum"``, ``"saddle"`` or
            ``"degenerate"`` (some λ is zero, the Hessian cannot tell); ``"none"`` where the
            gradient is not small, ``"undefined"`` where something is not finite.
        largest_stable_lr: (N,) 2/λmax, the limit of gradient descent on the quadratic model;
            infinite where nothing curves upwards.
    """

    points: Array
    gradients: Array
    hessians: Array
    eigenvalues: Array
    eigenvectors: Array
    condition_number: Array
    newton_step: Array
    kind: list[str]
    largest_stable_lr: Array


def _columns(points: Any) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    array = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    x = torch.tensor(array[:, 0], requires_grad=True)
    y = torch.tensor(array[:, 1], requires_grad=True)
    return x, y


def gradient(surface: Surface, points: Any) -> Array:
    """The gradient at each of ``points`` (N, 2), as (N, 2)."""
    import torch

    x, y = _columns(points)
    loss = surface.function(x, y)
    gx, gy = torch.autograd.grad(loss.sum(), (x, y), materialize_grads=True)
    return np.stack([gx.numpy(force=True), gy.numpy(force=True)], axis=1)


def hessian(surface: Surface, points: Any) -> Array:
    """The Hessian at each of ``points`` (N, 2), as (N, 2, 2); exactly symmetric."""
    return _derivatives(surface, points)[1]


def _derivatives(surface: Surface, points: Any) -> tuple[Array, Array]:
    import torch

    x, y = _columns(points)
    loss = surface.function(x, y)
    gx, gy = torch.autograd.grad(loss.sum(), (x, y), create_graph=True, materialize_grads=True)
    rows = []
    for g in (gx, gy):
        if g.requires_grad:
            row = torch.autograd.grad(g.sum(), (x, y), retain_graph=True, materialize_grads=True)
        else:  # a gradient that is constant
            row = (torch.zeros_like(x), torch.zeros_like(x))
        # force: torch hands out zeros that are not stored, of |x|'s second derivative, say.
        rows.append(np.stack([part.numpy(force=True) for part in row], axis=1))
    matrix = np.stack(rows, axis=1)
    # Both mixed derivatives are the same number up to rounding; one stands for both.
    matrix[:, 1, 0] = matrix[:, 0, 1]
    return np.stack([gx.numpy(force=True), gy.numpy(force=True)], axis=1), matrix


def curvature(surface: Surface, points: Any) -> Curvature:
    """The quadratic model at each of ``points`` (N, 2); see :class:`Curvature`."""
    where = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    g, h = _derivatives(surface, where)
    finite = np.isfinite(g).all(axis=1) & np.isfinite(h).all(axis=(1, 2))
    values = np.full((len(h), 2), np.nan)
    vectors = np.full((len(h), 2, 2), np.nan)
    if finite.any():
        values[finite], vectors[finite] = np.linalg.eigh(h[finite])
    with np.errstate(all="ignore"):
        size = np.abs(values)
        largest, smallest = size.max(axis=1), size.min(axis=1)
        flat: npt.NDArray[np.bool_] = np.less_equal(
            size, FLAT * np.maximum(largest, _scale(surface))[:, None]
        )
        condition = np.where(smallest > 0, largest / smallest, np.inf)
        along = np.einsum("nij,ni->nj", vectors, g)
        along = np.where(flat, 0.0, -along / np.where(flat, 1.0, values))
        newton = np.einsum("nij,nj->ni", vectors, along)
        top = values[:, 1]
        stable = np.where(top > 0, 2 / top, np.inf)
        small = np.linalg.norm(g, axis=1) <= surface.gradient_tolerance
    for result in (condition, newton, stable):
        result[~finite] = np.nan
        questions = [~finite, ~small, flat.any(axis=1), values[:, 0] > 0, values[:, 1] < 0]
    kinds = np.select(
        questions, ["undefined", "none", "degenerate", "minimum", "maximum"], "saddle"
    )
    return Curvature(where, g, h, values, vectors, condition, newton, kinds.tolist(), stable)


def _scale(surface: Surface) -> float:
    """A typical curvature: how much gradient the surface may gain across its box."""
    return surface.gradient_tolerance / min(surface.size)


def lowest_eigenvalue(surface: Surface, xs: Any, ys: Any) -> Array:
    """The Hessian's smaller eigenvalue on the grid ``xs`` × ``ys``: (len(ys), len(xs))."""
    xs, ys = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    grid_x, grid_y = np.meshgrid(xs, ys)
    h = hessian(surface, np.stack([grid_x.ravel(), grid_y.ravel()], axis=1))
    with np.errstate(all="ignore"):
        # 2×2: the smaller eigenvalue is mean − radius.
        mean = (h[:, 0, 0] + h[:, 1, 1]) / 2
        radius = np.hypot((h[:, 0, 0] - h[:, 1, 1]) / 2, h[:, 0, 1])
        low = mean - radius
        # Rounding must not make a flat direction look bent.
        low[np.abs(low) <= FLAT * np.maximum(np.abs(mean) + radius, _scale(surface))] = 0.0
    return np.asarray(low.reshape(len(ys), len(xs)), dtype=np.float64)


def nonconvex(surface: Surface, xs: Any, ys: Any) -> npt.NDArray[np.bool_]:
    """Where some eigenvalue is negative, on the grid ``xs`` × ``ys``: (len(ys), len(xs))."""
    return np.asarray(lowest_eigenvalue(surface, xs, ys) < 0, dtype=np.bool_)


def evaluate(surface: Surface, points: Any) -> Array:
    """The surface's values at each of ``points`` (N, 2), as (N,), float64."""
    import torch

    columns = np.ascontiguousarray(np.asarray(points, dtype=np.float64).reshape(-1, 2).T)
    with torch.no_grad():
        x, y = torch.as_tensor(columns)
        return np.asarray(surface.function(x, y).numpy(force=True), dtype=np.float64)


def evaluate_grid(surface: Surface, xs: Any, ys: Any) -> Array:
    """The surface's values on the grid ``xs`` × ``ys``: (len(ys), len(xs)), float64."""
    import torch

    x = torch.as_tensor(np.asarray(xs, dtype=np.float64))
    y = torch.as_tensor(np.asarray(ys, dtype=np.float64))
    with torch.no_grad():
        values = surface.function(
            x[None, :].expand(len(y), len(x)), y[:, None].expand(len(y), len(x))
        )
    return np.asarray(values.numpy(), dtype=np.float64)
