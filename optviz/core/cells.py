"""One optimizer object that walks many runs, each with settings of its own.

torch's optimizers take one learning rate, one momentum … for a whole parameter, as Python
numbers. Here such a number may be different in every cell of a map, and still it is torch's own
``step`` that moves every cell. Two things make that possible:

* :class:`Cells` is a ``float`` that holds one number a cell. It goes wherever torch expects a
  number, and what torch does with numbers before it meets a tensor (``1 - beta1 ** step``,
  ``lr / bias_correction1``) is done for each cell, rounded as Python rounds.
* :class:`PerCell`, while switched on, sees every call of torch. Where a number of such a call is
  a :class:`Cells`, it puts the tensor of the cells' numbers in its place, in the form that rounds
  as the call itself would have: ``p.add_(g, alpha=-lr)`` multiplies and adds with one rounding,
  and so does ``p.addcmul_(g, -lr)``.

A ``step`` may branch on a setting: ``if momentum != 0``. One object cannot go both ways, so a
comparison on which the cells disagree raises :class:`Disagreement`, which says which cells are on
which side; whoever walks them parts them there and walks each side by itself.

The tests hold every cell to a run of its own, bit for bit.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.overrides import TorchFunctionMode

__all__ = ["Cells", "Disagreement", "PerCell"]

Array = npt.NDArray[np.float64]


class Disagreement(Exception):
    """Cells answer a question differently.

    Attributes:
        yes: The answer of each cell, in a shape that broadcasts to the map's.
    """

    def __init__(self, yes: npt.NDArray[np.bool_]) -> None:
        super().__init__("the cells must be parted")
        self.yes = yes


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Any:
    """The method for ``cells ∘ other``; numpy's + − × ÷ round as Python's do."""

    def method(self: Cells, other: Any) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented  # a tensor: PerCell sees to it
        with np.errstate(all="ignore"):
            return Cells(compute(self.values, _values(other)))

    return method


def _comparison(compare: Callable[[Any, Any], Any]) -> Any:
    def method(self: Cells, other: Any) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        return _agreed(compare(self.values, _values(other)))

    return method


def _values(number: float) -> Any:
    return number.values if isinstance(number, Cells) else float(number)


def _agreed(yes: npt.NDArray[np.bool_]) -> bool:
    if yes.all():
        return True
    if yes.any():
        raise Disagreement(yes)
    return False


def _power(base: Any, exponent: Any) -> Array:
    """Python's own ``**`` for each number: numpy's may differ in the last bit."""
    bases, exponents = np.broadcast_arrays(base, exponent)
    numbers = map(pow, bases.ravel().tolist(), exponents.ravel().tolist())
    return np.fromiter(numbers, np.float64, bases.size).reshape(bases.shape)


class Cells(float):
    """One number a cell, where torch expects one number.

    As a plain float it is NaN: code that takes it for one shows in every cell.

    Args:
        values: float64, two axes, of a shape that broadcasts to the map's. A setting that
            varies along one axis only stays small: (1, n) or (m, 1).
    """

    values: Array

    def __new__(cls, values: Array) -> Cells:
        """A float that is no number, with the numbers beside it."""
        made = super().__new__(cls, math.nan)
        made.values = values
        return made

    __add__ = __radd__ = _arithmetic(operator.add)
    __sub__ = _arithmetic(operator.sub)
    __rsub__ = _arithmetic(lambda mine, other: other - mine)
    __mul__ = __rmul__ = _arithmetic(operator.mul)
    __truediv__ = _arithmetic(np.divide)
    __rtruediv__ = _arithmetic(lambda mine, other: np.divide(other, mine))
    __pow__ = _arithmetic(_power)
    __rpow__ = _arithmetic(lambda mine, other: _power(other, mine))
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __hash__ = object.__hash__

    def __neg__(self) -> Cells:
        """Each number's negative."""
        return Cells(-self.values)

    def __bool__(self) -> bool:
        """Whether the numbers are not zero."""
        return _agreed(self.values != 0)


class PerCell(TorchFunctionMode):
    """While switched on, torch's calls take :class:`Cells` for numbers.

    Args:
        shape: Of the map; every tensor of settings has it, and a parameter's last axes are it.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        super().__init__()
        self.shape = shape

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call ``func`` with tensors in the place of cells."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name == "item" and args[0].shape == self.shape:
            return Cells(args[0].double().numpy().copy())  # a state that a cell's setting made
        if not any(isinstance(value, Cells) for value in (*args, *kwargs.values())):
            return func(*args, **kwargs)
        if name == "as_tensor":
            wanted = kwargs.get("dtype") or torch.get_default_dtype()
            return self._tensor(args[0]).to(wanted)
        here = args[0]
        args = tuple(self._tensor(a, here) if isinstance(a, Cells) else a for a in args)
        kwargs = {
            k: self._tensor(v, here) if isinstance(v, Cells) else v for k, v in kwargs.items()
        }
        return self._call(func, name, here, args, kwargs)

    def _call(
        self, func: Any, name: str, here: torch.Tensor, args: Any, kwargs: dict[str, Any]
    ) -> Any:
        if name == "full_like":
            return args[1].expand_as(here).clone()
        if name == "__setitem__":
            _, where, value = args
            return here.copy_(torch.where(where, value, here))
        if "alpha" in kwargs:
            # a + αb in one rounding, which torch's own add does too
            done = {"add": "addcmul", "add_": "addcmul_"}[name]
            return getattr(here, done)(args[1], kwargs["alpha"])
        if "value" in kwargs and name.startswith(("addcmul", "addcdiv")):
            # torch multiplies by the value first: (value · a) · b, (value · a) / b
            return func(here, args[1] * kwargs["value"], args[2])
        if name == "mul_" and not here.ndim:
            # a state of one number, which from now on differs from cell to cell
            return here.set_(here * args[1])
        if name == "clamp_":
            return func(here, *(self._limit(limit, here) for limit in args[1:]))
        return func(*args, **kwargs)

    def _tensor(self, cells: Cells, beside: torch.Tensor | None = None) -> torch.Tensor:
        """The cells' numbers, in the precision of the tensor that they meet."""
        made = torch.from_numpy(np.broadcast_to(cells.values, self.shape).copy())
        return made if beside is None else made.to(beside.dtype)

    def _limit(self, limit: Any, here: torch.Tensor) -> torch.Tensor:
        """A limit as a tensor: torch takes two numbers or two tensors, not one of each."""
        return limit if isinstance(limit, torch.Tensor) else torch.full_like(here, limit)
