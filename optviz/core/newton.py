"""Newton's method as a ``torch.optim.Optimizer``: the curvature reference; torch has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

__all__ = ["Newton"]


class Newton(torch.optim.Optimizer):
    """w ← w − lr·(H + damping·I)⁻¹∇f, with H from autograd.

    It goes to the critical point of the local quadratic model, be that a minimum, a saddle or
    a maximum: nothing guards it, so that it can be seen. Directions without curvature are left
    alone (pseudo-inverse).

    Args:
        params: One parameter of any shape.
        lr: Part of the Newton step to take.
        damping: Added to every eigenvalue.
    """

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float = 1.0, damping: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "damping": damping})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step.

        Args:
            closure: Returns the loss with its graph; it must not call ``backward``.
        """
        if closure is None:
            raise TypeError("Newton's method needs a closure that returns the loss")
        with torch.enable_grad():
            loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                direction = self._direction(loss, p, group["damping"])
                with torch.no_grad():
                    p.add_(direction, alpha=-group["lr"])
        return loss.detach()

    @staticmethod
    def _direction(loss: torch.Tensor, p: torch.Tensor, damping: float) -> torch.Tensor:
        with torch.enable_grad():
            (g,) = torch.autograd.grad(loss, p, create_graph=True, materialize_grads=True)
            rows = [
                torch.autograd.grad(part, p, retain_graph=True, materialize_grads=True)[0]
                if part.requires_grad
                else torch.zeros_like(p)
                for part in g.flatten()
            ]
        hessian = torch.stack([row.flatten() for row in rows])
        hessian = (hessian + hessian.T) / 2 + damping * torch.eye(len(rows), dtype=p.dtype)
        g = g.detach().flatten()
        if not (torch.isfinite(hessian).all() and torch.isfinite(g).all()):
            return torch.full_like(p, torch.nan)
        values, vectors = torch.linalg.eigh(hessian)
        size = values.abs()
        flat = size <= 1e-12 * size.max()
        along = torch.where(flat, 0.0, (vectors.T @ g) / torch.where(flat, 1.0, values))
        direction: torch.Tensor = (vectors @ along).reshape(p.shape)
        return direction
