"""Paths whose rate changes from step to step, on gradients with noise that all runs share.

A surface in two variables has no batches. What stands for their noise here is a seeded normal
number added to each partial derivative at every step, the same numbers for every compared run:
runs then differ by their rates alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from optviz.core.optimizers import OptimizerSpec, Value, default_hyperparameters, get_optimizer
from optviz.core.pace import Pace
from optviz.core.problem import Problem
from optviz.core.slopes import slopes
from optviz.core.surface import Surface
from optviz.core.surfaces import get_surface
from optviz.core.trajectory import Trajectory, described

__all__ = ["condition_numbers", "final_losses", "gradient_noise", "scheduled"]

Array = npt.NDArray[np.float64]


def gradient_noise(seed: int, steps: int, sigma: float) -> Array:
    """(steps, 2) what is added to the gradient: normal, with standard deviation ``sigma``."""
    return sigma * np.random.default_rng(seed).standard_normal((steps, 2))


def scheduled(
    surface: str,
    optimizer: str,
    paces: Sequence[Pace],
    start: tuple[float, float],
    *,
    sigma: float = 0.0,
    seed: int = 0,
    **hyperparameters: Any,
) -> list[Trajectory]:
    """One path for each pace: the same optimizer, the same start, the same noise.

    Each equals, bit for bit, a plain loop over the torch.optim class that sets ``lr`` (and the
    momentum) of its parameter groups before each step, as torch's schedulers do.

    Args:
        surface: A name in ``SURFACES``, or a formula such as ``"=x^2 + y^2"``.
        optimizer: An elementwise one of ``OPTIMIZERS``.
        paces: The rates, all for the same number of steps.
        start: Where all begin.
        sigma: Standard deviation of the noise on each partial derivative.
        seed: Of the noise.
        **hyperparameters: Of the optimizer; ``lr`` is the paces' matter.

    Returns:
        Paths whose losses and gradients are the surface's own, without the noise.

    Raises:
        Problem: An unknown name, an unusable value, or an optimizer that cannot be used here.
    """
    spec, settings = _checked(surface, optimizer, hyperparameters)
    where = get_surface(surface)
    noise = gradient_noise(seed, len(paces[0].rates), sigma)[:, None, :]
    points, losses, grads = _walk(where, spec, settings, paces, start, noise)
    runs = [(spec, settings | {"lr": float(np.max(pace.rates))}) for pace in paces]
    axes = (1, 2, 0)  # steps, runs, one seed → runs, seeds, steps
    return described(
        where,
        runs,
        np.ascontiguousarray(points[:, :, 0].swapaxes(0, 1)),
        np.ascontiguousarray(losses.transpose(axes)[:, 0]),
        np.ascontiguousarray(grads[:, :, 0].swapaxes(0, 1)),
        elementwise=True,
    )


def final_losses(
    surface: str,
    optimizer: str,
    paces: Sequence[Pace],
    start: tuple[float, float],
    *,
    sigma: float,
    seeds: Sequence[int],
    at: Sequence[int] = (),
    **hyperparameters: Any,
) -> Array:
    """The loss after the last step (and after the steps ``at``), for many seeds of the noise.

    A sampled seed is bit-identical to its run alone: the optimizers are elementwise.

    Args:
        surface: As :func:`scheduled`, like all that is not named here.
        optimizer: As there.
        paces: As there.
        start: As there.
        sigma: As there.
        seeds: Of the noise, one a run.
        at: Further numbers of steps after which to look.
        **hyperparameters: As there.

    Returns:
        (looks, paces, seeds), the looks in the order of ``at``, the end last.

    Raises:
        Problem: As :func:`scheduled`.
    """
    spec, settings = _checked(surface, optimizer, hyperparameters)
    steps = len(paces[0].rates)
    noise = np.stack([gradient_noise(seed, steps, sigma) for seed in seeds], axis=1)
    where = get_surface(surface)
    _, losses, _ = _walk(where, spec, settings, paces, start, noise)
    return losses[[*at, steps]]


def _checked(
    surface: str, optimizer: str, hyperparameters: Mapping[str, Any]
) -> tuple[OptimizerSpec, dict[str, Value]]:
    spec = get_optimizer(optimizer)
    if not spec.elementwise or spec.closure != "none":
        raise Problem("problem.schedules.optimizer", optimizer=optimizer)
    given = spec.check(hyperparameters)
    settings = default_hyperparameters(optimizer, surface)
    return spec, dict(settings) | {name: given[name] for name in hyperparameters}


def _walk(
    surface: Surface,
    spec: OptimizerSpec,
    settings: Mapping[str, Value],
    paces: Sequence[Pace],
    start: tuple[float, float],
    noise: Array,
) -> tuple[Array, Array, Array]:
    """Points (n+1, paces, seeds, 2), losses (n+1, paces, seeds), gradients as the points.

    Args:
        surface: On which all walk.
        spec: The optimizer.
        settings: Its settings.
        paces: Rates, one run a pace and seed.
        start: Where all begin.
        noise: (n, seeds, 2) added to the gradient that the optimizer sees.
    """
    import torch

    from optviz.core.engine import bare_step, spare_the_compiler

    spare_the_compiler()
    steps, seeds, _ = noise.shape
    block = torch.tensor(start, dtype=torch.float64).repeat(len(paces), seeds, 1)
    felt = torch.zeros_like(block)
    groups: list[dict[str, Any]] = []
    owners: list[tuple[Pace, int | None]] = []
    for row, pace in enumerate(paces):
        for column in (None,) if pace.rates.ndim == 1 else (0, 1):
            part = slice(None) if column is None else slice(column, column + 1)
            p = block[row, :, part].detach().requires_grad_()
            p.grad = felt[row, :, part]
            groups.append({"params": [p], **spec.arguments(settings)})
            owners.append((pace, column))
    optimizer = getattr(torch.optim, spec.torch_class)(groups)
    move = bare_step(optimizer)
    flat = torch.empty(2, len(paces) * seeds, dtype=torch.float64)
    flat[:] = block.reshape(-1, 2).T
    slope = slopes(surface, flat[0], flat[1])
    points = np.empty((steps + 1, len(paces), seeds, 2))
    losses, grads = np.empty(points.shape[:-1]), np.empty(points.shape)
    with torch.no_grad():
        for k in range(steps + 1):
            flat[:] = block.reshape(-1, 2).T
            value, *parts = slope()
            points[k] = block.numpy()
            losses[k] = value.numpy().reshape(len(paces), seeds)
            grads[k] = torch.stack(parts, dim=-1).numpy().reshape(points.shape[1:])
            if k == steps:
                break
            felt.numpy()[:] = grads[k] + noise[k]
            for group, (pace, column) in zip(optimizer.param_groups, owners, strict=True):
                _set(group, pace, column, k)
            move()
    return points, losses, grads


def _set(group: dict[str, Any], pace: Pace, column: int | None, k: int) -> None:
    group["lr"] = float(pace.rates[k] if column is None else pace.rates[k, column])
    if pace.momenta is None:
        return
    if "betas" in group:
        group["betas"] = (float(pace.momenta[k]), group["betas"][1])
    elif group.get("momentum"):  # plain descent has none to cycle
        group["momentum"] = float(pace.momenta[k])


def condition_numbers(
    hessian: npt.NDArray[np.float64], rates: tuple[float, float]
) -> tuple[float, float, float]:
    """What rates for each coordinate do to the shape that gradient descent feels.

    With D = diag(rates), one step is w − D∇f: descent at rate 1 on the surface in the
    coordinates D^(−½)w, whose Hessian is D^½ H D^½. With rates 1/λ of a bowl that lies along
    the axes this is the identity: a circle, crossed in one step.

    Args:
        hessian: (2, 2) at a minimum.
        rates: One a coordinate.

    Returns:
        The condition number of H, that of D^½ H D^½ (both infinite where the Hessian is not
        positive definite), and the best single rate on the quadratic, 2/(λ₁+λ₂).

    Example:
        >>> condition_numbers(np.diag([1.0, 100.0]), (1.0, 0.01))
        (100.0, 1.0, 0.019801980198019802)
    """
    low, high = np.linalg.eigvalsh(hessian)
    root = np.sqrt(rates)
    felt = np.linalg.eigvalsh(root[:, None] * hessian * root)
    before = float(high / low) if low > 0 else np.inf
    after = float(felt[1] / felt[0]) if felt[0] > 0 else np.inf
    return before, after, float(2 / (low + high))
