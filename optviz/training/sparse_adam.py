"""Adam that leaves the rows of a table alone that a batch did not look up.

Of an embedding table a batch fills a few rows of the gradient. Adam moves all the others too: by
the memory of their last gradients, and by weight decay. ``torch.optim.SparseAdam`` does not, but
knows no weight decay, and its sparse gradients cost more to add up than tables of these sizes
save. :class:`SparseAdam` takes its steps from dense gradients.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import torch
from torch import Tensor

__all__ = ["SparseAdam"]

Quad = tuple[Tensor, Tensor, Tensor, Tensor]
"""Weight, gradient, first and second moment."""


class SparseAdam(torch.optim.Optimizer):
    """``torch.optim.Adam``, row by row: rows without a gradient keep weight and moments.

    The steps are ``torch.optim.SparseAdam``'s, but for two things: ε is added to the root of the
    second moment as Adam does it, after the correction of its bias; and weight decay joins the
    gradient (L2), of the rows that are moved alone. A row that is often looked up is therefore
    pulled towards zero more often, as by the λ·n of alternating least squares.

    Args:
        params: What to move, as for any optimizer.
        tables: Those of them that rows are looked up in; the others are moved whole, by Adam.
        lr: Learning rate.
        betas: Decay of the moments.
        eps: Added to the root of the second moment.
        weight_decay: Share of a weight that joins its gradient.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        tables: Collection[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)
        self._tables = set(tables)
        self._rows: dict[Tensor, Tensor] = {}

    def look_up(self, table: Tensor, rows: Tensor) -> None:
        """Tell which rows of the next gradient are filled; else they are searched for.

        Args:
            table: One of ``tables``.
            rows: Their indices, each once.
        """
        self._rows[table] = rows

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every weight that has a gradient."""
        for group in self.param_groups:
            moved = [weight for weight in group["params"] if weight.grad is not None]
            if not moved:
                continue
            looked_up = [self._looked_up(weight) for weight in moved]
            whole = [self._whole(weight) for weight in moved]
            parts = [
                four if rows is None else tuple(of.index_select(0, rows) for of in four)
                for four, rows in zip(whole, looked_up, strict=True)
            ]
            weights, gradients, first, second = map(list, zip(*parts, strict=True))
            steps = [self.state[weight]["step"] for weight in moved]
            torch._foreach_add_(steps, 1.0)
            torch._fused_adam_(  # what torch.optim.Adam(fused=True) calls
                weights, gradients, first, second, [], steps,
                lr=group["lr"], beta1=group["betas"][0], beta2=group["betas"][1],
                weight_decay=group["weight_decay"], eps=group["eps"],
                amsgrad=False, maximize=False,
            )  # fmt: skip
            for four, part, rows in zip(whole, parts, looked_up, strict=True):
                if rows is None:
                    continue
                for i in (0, 2, 3):
                    four[i].index_copy_(0, rows, part[i])

    def _looked_up(self, weight: Tensor) -> Tensor | None:
        """The rows to move; None for all of them."""
        if weight not in self._tables:
            return None
        rows = self._rows.pop(weight, None)
        if rows is None:
            assert weight.grad is not None
            rows = weight.grad.flatten(1).any(1).nonzero().squeeze(1)
        return rows

    def _whole(self, weight: Tensor) -> Quad:
        state = self.state[weight]
        if not state:
            state["step"] = torch.zeros((), device=weight.device)
            state["exp_avg"] = torch.zeros_like(weight)
            state["exp_avg_sq"] = torch.zeros_like(weight)
        assert weight.grad is not None
        return weight, weight.grad, state["exp_avg"], state["exp_avg_sq"]
