"""What an embedding layer does: picking a row, written as a matrix product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem

__all__ = ["Lookup", "TorchCheck", "check_with_torch", "look_up", "one_hot"]


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """One index, looked up both ways.

    Attributes:
        index: The row asked for.
        one_hot: (n,) zeros with a one at ``index``.
        matrix: (n, k) the embedding's weights.
        terms: (n, k) one_hot[i] · matrix[i]: what the product adds up, column by column.
        product: (k,) one_hot @ matrix.
    """

    index: int
    one_hot: NDArray[np.float32]
    matrix: NDArray[np.float32]
    terms: NDArray[np.float32]
    product: NDArray[np.float32]

    @property
    def row(self) -> NDArray[np.float32]:
        """The row itself, which the product equals."""
        row: NDArray[np.float32] = self.matrix[self.index]
        return row


@dataclass(frozen=True, slots=True)
class TorchCheck:
    """What torch computes for one lookup.

    Attributes:
        version: torch's version.
        layer: ``nn.Embedding(n, k)(index)``.
        product: ``one_hot(index, n) @ weight``.
        same_bits: Whether both are equal bit for bit.
        same_gradient: Whether the gradient of their sum with respect to the weights is, too.
    """

    version: str
    layer: tuple[float, ...]
    product: tuple[float, ...]
    same_bits: bool
    same_gradient: bool


def one_hot(index: int, n: int) -> NDArray[np.float32]:
    """``n`` zeros with a one at ``index``.

    Raises:
        Problem: There is no such place.
    """
    if not 0 <= index < n:
        raise Problem("problem.embedding.no_row", index=index, last=n - 1)
    vector = np.zeros(n, dtype=np.float32)
    vector[index] = 1.0
    return vector


def look_up(index: int, matrix: ArrayLike) -> Lookup:
    """Look a row up as the product of a one-hot vector and the matrix.

    Raises:
        Problem: The matrix holds something that is not a finite number (0 · ∞ is not 0, so the
            product would no longer be the row), or there is no such row.

    Example:
        >>> look_up(1, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).product.tolist()
        [3.0, 4.0]
    """
    try:
        with np.errstate(over="ignore"):
            weights = np.asarray(matrix, dtype=np.float32)
    except (TypeError, ValueError):
        raise Problem("problem.embedding.cell") from None
    if weights.ndim != 2 or 0 in weights.shape or not np.isfinite(weights).all():
        raise Problem("problem.embedding.cell")
    weights = weights + np.float32(0.0)  # −0 becomes 0, as it does in any sum with a zero
    vector = one_hot(index, len(weights))
    return Lookup(index, vector, weights, vector[:, None] * weights, vector @ weights)


def check_with_torch(index: int, matrix: ArrayLike) -> TorchCheck:
    """Let torch look the row up with its layer and with the product, and compare the bits."""
    import torch

    weights = torch.from_numpy(look_up(index, matrix).matrix)
    n, k = weights.shape
    layer = torch.nn.Embedding(n, k)
    with torch.no_grad():
        layer.weight.copy_(weights)
    where = torch.tensor(index)
    picked = layer(where)
    factor = weights.clone().requires_grad_()
    product = torch.nn.functional.one_hot(where, n).to(torch.float32) @ factor
    picked.sum().backward()
    product.sum().backward()  # type: ignore[no-untyped-call]
    gradients = layer.weight.grad, factor.grad
    assert gradients[0] is not None and gradients[1] is not None
    return TorchCheck(
        version=str(torch.__version__).split("+")[0],
        layer=tuple(picked.tolist()),
        product=tuple(product.tolist()),
        same_bits=_same_bits(picked, product),
        same_gradient=_same_bits(gradients[0], gradients[1]),
    )


def _same_bits(left: object, right: object) -> bool:
    def integers(tensor: object) -> NDArray[np.int32]:
        found: NDArray[np.int32] = tensor.detach().numpy().view(np.int32)  # type: ignore[attr-defined]
        return found

    return bool(np.array_equal(integers(left), integers(right)))
