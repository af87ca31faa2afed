"""The numbers of a learning-rate sweep that need no torch: its rates, its smoothing, its defaults.

The defaults are fastai's.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "END_LR",
    "N_ITER",
    "SMOOTHING",
    "START_LR",
    "STOP_FACTOR",
    "Values",
    "log_grid",
    "smooth",
    "sweep_lr",
]

Values: TypeAlias = NDArray[np.float64]

START_LR = 1e-7
END_LR = 10.0
N_ITER = 100
SMOOTHING = 0.98
STOP_FACTOR = 4.0


def sweep_lr(start_lr: float, end_lr: float, step: int, n_iter: int) -> float:
    """The rate of step ``step`` (from 0) of a sweep of ``n_iter`` steps.

    Example:
        >>> [sweep_lr(0.01, 100.0, step, 4) for step in range(4)]
        [0.01, 0.1, 1.0, 10.0]
    """
    return float(start_lr * (end_lr / start_lr) ** (step / n_iter))


def log_grid(start_lr: float, end_lr: float, n: int) -> Values:
    """``n`` rates at equal distances on a logarithmic axis, both ends included, shape (n,)."""
    return np.geomspace(start_lr, end_lr, n)


def smooth(losses: ArrayLike, smoothing: float) -> Values:
    r"""The debiased exponential average that a sweep is read by.

    .. math:: v_i = \beta v_{i-1} + (1-\beta) L_i, \qquad smoothed_i = \frac{v_i}{1-\beta^{i+1}}

    Args:
        losses: Losses in order, shape (n,). From the first on that is no number, neither is
            the result.
        smoothing: β, from 0 (the losses as they are) to just below 1.

    Example:
        >>> smooth([2.0, 4.0], 0.5).tolist()
        [2.0, 3.3333333333333335]
    """
    values = np.asarray(losses, dtype=np.float64)
    out = np.empty_like(values)
    average = 0.0
    for i, value in enumerate(values.tolist()):
        average = smoothing * average + (1 - smoothing) * value
        out[i] = average / (1 - smoothing ** (i + 1))
    return out
