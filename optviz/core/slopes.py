"""Value and gradient at many points, step after step: what every batch of runs asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from optviz.core.surface import Surface
from optviz.core.surfaces import SURFACES

if TYPE_CHECKING:
    import torch

__all__ = ["slopes"]

Slopes = Callable[[], "tuple[torch.Tensor, ...]"]


def slopes(surface: Surface, x: torch.Tensor, y: torch.Tensor) -> Slopes:
    """A function that gives value, ∂/∂x and ∂/∂y at whatever ``x`` and ``y`` hold by then.

    Only the registry's surfaces are known to run the same operations everywhere, and so can be
    recorded and played again; of any other, autograd's graph is built at each call.

    Args:
        surface: The function.
        x: Of any shape; changed in place between the calls.
        y: Of the same shape.
    """
    import torch

    from optviz.core.tape import Tape

    x, y = x.detach(), y.detach()
    if SURFACES.get(surface.name) is surface:
        tape = Tape(surface.function, x, y)

        def replayed() -> tuple[torch.Tensor, ...]:
            with torch.no_grad():
                return tape(x, y)

        return replayed

    def derived() -> tuple[torch.Tensor, ...]:
        with torch.enable_grad():
            points = x.detach().requires_grad_(), y.detach().requires_grad_()
            value = surface.function(*points)
            found = torch.autograd.grad(value.sum(), points, materialize_grads=True)
        return value.detach(), *found

    return derived
