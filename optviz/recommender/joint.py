"""Ng's collaborative filtering: gradient descent on the users' and the movies' vectors at once.

With the errors e_ui = μ_i + x_u·y_i − r_ui of the given ratings it lowers

    J(X, Y) = ½ Σ e_ui² + λ/2 (‖X‖² + ‖Y‖²),

whose gradients are written out rather than left to autograd:

    ∂J/∂x_u = Σ_i e_ui y_i + λ x_u        over the movies that u rated,
    ∂J/∂y_i = Σ_u e_ui x_u + λ y_i        over the users who rated i.

With E the sparse matrix of the errors that is EY + λX and EᵀX + λY. Ng, Machine Learning, week 9.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from optviz.recommender.models import Factorisation
from optviz.training.run import TrainingRun
from optviz.training.schedules import Schedule

__all__ = ["JointRun", "joint_gradients"]


def joint_gradients(
    errors: Any, x: NDArray[Any], y: NDArray[Any], regularization: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The gradients of J by the users' and by the movies' vectors.

    Args:
        errors: (n, m) scipy CSR matrix E; its *stored* entries are the ratings.
        x: (n, k) the users' vectors.
        y: (m, k) the movies' vectors.
        regularization: λ.

    Returns:
        (n, k) and (m, k).
    """
    return errors @ y + regularization * x, errors.T @ x + regularization * y


class JointRun(TrainingRun):
    """Ng's way as a training run: one step an epoch, on all rows, by a ``torch.optim`` class.

    The records tell the mean squared error, as for every model; what the optimizer gets is the
    gradient of J.

    Args:
        model: With its movies' means.
        optimizer: Over its parameters; without weight decay of its own, which λ is.
        users, items, ratings: Training rows.
        regularization: λ.
        epochs: Steps.
        schedule: As for any run.
        validate: As for any run.
    """

    model: Factorisation

    def __init__(
        self,
        model: Factorisation,
        optimizer: torch.optim.Optimizer,
        users: Tensor,
        items: Tensor,
        ratings: Tensor,
        *,
        regularization: float,
        epochs: int,
        schedule: Schedule,
        **others: Any,
    ) -> None:
        from scipy.sparse import csr_array

        super().__init__(
            model, optimizer, (users, items), ratings, loss=torch.nn.functional.mse_loss,
            batch_size=len(ratings), epochs=epochs, schedule=schedule, **others,
        )  # fmt: skip
        self.regularization = regularization
        self._in_order = (users, items, ratings)
        sizes = (len(model.user_factors.weight), len(model.item_factors.weight))
        # The pattern of E, its entries the rows' numbers: from then on errors are put in place.
        numbers = np.arange(len(ratings))
        self._pattern = csr_array((numbers, (users.numpy(), items.numpy())), shape=sizes)

    def errors(self) -> Any:
        """E as it is now, a scipy CSR matrix."""
        from scipy.sparse import csr_array

        users, items, ratings = self._in_order
        with torch.no_grad():
            errors = (self.model(users, items) - ratings).numpy()
        pattern = self._pattern
        return csr_array(
            (errors[pattern.data], pattern.indices, pattern.indptr), shape=pattern.shape
        )

    def objective(self) -> float:
        """J as it is now."""
        vectors = (self.model.user_factors.weight, self.model.item_factors.weight)
        squares = math.fsum(float((table.detach().double() ** 2).sum()) for table in vectors)
        errors = self.errors().data.astype(np.float64)
        return 0.5 * float(errors @ errors) + 0.5 * self.regularization * squares

    def backward(self, loss: Tensor) -> None:
        """The gradients of J in place of autograd's of the loss."""
        tables = (self.model.user_factors.weight, self.model.item_factors.weight)
        x, y = (table.detach().numpy() for table in tables)
        gradients = joint_gradients(self.errors(), x, y, self.regularization)
        for table, gradient in zip(tables, gradients, strict=True):
            table.grad = torch.from_numpy(gradient).to(table.dtype)
