"""What a function of x and y does, written down by calling it once with stand-ins.

The functions of the registry and those that somebody typed are made of operators, methods and
functions of torch. A :class:`Term` answers to all of these and keeps a record, from which the
same function can be had in another form: a program for the browser (:func:`program`), or symbols
(:mod:`optviz.core.symbolic`). Nothing is written twice, so nothing can come apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from optviz.core.expression import FUNCTIONS

__all__ = ["OPERATIONS", "Term", "program", "traced"]

OPERATIONS = (
    "x", "y", "number", "add", "sub", "mul", "div", "pow", "neg", "equal", "not", *FUNCTIONS,
)  # fmt: skip
"""All that a term can be; functions have torch's names."""


class Term:
    """A number that is not known yet.

    Args:
        name: One of :data:`OPERATIONS`.
        parts: What it is made from.
        value: Of a ``"number"``.
    """

    __slots__ = ("name", "parts", "value")

    def __init__(self, name: str, parts: tuple[Term, ...] = (), value: float = 0.0) -> None:
        self.name = name
        self.parts = parts
        self.value = value

    def __add__(self, other: Any) -> Term:
        return Term("add", (self, _term(other)))

    def __radd__(self, other: Any) -> Term:
        return Term("add", (_term(other), self))

    def __sub__(self, other: Any) -> Term:
        return Term("sub", (self, _term(other)))

    def __rsub__(self, other: Any) -> Term:
        return Term("sub", (_term(other), self))

    def __mul__(self, other: Any) -> Term:
        return Term("mul", (self, _term(other)))

    def __rmul__(self, other: Any) -> Term:
        return Term("mul", (_term(other), self))

    def __truediv__(self, other: Any) -> Term:
        return Term("div", (self, _term(other)))

    def __rtruediv__(self, other: Any) -> Term:
        return Term("div", (_term(other), self))

    def __pow__(self, other: Any) -> Term:
        return Term("pow", (self, _term(other)))

    def __rpow__(self, other: Any) -> Term:
        return Term("pow", (_term(other), self))

    def __neg__(self) -> Term:
        return Term("neg", (self,))

    def __eq__(self, other: object) -> Any:
        return Term("equal", (self, _term(other)))

    __hash__ = object.__hash__

    def __invert__(self) -> Term:
        return Term("not", (self,))

    def __getattr__(self, name: str) -> Callable[..., Term]:
        """The methods that a tensor has: ``x.cos()``."""
        if name not in FUNCTIONS:
            raise AttributeError(name)
        return lambda *others: Term(name, (self, *map(_term, others)))

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """The functions that torch has: ``torch.cos(x)`` asks its argument what it is."""
        name = func.__name__
        if name == "full_like":
            return _term(args[1])
        if name not in FUNCTIONS:
            return NotImplemented
        return Term(name, tuple(map(_term, args)))


def _term(value: Any) -> Term:
    if isinstance(value, Term):
        return value
    return Term("number", value=float(value))


def traced(function: Callable[[Any, Any], Any]) -> Term:
    """The record of a function of x and y.

    Args:
        function: Elementwise and without branches, as those of
            :mod:`optviz.core.functions` and :func:`optviz.core.expression.parse_expression` are.

    Example:
        >>> traced(lambda x, y: x * y.sin()).name
        'mul'
    """
    return _term(function(Term("x"), Term("y")))


def program(functions: Sequence[Callable[[Any, Any], Any]]) -> dict[str, Any]:
    """Functions of x and y as a list of steps that a few lines of any language can follow.

    Args:
        functions: As for :func:`traced`.

    Returns:
        ``"steps"``: ``["x"]``, ``["y"]``, ``["number", value]`` (``None`` for one that is not
        finite), or an operation with the places of the steps it works on; ``"results"``: the
        place of each function's value.

    Example:
        >>> program([lambda x, y: x * x])
        {'steps': [['x'], ['mul', 0, 0]], 'results': [1]}
    """
    steps: list[list[Any]] = []
    places: dict[tuple[Any, ...], int] = {}

    def place(term: Term, known: dict[int, int]) -> int:
        if id(term) not in known:
            step: list[Any]
            if term.name == "number":
                step = ["number", term.value if math.isfinite(term.value) else None]
            else:
                step = [term.name, *(place(part, known) for part in term.parts)]
            # What was written twice is computed once.
            key = tuple(step)
            if key not in places:
                places[key] = len(steps)
                steps.append(step)
            known[id(term)] = places[key]
        return known[id(term)]

    terms = [traced(function) for function in functions]
    return {"steps": steps, "results": [place(term, {}) for term in terms]}
