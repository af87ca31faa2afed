"""Gradient, Hessian and Jacobian in symbols, from the very functions that torch evaluates.

A function is called with stand-ins (:mod:`optviz.core.terms`), and the record becomes a sympy
expression: no text is ever handed to sympy's own parser, which would run it. sympy takes half a
second to import and may ponder longer, so this is a job's work.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from optviz.core.deformation import (
    MAPS,
    Deformation,
    gradient_field,
    gradient_step,
    own_map,
)
from optviz.core.expression import parse_expression
from optviz.core.problem import Problem
from optviz.core.surface import Surface
from optviz.core.surfaces import SURFACES
from optviz.core.task import TaskContext
from optviz.core.terms import Term, traced

__all__ = [
    "LONGEST",
    "Symbols",
    "derivatives",
    "derive",
    "derive_map",
    "latex",
    "map_derivatives",
    "symbols_of",
    "to_sympy",
]

Function = Callable[[Any, Any], Any]

LONGEST = 100
"""Symbols and digits of one entry; a longer one is not for reading."""

HIGHEST_DEGREE = 16
"""Polynomials of a higher degree are not multiplied out: that could take for ever."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """Derivatives in LaTeX, without dollar signs; an entry not for reading is empty.

    Attributes:
        gradient: ∂f/∂x and ∂f/∂y.
        hessian: ∂²f/∂x², ∂²f/∂x∂y and ∂²f/∂y²: the fourth equals the second.
        length: Of the longest entry as it was found, in symbols and digits.
    """

    gradient: tuple[str, ...]
    hessian: tuple[str, ...]
    length: int


def derive(context: TaskContext, surface: str = "", formula: str = "") -> Symbols:
    """The task: symbols for a surface of the registry, or for a typed formula.

    Raises:
        Problem: The formula is none, or sympy finds no symbols for it.
    """
    function = parse_expression(formula).function if formula else SURFACES[surface].function
    with _told():
        return symbols_of(function)


@contextmanager
def _told() -> Iterator[None]:
    """Say in a sentence that sympy has no answer; it has for all that makes sense.

    log(−1), say, is a number to sympy, but none that could be compared with another.
    """
    try:
        yield
    except (ArithmeticError, ValueError, TypeError, RecursionError, AttributeError) as error:
        raise Problem("problem.symbolic.failed") from error


def symbols_of(function: Function) -> Symbols:
    """Gradient and Hessian of a function in symbols."""
    first, second = derivatives(function)
    entries = [*first, second[0][0], second[0][1], second[1][1]]
    kept, lengths = zip(*map(_readable, entries), strict=True)
    return Symbols(kept[:2], kept[2:], max(lengths))


def _readable(expression: Any) -> tuple[str, int]:
    """An expression in LaTeX, or nothing if it is too long or no number; and its length."""
    written = latex(expression)
    length = _visible(written)
    return written if length <= LONGEST and not _nowhere(expression) else "", length


def derive_map(
    context: TaskContext,
    name: str,
    u: str = "",
    v: str = "",
    surface: str = "",
    formula: str = "",
    lr: float = 0.0,
) -> tuple[str, ...]:
    """The task: the Jacobian of a map in symbols, row by row, an entry not for reading empty.

    Args:
        context: Of the job.
        name: A key of ``MAPS``; ``"gradient"`` or ``"step"`` of a surface; ``"own"``.
        u: The first typed expression of an own map.
        v: The second.
        surface: A surface of the registry.
        formula: A typed one, which comes before.
        lr: Learning rate of a step.

    Raises:
        Problem: Something typed is no expression, or sympy finds no symbols for it.
    """
    nowhere = (-1.0, 1.0)
    if name in MAPS:
        made = MAPS[name]
    elif name == "own":
        made = own_map(u, v, nowhere, nowhere)
    else:
        function = parse_expression(formula).function if formula else SURFACES[surface].function
        ground = Surface(name, function, nowhere, nowhere)
        made = gradient_step(ground, lr) if name == "step" else gradient_field(ground)
    with _told():
        return tuple(_readable(entry)[0] for row in map_derivatives(made) for entry in row)


def derivatives(function: Function) -> tuple[list[Any], list[list[Any]]]:
    """Gradient and Hessian of a function as sympy expressions, in a form that is short."""
    import sympy

    f = to_sympy(traced(function))
    x, y = _variables()
    first = [sympy.diff(f, v) for v in (x, y)]
    second = [[_smooth(sympy.diff(_smooth(g), v)) for v in (x, y)] for g in first]
    return [_short(_smooth(g)) for g in first], [[_short(e) for e in row] for row in second]


def map_derivatives(deformation: Deformation) -> list[list[Any]]:
    """The Jacobian of a map as sympy expressions."""
    import sympy

    eye = sympy.eye(2)
    own, share = (_exact(number) for number in (deformation.own, deformation.share))
    if len(deformation.functions) == 1:
        _, matrix = derivatives(deformation.functions[0])
    else:
        matrix = [derivatives(part)[0] for part in deformation.functions]
    return [[_short(own * eye[i, j] + share * matrix[i][j]) for j in (0, 1)] for i in (0, 1)]


def _variables() -> tuple[Any, Any]:
    import sympy

    return sympy.Symbol("x", real=True), sympy.Symbol("y", real=True)


def to_sympy(term: Term) -> Any:
    """A record as a sympy expression of the real symbols ``x`` and ``y``.

    ``squares == 0`` guards a single point in the functions that have it; as a formula it is 0.
    """
    known: dict[int, Any] = {}

    def read(part: Term) -> Any:
        if id(part) not in known:
            known[id(part)] = _operation(part, [read(inner) for inner in part.parts])
        return known[id(part)]

    return read(term)


def _operation(term: Term, parts: list[Any]) -> Any:
    import sympy

    if term.name in ("x", "y"):
        return _variables()[term.name == "y"]
    if term.name == "number":
        return _exact(term.value)
    made: dict[str, Callable[..., Any]] = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "pow": lambda a, b: a**b,
        "neg": lambda a: -a,
        "equal": lambda a, b: sympy.Integer(0),
        "not": lambda a: 1 - a,
        "abs": sympy.Abs,
        "relu": lambda a: sympy.Max(a, 0),
        "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
        "minimum": sympy.Min,
        "maximum": sympy.Max,
    }
    # The rest have the same names in torch and in sympy.
    return made.get(term.name, getattr(sympy, term.name, None))(*parts)  # type: ignore[misc]


def _exact(value: float) -> Any:
    """The number that was meant: 0.1 as a tenth, 6.283… as 2π."""
    import sympy

    if not math.isfinite(value):
        return sympy.nan
    if value == math.e:
        return sympy.E
    for power in (0, 1, -1, 2, -2):
        unit = math.pi**power
        fraction = Fraction(value / unit).limit_denominator(1000)
        if abs(float(fraction) * unit - value) <= 4e-16 * abs(value):
            return sympy.Rational(fraction.numerator, fraction.denominator) * sympy.pi**power
    return sympy.Float(value, 17)


def _smooth(expression: Any) -> Any:
    """Without what happens at a kink alone, as autograd has it."""
    import sympy

    return expression.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0)).doit()


def _nowhere(expression: Any) -> bool:
    import sympy

    return bool(expression.has(sympy.nan, sympy.zoo, sympy.oo, sympy.I))


def _short(expression: Any) -> Any:
    """The shortest of a few forms, none of which takes long to find."""
    import sympy

    forms = [expression]
    x, y = _variables()
    if expression.is_polynomial(x, y):
        if _degree(expression) <= HIGHEST_DEGREE:
            forms += [sympy.expand(expression), sympy.factor(expression)]
    elif sympy.count_ops(expression) <= 120:
        forms += [sympy.factor_terms(expression), sympy.powsimp(expression)]
    return min(forms, key=lambda form: _visible(latex(form)))


def _degree(expression: Any) -> int:
    """An upper bound of a polynomial's degree, without multiplying it out."""
    if expression.is_Add or expression.is_Mul:
        degrees = [_degree(part) for part in expression.args]
        return max(degrees) if expression.is_Add else sum(degrees)
    if expression.is_Pow:
        return _degree(expression.base) * int(expression.exp)
    return int(bool(expression.free_symbols))


def latex(expression: Any) -> str:
    """The expression for reading: decimals to four figures."""
    import sympy

    rounded = expression.xreplace({f: sympy.Float(f, 4) for f in expression.atoms(sympy.Float)})
    return str(sympy.latex(rounded, ln_notation=True, inv_trig_style="full"))


def _visible(written: str) -> int:
    """About how many symbols and digits a piece of LaTeX shows."""
    plain = re.sub(r"\\(left|right|frac|operatorname|tfrac|cdot)\b|[{}^_\s\\,]", "", written)
    return len(plain)
