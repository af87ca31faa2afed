"""Autograd's work on one surface, recorded once and played again.

For a dozen points the arithmetic of a gradient is nothing; building the graph and walking it
backwards is the cost. A surface of the registry runs the same operations at every point, so
one pass through autograd, forward and backward, is written down as a list of calls and that
list is run again for the next iterates: the same kernels in the same order, hence the same
bits, without the graph. A function with branches must not be recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["Tape"]

_PLAIN: dict[str, Callable[..., Any]] = {
    "aten::add.Tensor": torch.add,
    "aten::sub.Tensor": torch.sub,
    "aten::mul.Tensor": torch.mul,
    "aten::div.Tensor": torch.div,
    "aten::rsub.Scalar": torch.rsub,
    "aten::mul.Scalar": torch.mul,
    "aten::neg": torch.neg,
    "aten::sin": torch.sin,
    "aten::cos": torch.cos,
    "aten::exp": torch.exp,
    "aten::sqrt": torch.sqrt,
}
"""The same kernels by a shorter way than through the dispatcher's Python object."""


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], torch.Tensor]] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # torch would import its compiler, for a second, to keep it away from this mode.
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, out))
        return out


class Tape:
    """The gradient of ``function`` at as many points as ``x`` and ``y`` hold.

    Args:
        function: Elementwise and without branches.
        x: (N,) where to record.
        y: (N,).
    """

    def __init__(
        self,
        function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        x: torch.Tensor,
        y: torch.Tensor,
    ) -> None:
        x, y = x.detach().requires_grad_(), y.detach().requires_grad_()
        with _Recorder() as recorder:
            value = function(x, y)
            # Of the sum, for which autograd needs no tensor of ones: with one it would import
            # half of torch's compiler, for a quarter of a second, to compare two shapes.
            gx, gy = torch.autograd.grad(value.sum(), (x, y), materialize_grads=True)
        # Every tensor gets a place: the two inputs first, results in order of appearance.
        # The recorder's list keeps all of them alive, so an id stays one tensor's own.
        places = {id(x): 0, id(y): 1}
        self._cells: list[Any] = [None, None]
        self._calls: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], int]] = []
        for func, args, kwargs, out in recorder.calls:
            if func is torch.ops.aten.detach.default:
                places[id(out)] = self._place(args[0], places)
                continue
            reads = tuple(
                _Cell(self._place(a, places)) if isinstance(a, torch.Tensor) else a for a in args
            )
            places[id(out)] = len(self._cells)
            self._cells.append(None)
            call = _PLAIN.get(func.name(), func)
            self._calls.append((call, reads, kwargs, places[id(out)]))
        self._results = [self._place(t, places) for t in (value, gx, gy)]
        self._prune()
        self._play = self._compiled()

    def _place(self, tensor: torch.Tensor, places: dict[int, int]) -> int:
        """Where ``tensor`` is kept; a tensor never seen before is a constant."""
        if id(tensor) not in places:
            places[id(tensor)] = len(self._cells)
            self._cells.append(tensor.detach())
        return places[id(tensor)]

    def _prune(self) -> None:
        """Do now what does not depend on the points, and leave out what nobody reads."""
        known = {place for place, cell in enumerate(self._cells) if cell is not None}
        left = []
        for call, reads, kwargs, place in self._calls:
            if all(a.place in known for a in reads if isinstance(a, _Cell)):
                values = [self._cells[a.place] if isinstance(a, _Cell) else a for a in reads]
                # In memory of its own: what is spread over many points by strides is slower.
                self._cells[place] = call(*values, **kwargs).contiguous()
                known.add(place)
            else:
                left.append((call, reads, kwargs, place))
        wanted, kept = set(self._results), []
        for call, reads, kwargs, place in reversed(left):
            if place in wanted:
                wanted.update(a.place for a in reads if isinstance(a, _Cell))
                kept.append((call, reads, kwargs, place))
        self._calls = kept[::-1]

    def _compiled(self) -> Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, ...]]:
        """The list of calls as straight-line Python: one line a call."""
        names: dict[str, Any] = {}
        lines = ["def play(c0, c1):"]
        for place, cell in enumerate(self._cells):
            if cell is not None:
                names[f"c{place}"] = cell
        for number, (call, reads, kwargs, place) in enumerate(self._calls):
            names[f"f{number}"] = call
            words = []
            for position, value in enumerate(reads):
                if isinstance(value, _Cell):
                    words.append(f"c{value.place}")
                else:
                    names[f"a{number}_{position}"] = value
                    words.append(f"a{number}_{position}")
            if kwargs:
                names[f"k{number}"] = kwargs
                words.append(f"**k{number}")
            lines.append(f"    c{place} = f{number}({', '.join(words)})")
        lines.append("    return " + ", ".join(f"c{place}" for place in self._results))
        exec("\n".join(lines), names)
        play: Callable[..., tuple[torch.Tensor, ...]] = names["play"]
        return play

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Value, ∂/∂x and ∂/∂y at the points; gradients must be switched off."""
        return self._play(x, y)


class _Cell:
    """An argument that is the result of an earlier call."""

    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place
