"""The stepping itself: real ``torch.optim`` objects over one shared block of iterates.

All runs of a comparison keep their iterate in one (N, 2) block. Each optimizer owns a leaf
tensor that is a view of its row, and the rows' gradients are views of one (N, 2) block too, so
one backward pass a step serves them all.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from optviz.core.optimizers import OptimizerSpec, Value
from optviz.core.problem import Problem
from optviz.core.tape import Tape

__all__ = ["Member", "Record", "bare_step", "mover", "movers", "run", "spare_the_compiler"]

Array = npt.NDArray[np.float64]
Function = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Record = tuple[Array, Array, Array]
"""Points (N, n+1, 2), losses (N, n+1), gradients (N, n+1, 2)."""
Member = tuple[OptimizerSpec, Mapping[str, Value], torch.Tensor, torch.Tensor]
"""An optimizer, its settings, the leaf it moves (with its ``grad``), and the loss there."""


def run(
    function: Function,
    runs: Sequence[tuple[OptimizerSpec, Mapping[str, Value]]],
    start: tuple[float, float],
    steps: int,
    *,
    fixed: bool,
) -> Record:
    """Step every optimizer ``steps`` times from ``start``.

    Args:
        function: Of two tensors.
        runs: Optimizers with checked settings.
        start: Where all begin.
        steps: How often each steps; 0 gives the start alone.
        fixed: Whether ``function`` is elementwise, runs the same operations at every point and
            rounds a batch as it rounds single points: then all are computed together.

    Raises:
        Problem: ``function`` fails, or does not return one differentiable number a point.
    """
    count = len(runs)
    iterates = torch.tensor([start] * count, dtype=torch.float64).reshape(count, 2)
    grads = torch.zeros_like(iterates)
    losses = torch.zeros(count, dtype=torch.float64)
    evaluate = (_Replayed if fixed else _OneByOne)(function, iterates, grads, losses)
    members = []
    for row, (spec, settings) in enumerate(runs):
        # Parameters are leaves of their own, over the memory of the shared block.
        p = iterates[row].detach().view(spec.shape).requires_grad_()
        p.grad = grads[row].view(spec.shape)
        members.append((spec, settings, p, losses[row]))
    moves = movers(function, members)

    now, slope, level = iterates.numpy(), grads.numpy(), losses.numpy()
    points = np.empty((steps + 1, count, 2))
    gradients = np.empty((steps + 1, count, 2))
    values = np.empty((steps + 1, count))
    for k in range(steps + 1):
        evaluate()
        points[k], gradients[k], values[k] = now, slope, level
        if k < steps:
            with torch.no_grad():
                for move in moves:
                    move()
    return points.swapaxes(0, 1), values.T, gradients.swapaxes(0, 1)


class _Replayed:
    """All rows in one call, from a recording of autograd's work."""

    def __init__(
        self, function: Function, iterates: torch.Tensor, grads: torch.Tensor, losses: torch.Tensor
    ) -> None:
        self.iterates, self.grads, self.losses = iterates.numpy(), grads.numpy(), losses.numpy()
        columns = torch.empty(2, len(iterates), dtype=torch.float64)
        self.columns = columns.numpy()
        self.x, self.y = columns
        self.tape = Tape(function, self.x, self.y)

    def __call__(self) -> None:
        self.columns[:] = self.iterates.T
        with torch.no_grad():
            value, gx, gy = self.tape(self.x, self.y)
        self.losses[:] = value.numpy()
        self.grads[:, 0] = gx.numpy()
        self.grads[:, 1] = gy.numpy()


class _OneByOne:
    """One call a row, on scalars, and one walk back for all: for any other function.

    torch rounds some functions of a batch differently from those of a single number; what is
    drawn is what a student's own loop gives, so nothing is batched here but the bookkeeping.
    """

    def __init__(
        self, function: Function, iterates: torch.Tensor, grads: torch.Tensor, losses: torch.Tensor
    ) -> None:
        self.function = function
        self.iterates, self.grads, self.losses = iterates, grads, losses

    def __call__(self) -> None:
        points = [row.clone().requires_grad_() for row in self.iterates]
        values = [_call(self.function, point[0], point[1]) for point in points]
        slopes = torch.autograd.grad(values, points, materialize_grads=True)
        for value, slope, grad, loss in zip(values, slopes, self.grads, self.losses, strict=True):
            loss.copy_(value.detach())
            grad.copy_(slope)


def _call(function: Function, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``function(x, y)``, or a sentence about what is wrong with it."""
    try:
        value = function(x, y)
    except Exception as error:
        raise Problem(
            "problem.core.function_failed", error=f"{type(error).__name__}: {error}"
        ) from error
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        raise Problem("problem.core.function_type", type=type(value).__name__)
    if value.shape != x.shape:
        raise Problem("problem.core.function_shape", shape=tuple(value.shape))
    if not value.requires_grad:
        raise Problem("problem.core.function_constant")
    return value.double()


def movers(function: Function, members: Sequence[Member]) -> list[Callable[[], Any]]:
    """One function a step for each optimizer object.

    Members of the same torch class share one object, as parameter groups: a group is stepped
    exactly as an object of its own would, and the fixed cost of ``step`` is paid once.

    Args:
        function: Of two tensors, for those that ask for it themselves.
        members: All that move; who calls the movers keeps ``grad`` and loss up to date.
    """
    spare_the_compiler()
    alike: dict[str, list[torch.optim.Optimizer]] = {}
    found: list[Callable[[], Any]] = []
    for spec, settings, p, loss in members:
        optimizer = spec.build([p], **settings)
        if spec.closure == "none":
            alike.setdefault(spec.torch_class, []).append(optimizer)
        else:
            found.append(mover(spec, optimizer, function, p, loss))
    found += [bare_step(_joined(together)) for together in alike.values()]
    return found


def _joined(members: Sequence[torch.optim.Optimizer]) -> torch.optim.Optimizer:
    """The groups of many optimizers of one class in one, each as its own object made it.

    Given to the class together they would not stay so: it fills in what a group leaves out from
    one set of defaults, and Adagrad starts all sums at one value.
    """
    first, *others = members
    for other in others:
        first.param_groups.extend(other.param_groups)
        first.state.update(other.state)
    return first


def mover(
    spec: OptimizerSpec,
    optimizer: torch.optim.Optimizer,
    function: Function,
    p: torch.Tensor,
    loss: torch.Tensor,
) -> Callable[[], Any]:
    """One step of ``optimizer`` over ``p`` alone; whoever calls has set ``p.grad`` and ``loss``."""
    if spec.closure == "none":
        return bare_step(optimizer)
    make = _newton if spec.closure == "graph" else _lbfgs
    return make(optimizer, function, p, loss)


def spare_the_compiler() -> None:
    """Make the first optimizer of a process a second faster.

    torch keeps its compiler away from ``add_param_group``, for which it imports the compiler
    at the first call and notes the result on the method. Nothing is compiled here, so the
    method itself is noted.
    """
    method = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    if not hasattr(method, _NOTE):
        setattr(method, _NOTE, method)


_NOTE = "__dynamo_disable"


def bare_step(optimizer: torch.optim.Optimizer) -> Callable[[], Any]:
    """``optimizer.step`` without torch's profiler hook and gradient switch around it.

    On two numbers the wrappers cost as much as the arithmetic. What is called is the method as
    the class defines it; whoever calls must have switched gradients off.
    """
    step = inspect.unwrap(type(optimizer).step)
    return lambda: step(optimizer)


def _value(function: Function, p: torch.Tensor) -> torch.Tensor:
    flat = p.view(2)
    return _call(function, flat[0], flat[1])


def _lbfgs(
    optimizer: torch.optim.Optimizer, function: Function, p: torch.Tensor, loss: torch.Tensor
) -> Callable[[], Any]:
    """A step that asks for loss and gradient as often as it likes.

    It always asks first at the current iterate, and what it would learn there has just been
    computed for all rows: that is the answer to the first question.
    """
    known = True

    def closure() -> torch.Tensor:
        nonlocal known
        if known:
            known = False
            return loss.clone()
        with torch.enable_grad():
            value = _value(function, p)
        (slope,) = torch.autograd.grad(value, p, materialize_grads=True)
        assert p.grad is not None
        p.grad.copy_(slope)
        return value.detach()

    def move() -> None:
        nonlocal known
        known = True
        optimizer.step(closure)  # type: ignore[arg-type]

    return move


def _newton(
    optimizer: torch.optim.Optimizer, function: Function, p: torch.Tensor, loss: torch.Tensor
) -> Callable[[], Any]:
    """A step that depends on the point alone: from a point seen before it is not computed anew."""
    seen: dict[bytes, torch.Tensor] = {}
    point = p.detach()

    def move() -> None:
        here = point.numpy().tobytes()
        if here in seen:
            point.copy_(seen[here])
        else:
            optimizer.step(lambda: _value(function, p))  # type: ignore[arg-type, return-value]
            seen[here] = point.clone()

    return move
