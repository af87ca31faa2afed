"""A function of x and y from what somebody typed: a real parser with a whitelist.

Python's own parser makes the tree; nothing is evaluated by Python. Only the operators, names
and functions listed here are understood, within limits on length, depth and exponents, and what
is refused is refused with a sentence that points at the character.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optviz.core.problem import Problem

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CONSTANTS", "FUNCTIONS", "LONGEST", "Expression", "parse_expression"]

LONGEST = 300
"""Characters."""

DEEPEST = 40
"""Levels of brackets, operators and functions inside one another."""

HIGHEST = 64
"""Largest constant exponent."""

CONSTANTS: Mapping[str, tuple[float, str]] = {
    "pi": (math.pi, r"\pi"),
    "e": (math.e, "e"),
}
"""Name → value and LaTeX."""

FUNCTIONS: Mapping[str, tuple[int, str]] = {
    "sin": (1, r"\sin"), "cos": (1, r"\cos"), "tan": (1, r"\tan"),
    "asin": (1, r"\arcsin"), "acos": (1, r"\arccos"), "atan": (1, r"\arctan"),
    "sinh": (1, r"\sinh"), "cosh": (1, r"\cosh"), "tanh": (1, r"\tanh"),
    "exp": (1, r"\exp"), "log": (1, r"\ln"), "sqrt": (1, r"\sqrt"), "abs": (1, "abs"),
    "sigmoid": (1, r"\operatorname{\sigma}"), "relu": (1, r"\operatorname{relu}"),
    "minimum": (2, r"\min"), "maximum": (2, r"\max"),
}  # fmt: skip
"""Name (torch's own) → number of arguments and LaTeX."""

# As long as what they replace, so that positions stay true.
_SAME_LENGTH = str.maketrans("−–·×÷（），　", "--**/(), ")
_LONGER = {"^": "**", "²": "**2", "³": "**3", "π": "pi"}

Function = Callable[["Tensor", "Tensor"], "Tensor"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A typed function.

    Attributes:
        text: As it was typed, without blanks at the ends.
        function: Elementwise, of two torch tensors of one shape, differentiable.
        latex: The formula, without dollar signs.
    """

    text: str
    function: Function
    latex: str


def parse_expression(written: str) -> Expression:
    """Understand a function of ``x`` and ``y``.

    Args:
        written: Such as ``(1-x)**2 + 100*(y-x**2)**2``; ``^`` and ``²`` mean powers too.

    Raises:
        Problem: It is not such a function; the sentence says what and where.

    Example:
        >>> parse_expression("x^2 + sin(pi*y)").latex
        'x^{2} + \\\\sin\\\\left(\\\\pi\\\\,y\\\\right)'
        >>> parse_expression("x + z")
        Traceback (most recent call last):
            ...
        optviz.core.problem.Problem: At character 5, “z” is not known. Known are x, y, pi, e and \
the functions sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, exp, log, sqrt, abs, sigmoid, \
relu, minimum, maximum.
    """
    text = written.strip()
    if not text:
        raise Problem("problem.expression.empty")
    if len(text) > LONGEST:
        raise Problem("problem.expression.long", length=len(text), longest=LONGEST)
    for place, sign in enumerate(text):
        # Invisible signs could hide something from whoever reads along, and so could remarks.
        if sign == "#" or not (sign.isprintable() or sign.isspace()):
            shown = sign if sign == "#" else f"U+{ord(sign):04X}"
            raise Problem("problem.expression.unreadable", at=place + 1, sign=shown)
    code, places = _spelled_out(text)
    try:
        tree = ast.parse(code, mode="eval").body
    except SyntaxError as error:
        raise _broken(text, code, places, error) from None
    except (ValueError, RecursionError, MemoryError):
        raise Problem("problem.expression.deep") from None
    reader = _Reader(code, places)
    evaluate = reader.read(tree, 0)
    if not reader.variables:
        raise Problem("problem.expression.constant")
    return Expression(text, _on_tensors(evaluate), _Printer().show(tree))


def _spelled_out(text: str) -> tuple[str, list[int]]:
    """Python's spelling, and for each of its characters the place in ``text`` it came from."""
    code, places = "", []
    for place, sign in enumerate(text):
        plain = _LONGER.get(sign, sign.translate(_SAME_LENGTH))
        plain = (
            plain
            if plain.isprintable() and plain.isascii()
            else (" " if plain.isspace() else plain)
        )
        code += plain
        places += [place] * len(plain)
    return code, [*places, len(text)]


def _broken(text: str, code: str, places: list[int], error: SyntaxError) -> Problem:
    at = min(max((error.offset or 1) - 1, 0), len(code))
    if code.count("(") != code.count(")"):
        return Problem("problem.expression.brackets")
    # "2x" and "x y": two things beside each other.
    place = places[min(at, len(places) - 1)]
    if place >= len(text) or text[-1] in "+-*/^×÷−(,":
        return Problem("problem.expression.unfinished")
    return Problem("problem.expression.unreadable", at=place + 1, sign=text[place])


Value = Any
Evaluate = Callable[["Tensor", "Tensor"], Value]


class _Reader:
    """Turns the tree into a function, refusing what is not on the list."""

    def __init__(self, code: str, places: list[int]) -> None:
        self.code, self.places = code, places
        self.variables: set[str] = set()

    def read(self, node: ast.expr, depth: int) -> Evaluate:
        if depth > DEEPEST:
            raise Problem("problem.expression.deep")
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
            inner = self.read(node.operand, depth + 1)
            return inner if isinstance(node.op, ast.UAdd) else lambda x, y: -inner(x, y)
        if isinstance(node, ast.BinOp):
            return self._operator(node, depth)
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        raise self._refused("unreadable", node)

    def _refused(self, kind: str, node: ast.expr, **values: Any) -> Problem:
        # Python counts bytes; letters of other scripts have several.
        before = len(self.code.encode()[: node.col_offset].decode())
        place = self.places[min(before, len(self.places) - 1)]
        sign = ast.get_source_segment(self.code, node) or ""
        return Problem(
            f"problem.expression.{kind}", **{"at": place + 1, "sign": sign[:40]} | values
        )

    def _constant(self, node: ast.Constant) -> Evaluate:
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise self._refused("unreadable", node)
        try:
            value = float(node.value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self._refused("huge", node)
        return lambda x, y: value

    def _name(self, node: ast.Name) -> Evaluate:
        if node.id == "x":
            self.variables.add("x")
            return lambda x, y: x
        if node.id == "y":
            self.variables.add("y")
            return lambda x, y: y
        if node.id in CONSTANTS:
            value = CONSTANTS[node.id][0]
            return lambda x, y: value
        if node.id in FUNCTIONS:
            raise self._refused("function", node)
        raise self._refused(
            "unknown", node, names=", ".join(["x", "y", *CONSTANTS]), functions=", ".join(FUNCTIONS)
        )

    def _operator(self, node: ast.BinOp, depth: int) -> Evaluate:
        left, right = self.read(node.left, depth + 1), self.read(node.right, depth + 1)
        if isinstance(node.op, ast.Add):
            return lambda x, y: left(x, y) + right(x, y)
        if isinstance(node.op, ast.Sub):
            return lambda x, y: left(x, y) - right(x, y)
        if isinstance(node.op, ast.Mult):
            return lambda x, y: left(x, y) * right(x, y)
        if isinstance(node.op, ast.Div):
            return lambda x, y: _divided(left(x, y), right(x, y))
        if isinstance(node.op, ast.Pow):
            exponent = _number(node.right)
            if exponent is not None and abs(exponent) > HIGHEST:
                raise self._refused("exponent", node.right, highest=HIGHEST)
            return lambda x, y: _power(left(x, y), right(x, y))
        raise self._refused("operator", node)

    def _call(self, node: ast.Call, depth: int) -> Evaluate:
        if not isinstance(node.func, ast.Name):
            # "(x)(y)" or "2(x+1)": a product that was meant.
            raise self._refused("product", node)
        name = node.func.id
        if name in ("x", "y") or name in CONSTANTS:
            raise self._refused("product", node)
        if name not in FUNCTIONS:
            raise self._refused(
                "unknown", node.func, names=", ".join(["x", "y", *CONSTANTS]),
                functions=", ".join(FUNCTIONS),
            )  # fmt: skip
        count = FUNCTIONS[name][0]
        if node.keywords or len(node.args) != count:
            raise self._refused("arguments", node.func, count=count)
        arguments = [self.read(argument, depth + 1) for argument in node.args]
        return lambda x, y: _applied(name, [a(x, y) for a in arguments], x)


def _number(node: ast.expr) -> float | None:
    """The value of a plain number with or without a sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        inner = _number(node.operand)
        return None if inner is None else (-inner if isinstance(node.op, ast.USub) else inner)
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value) if abs(node.value) < 1e300 else math.inf
    return None


def _divided(a: Value, b: Value) -> Value:
    if isinstance(a, float) and isinstance(b, float):
        return a / b if b else math.nan
    return a / b


def _power(a: Value, b: Value) -> Value:
    if isinstance(a, float) and isinstance(b, float):
        try:
            result = a**b
        except (OverflowError, ZeroDivisionError):
            return math.nan
        return result if isinstance(result, float) else math.nan
    return a**b


def _applied(name: str, values: list[Value], like: Tensor) -> Value:
    import torch

    tensors = [
        torch.full_like(like, value) if isinstance(value, float) else value for value in values
    ]
    return getattr(torch, name)(*tensors)


def _on_tensors(evaluate: Evaluate) -> Function:
    def function(x: Tensor, y: Tensor) -> Tensor:
        result: Tensor = evaluate(x, y)
        return result

    return function


class _Printer:
    """The tree as LaTeX, with no more brackets than needed."""

    def show(self, node: ast.expr, strength: int = 0) -> str:
        """``strength``: how tightly what stands around binds (1 sum, 2 product, 3 power)."""
        if isinstance(node, ast.Constant):
            return f"{node.value:g}" if isinstance(node.value, float) else str(node.value)
        if isinstance(node, ast.Name):
            return CONSTANTS[node.id][1] if node.id in CONSTANTS else node.id
        if isinstance(node, ast.UnaryOp):
            sign = "-" if isinstance(node.op, ast.USub) else ""
            return self._wrapped(sign + self.show(node.operand, 2), strength > 1)
        if isinstance(node, ast.Call):
            return self._call(node)
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.Div):
            return (
                rf"\frac{{{self.show(node.left)}}}{{{self.show(node.right)}}}"
                if strength < 3
                else (
                    self._wrapped(
                        rf"\frac{{{self.show(node.left)}}}{{{self.show(node.right)}}}", True
                    )
                )
            )
        if isinstance(node.op, ast.Pow):
            base = self.show(node.left, 3)
            return self._wrapped(f"{base}^{{{self.show(node.right)}}}", strength > 2)
        if isinstance(node.op, ast.Mult):
            left, right = self.show(node.left, 2), self.show(node.right, 2)
            sign = r"\cdot " if right[:1].isdigit() else r"\,"
            return self._wrapped(left + sign + right, strength > 2)
        plus = isinstance(node.op, ast.Add)
        right = self.show(node.right, 1 if plus else 2)
        return self._wrapped(
            f"{self.show(node.left, 1)} {'+' if plus else '-'} {right}", strength > 1
        )

    def _call(self, node: ast.Call) -> str:
        assert isinstance(node.func, ast.Name)
        inner = ", ".join(self.show(argument) for argument in node.args)
        if node.func.id == "sqrt":
            return rf"\sqrt{{{inner}}}"
        if node.func.id == "abs":
            return rf"\left|{inner}\right|"
        return rf"{FUNCTIONS[node.func.id][1]}\left({inner}\right)"

    @staticmethod
    def _wrapped(text: str, needed: bool) -> str:
        return rf"\left({text}\right)" if needed else text
