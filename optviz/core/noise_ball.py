"""How far constant-rate steps on batches stay from the minimum: theory, and what was measured.

Near a minimum w* let ε = w − w*, H the mean Hessian, Σ the covariance of one sample's gradient
at w*. A step on a batch of B samples drawn with replacement is

.. math:: \\varepsilon' = (I - \\alpha H_B)\\varepsilon - \\alpha g_B,

where H_B and g_B, the batch's own Hessian and gradient at w*, are means of B independent draws
with E g_B = 0. Since ε depends on earlier batches only, its second moment C = E εεᵀ obeys

.. math:: C' = E[(I - \\alpha H_B)\\,C\\,(I - \\alpha H_B)] + \\alpha^2 \\Sigma / B,

and a fixed point of this linear equation is the noise ball. Were every H_B equal to H, it would
part along H's eigenvectors into C_i = ασ_i²/(λ_i(2 − αλ_i)) with σ_i² the variance of the batch's
gradient along the i-th (Goh, "Why Momentum Really Works", Distill 2017). The mean itself obeys
ε' = (I − αH)ε and tends to 0.

For momentum the same is done with the pair (ε, z). On linear regression all this is exact, for
with the squared loss the Hessians do not depend on w; elsewhere it holds as far as the loss is
a parabola within the ball. Shuffling is outside of it: within one epoch its errors cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optviz.core.optimizers import get_optimizer
from optviz.core.sample_loss import Samples, full_surface, per_sample, sample_hessians
from optviz.core.surface import Point

__all__ = ["NoiseBall", "nearest_minimum", "noise_ball", "stationary_covariance", "steepness"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class NoiseBall:
    """Theory about the noise ball of a constant rate.

    Attributes:
        centre: The minimum.
        covariance: (2, 2) E (w − w*)(w − w*)ᵀ once the start is forgotten; None if the second
            moment grows for ever, or the method is not a linear one.
        simple: (2, 2) by ασ²/(λ(2 − αλ)) for each eigenvector; None beyond its limit, or if the
            method is not plain gradient descent.
        eigenvalues: (2,) of the Hessian at the minimum.
        gradient_covariance: (2, 2) Σ, of one sample's gradient there.
    """

    centre: Point
    covariance: Array | None
    simple: Array | None
    eigenvalues: Array
    gradient_covariance: Array


def nearest_minimum(samples: Samples, point: Any) -> Point:
    """The minimum of the full loss that is nearest to ``point``."""
    minima = full_surface(samples).all_minima
    return min(minima, key=lambda at: float(np.hypot(at[0] - point[0], at[1] - point[1])))


def noise_ball(samples: Samples, optimizer: str, batch: int, lr: float, centre: Point) -> NoiseBall:
    """What theory says about constant-rate steps on batches drawn with replacement.

    Args:
        samples: The data and the model.
        optimizer: ``"sgd"``, ``"momentum"`` or ``"nesterov"``; for others there is no theory.
        batch: Samples in a batch; all of them (or more) make no noise.
        lr: Learning rate.
        centre: A minimum of the full loss.
    """
    each = sample_hessians(samples, centre)
    slopes = per_sample(samples, centre)[1][0]
    sigma = slopes.T @ slopes / len(slopes)
    values, vectors = np.linalg.eigh(each.mean(axis=0))
    noisy = batch < len(samples)
    share = 1 / batch if noisy else 0.0
    covariance = simple = None
    if optimizer in ("sgd", "momentum", "nesterov"):
        beta = 0.0
        if optimizer != "sgd":
            beta = float(get_optimizer(optimizer).defaults()["momentum"])
        covariance = stationary_covariance(
            each, sigma, share, lr, beta, nesterov=optimizer == "nesterov"
        )
    if optimizer == "sgd" and lr * values[-1] < 2 and values[0] > 0:
        along = np.einsum("ji,jk,ki->i", vectors, sigma, vectors) * share
        simple = (vectors * (lr * along / (values * (2 - lr * values)))) @ vectors.T
    return NoiseBall(centre, covariance, simple, values, sigma)


def stationary_covariance(
    hessians: Array,
    sigma: Array,
    share: float,
    lr: float,
    beta: float = 0.0,
    *,
    nesterov: bool = False,
) -> Array | None:
    """The fixed point of the second moment; see the top of the module.

    Args:
        hessians: (n, 2, 2) of every sample at the minimum.
        sigma: (2, 2) covariance of one sample's gradient there.
        share: 1/B; 0 if there is no noise.
        lr: Learning rate.
        beta: Momentum, as torch has it: z ← βz + g, w ← w − αz (Nesterov: w − α(g + βz)).
        nesterov: Whether it looks ahead.

    Returns:
        (2, 2), or None where the second moment has no fixed point that it tends to.
    """  # fmt: skip
    eye = np.eye(2)
    # State (ε, z). With g = H_B ε + g_B: z' = βz + g; ε' = ε − α(c g + d z).
    c, d = (1 + beta, beta * beta) if nesterov else (1.0, beta)

    def transition(h: Array) -> Array:
        return np.block([[eye - lr * c * h, -lr * d * eye], [h, beta * eye]])

    mean = transition(hessians.mean(axis=0))
    apart = np.stack([transition(h) for h in hessians]) - mean
    varied = np.einsum("nab,ncd->acbd", apart, apart) / len(hessians)
    second = np.kron(mean, mean) + share * varied.reshape(16, 16)
    if np.abs(np.linalg.eigvals(second)).max() >= 1:
        return None
    into = np.vstack([-lr * c * eye, eye])
    fresh = share * into @ sigma @ into.T
    found = np.linalg.solve(np.eye(16) - second, fresh.ravel()).reshape(4, 4)
    return np.asarray(found[:2, :2], dtype=np.float64)


def steepness(samples: Samples, batch: int) -> float:
    """The curvature that steps on batches feel near the minimum.

    2/steepness is a rate at which plain steps on batches are still stable in the mean square:
    E H_B² ≤ (λmax + max tr h_i / B) H.
    """
    centre = full_surface(samples).minima[0]
    each = sample_hessians(samples, centre)
    highest = float(np.linalg.eigvalsh(each.mean(axis=0))[-1])
    if batch >= len(samples):
        return highest
    return highest + float(np.abs(np.trace(each, axis1=1, axis2=2)).max()) / batch
