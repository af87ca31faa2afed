"""The eigenvalues of a matrix that is known only by its products with vectors.

The ends of the spectrum come from scipy's ``eigsh`` (implicitly restarted Lanczos) with the
residual of each pair; the density of all of it from stochastic Lanczos quadrature (Golub &
Meurant, Matrices, Moments and Quadrature, 2010; for networks: Ghorbani, Krishnan & Xiao, ICML
2019, arXiv:1901.10159); the trace from Hutchinson's estimator as a check on it. Whoever wants
to end early raises an exception in the product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Density",
    "Eigenpairs",
    "Estimate",
    "Krylov",
    "Product",
    "bottom_eigenpairs",
    "hutchinson",
    "lanczos",
    "quadrature",
    "top_eigenpairs",
]

Array = npt.NDArray[np.float64]
Product = Callable[[npt.NDArray[Any]], Array]

ACCURACY = 1e-3
"""Residual at which an eigenvalue counts as found, as a part of the largest one."""

RESTARTS = 300
"""Restarts after which an eigenvalue is given up; what has been found by then is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Eigenpairs:
    """Some eigenvalues of one end of the spectrum, the outermost first.

    Attributes:
        values: (k,) eigenvalues; fewer than asked for where the rest was not found.
        residuals: (k,) ‖Hv − λv‖ for each, with ‖v‖ = 1: some eigenvalue of H is no further
            than this from the one given.
    """

    values: Array
    residuals: Array


@dataclass(frozen=True, slots=True, eq=False)
class Krylov:
    """What Lanczos' iteration has made of a start vector: T = QᵀHQ, with T tridiagonal.

    Attributes:
        diagonal: (m,) of T.
        beside: (m − 1,) beside the diagonal.
        rest: The next one beside it: what is left of H q outside the space.
        basis: (m, n) orthonormal rows.
    """

    diagonal: Array
    beside: Array
    rest: float
    basis: Array

    def decomposed(self) -> tuple[Array, Array]:
        """The eigenvalues of T in ascending order, and its eigenvectors as columns."""
        from scipy.linalg import eigh_tridiagonal

        values, vectors = eigh_tridiagonal(self.diagonal, self.beside)
        return np.asarray(values), np.asarray(vectors)

    def largest(self) -> tuple[float, float, Array]:
        """The largest eigenvalue of T, its residual as one of H, and its vector (n,)."""
        values, vectors = self.decomposed()
        return (
            float(values[-1]),
            abs(self.rest * float(vectors[-1, -1])),
            vectors[:, -1] @ self.basis,
        )


def lanczos(product: Product, start: Array, steps: int) -> Krylov:
    """Lanczos' iteration with full reorthogonalisation.

    Without it, rounding would let eigenvalues that have converged appear again and again
    (Paige, 1972). Twice is enough (Parlett, The Symmetric Eigenvalue Problem, 1980).

    Args:
        product: H times a vector.
        start: (n,), of any length but 0.
        steps: Products at most; fewer where the space is exhausted.
    """
    size = len(start)
    basis = np.empty((min(steps, size), size), dtype=np.float64)
    diagonal: list[float] = []
    beside: list[float] = []
    q = start / np.linalg.norm(start)
    rest, scale = 0.0, 0.0
    for step in range(len(basis)):
        basis[step] = q
        w = product(q)
        scale = max(scale, float(np.linalg.norm(w)))
        diagonal.append(float(q @ w))
        known = basis[: step + 1]
        for _ in range(2):
            w = w - (known @ w) @ known
        rest = float(np.linalg.norm(w))
        if rest <= 1e-10 * scale or step + 1 == len(basis):
            break
        beside.append(rest)
        q = w / rest
    done = len(diagonal)
    return Krylov(np.array(diagonal), np.array(beside[: done - 1]), rest, basis[:done])


def top_eigenpairs(product: Product, size: int, count: int, *, seed: int = 0) -> Eigenpairs:
    """The ``count`` largest eigenvalues, the largest first.

    Args:
        product: H times a vector.
        size: Rows of H.
        count: How many; at most ``size`` − 1 are found.
        seed: Of the start vector.
    """
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    def flat(vector: npt.NDArray[Any]) -> Array:
        return product(np.asarray(vector).reshape(-1))  # scipy passes columns, too

    count = max(1, min(count, size - 1))
    operator = LinearOperator((size, size), matvec=flat, dtype=np.float64)
    start = np.random.default_rng(seed).standard_normal(size)
    try:
        values, vectors = eigsh(
            operator, k=count, which="LA", v0=start, tol=ACCURACY, maxiter=RESTARTS,
            ncv=min(size, max(2 * count + 1, 20)),
        )  # fmt: skip
    except ArpackNoConvergence as unfinished:
        values, vectors = unfinished.eigenvalues, unfinished.eigenvectors
    order = np.argsort(-values)
    residuals = [np.linalg.norm(flat(vectors[:, i]) - values[i] * vectors[:, i]) for i in order]
    return Eigenpairs(np.array(values[order], dtype=np.float64), np.array(residuals, np.float64))


def bottom_eigenpairs(
    product: Product, size: int, count: int, largest: float, *, seed: int = 0
) -> Eigenpairs:
    """The ``count`` smallest (most negative) eigenvalues, the smallest first.

    They are the largest of λmax·I − H with the sign turned: so the accuracy is measured
    against λmax, too. Against their own size, often a thousandth of it, the precision of the
    products would not suffice.

    Args:
        product: H times a vector.
        size: Rows of H.
        count: How many.
        largest: λmax, roughly.
        seed: Of the start vector.
    """
    found = top_eigenpairs(lambda v: largest * v - product(v), size, count, seed=seed)
    return Eigenpairs(largest - found.values, found.residuals)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number from random probes.

    Attributes:
        mean: Over the probes.
        error: Its standard error; NaN with a single probe.
    """

    mean: float
    error: float

    @classmethod
    def of(cls, seen: Sequence[float]) -> Estimate:
        """From what each probe has given."""
        error = np.std(seen, ddof=1) / np.sqrt(len(seen)) if len(seen) > 1 else np.nan
        return cls(float(np.mean(seen)), float(error))


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """The share of eigenvalues at each value, as a quadrature rule of each probe.

    Attributes:
        nodes: (probes × steps,) places.
        weights: As many; over all probes they sum to 1.
        means: (probes,) what each probe takes for the mean of all eigenvalues.
    """

    nodes: Array
    weights: Array
    means: Array

    def moment(self, power: int) -> float:
        """The mean of λ to that power over all eigenvalues."""
        return float(self.weights @ self.nodes**power)

    def trace(self, size: int) -> Estimate:
        """The sum of all ``size`` eigenvalues."""
        return Estimate.of((size * self.means).tolist())

    def smoothed(self, places: Array, width: float, scale: Callable[[Array], Array]) -> Array:
        """The density along an axis on which eigenvalues are drawn, each node a Gaussian.

        Args:
            places: (m,) points of the axis.
            width: Standard deviation of the Gaussians, in units of the axis.
            scale: From eigenvalues to the axis.

        Returns:
            (m,) shares a unit of the axis; its integral is 1.
        """
        apart = (places[:, None] - scale(self.nodes)[None, :]) / width
        bells = np.exp(-0.5 * apart**2) / (width * np.sqrt(2 * np.pi))
        return np.asarray(bells @ self.weights)


def quadrature(
    product: Product, size: int, *, probes: int, steps: int, seed: int = 0
) -> Iterator[Density]:
    """Stochastic Lanczos quadrature: the density after each further probe.

    For a random vector v of ±1, vᵀf(H)v / n is the mean of f over the eigenvalues, give or
    take; m steps of Lanczos from v integrate polynomials up to degree 2m − 1 exactly.

    Args:
        product: H times a vector.
        size: Rows of H.
        probes: Random vectors.
        steps: Lanczos steps from each.
        seed: Of the vectors.
    """
    generator = np.random.default_rng(seed)
    nodes, weights, means = [], [], []
    for done in range(1, probes + 1):
        krylov = lanczos(product, _signs(generator, size), steps)
        values, vectors = krylov.decomposed()
        nodes.append(values)
        weights.append(vectors[0] ** 2)
        means.append(float(weights[-1] @ values))
        yield Density(np.concatenate(nodes), np.concatenate(weights) / done, np.array(means))


def hutchinson(product: Product, size: int, *, probes: int, seed: int = 1) -> Estimate:
    """The trace: the mean of vᵀHv over random vectors v of ±1 (Hutchinson, 1990).

    Args:
        product: H times a vector.
        size: Rows of H.
        probes: Random vectors.
        seed: Of the vectors.
    """
    generator = np.random.default_rng(seed)
    seen = []
    for _ in range(probes):
        v = _signs(generator, size)
        seen.append(float(v @ product(v)))
    return Estimate.of(seen)


def _signs(generator: np.random.Generator, size: int) -> Array:
    return generator.choice([-1.0, 1.0], size)
