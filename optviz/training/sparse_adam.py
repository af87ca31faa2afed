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
            states = [self._state(weight) for weight in moved]
            parts = [
                (weight, weight.grad, state["moments"])
                if rows is None
                else (
                    weight.index_select(0, rows),
                    weight.grad.index_select(0, rows),
                    state["moments"].index_select(1, rows),
                )
                for weight, state, rows in zip(moved, states, looked_up, strict=True)
            ]
            steps = [state["step"] for state in states]
            torch._foreach_add_(steps, 1.0)
            torch._fused_adam_(  # what torch.optim.Adam(fused=True) calls
                [part[0] for part in parts], [part[1] for part in parts],
                [part[2][0] for part in parts], [part[2][1] for part in parts], [], steps,
                lr=group["lr"], beta1=group["betas"][0], beta2=group["betas"][1],
                weight_decay=group["weight_decay"], eps=group["eps"],
                amsgrad=False, maximize=False,
            )  # fmt: skip
            for weight, state, part, rows in zip(moved, states, parts, looked_up, strict=True):
                if rows is not None:
                    weight.index_copy_(0, rows, part[0])
                    state["moments"].index_copy_(1, rows, part[2])

    def _looked_up(self, weight: Tensor) -> Tensor | None:
        """The rows to move; None for all of them."""
        if weight not in self._tables:
            return None
        rows = self._rows.pop(weight, None)
        if rows is None:
            assert weight.grad is not None
            rows = weight.grad.flatten(1).any(1).nonzero().squeeze(1)
        return rows

    def _state(self, weight: Tensor) -> dict[str, Tensor]:
        """The number of steps, and both moments in one: so they are gathered in one go."""
        state: dict[str, Tensor] = self.state[weight]
        if not state:
            state["step"] = torch.zeros((), device=weight.device)
            state["moments"] = weight.new_zeros((2, *weight.shape))
        return state
