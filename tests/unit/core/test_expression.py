"""Typed functions: what they compute, and how they are refused."""

from __future__ import annotations

import ast

import numpy as np
import pytest
import sympy as sp
import torch

from optviz.core.expression import DEEPEST, FUNCTIONS, LONGEST, parse_expression
from optviz.core.problem import Problem

GOOD = [
    ("(1-x)**2 + 100*(y-x**2)**2", "(1-x)**2 + 100*(y-x**2)**2"),
    ("x^2 + y^2", "x**2 + y**2"),
    ("x² + y³", "x**2 + y**3"),
    ("−x × y ÷ 2", "-x*y/2"),
    ("2e-3*x + .5*y", "0.002*x + 0.5*y"),
    ("sin(pi*x)*cos(e*y)", "sin(pi*x)*cos(exp(1)*y)"),
    ("-x**2", "-(x**2)"),
    ("x**-2 + y", "x**(-2) + y"),
    ("2**x + y", "2**x + y"),
    ("2**3**2*x + y", "512*x + y"),
    ("exp(-(x^2+y^2)/2) + tanh(x*y)", "exp(-(x**2+y**2)/2) + tanh(x*y)"),
    ("sqrt(x*x+1) + log(y*y+1)", "sqrt(x*x+1) + log(y*y+1)"),
    ("abs(x) + abs(y - 1)", "Abs(x) + Abs(y - 1)"),
    ("maximum(x, y) + minimum(x, 0)", "Max(x, y) + Min(x, 0)"),
    ("atan(x) + asin(y/9) + acos(x/9) + sinh(x) + cosh(y) + tan(y/9)",
     "atan(x) + asin(y/9) + acos(x/9) + sinh(x) + cosh(y) + tan(y/9)"),
    ("x", "x"),
    ("  y +  0*x ", "y + 0*x"),
    ("x/(1+e^(-y))", "x/(1+exp(1)**(-y))"),
    ("+x - -y", "x + y"),
]  # fmt: skip
POINTS = np.random.default_rng(0).uniform(0.2, 3, (50, 2)) * [1, -1]


@pytest.mark.parametrize(("typed", "meant"), GOOD)
def test_it_computes_what_sympy_computes(typed: str, meant: str) -> None:
    x, y = sp.symbols("x y", real=True)
    formula = sp.sympify(meant, locals={"x": x, "y": y})
    expected = sp.lambdify((x, y), formula, "numpy")(POINTS[:, 0], POINTS[:, 1])
    found = parse_expression(typed).function(*torch.as_tensor(POINTS.T.copy()))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(("typed", "meant"), GOOD)
def test_its_gradient_is_sympys(typed: str, meant: str) -> None:
    x, y = sp.symbols("x y", real=True)
    formula = sp.sympify(meant, locals={"x": x, "y": y})
    columns = [torch.tensor(c, requires_grad=True) for c in POINTS.T.copy()]
    value = parse_expression(typed).function(*columns).sum()
    found = torch.autograd.grad(value, columns, materialize_grads=True)
    for slope, variable in zip(found, (x, y), strict=True):
        derivative = sp.lambdify((x, y), sp.diff(formula, variable), "numpy")
        expected = np.broadcast_to(derivative(POINTS[:, 0], POINTS[:, 1]), (50,))
        np.testing.assert_allclose(slope.numpy(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("typed", "key", "at"),
    [
        ("", "empty", None),
        ("   ", "empty", None),
        ("3 + pi", "constant", None),
        ("x + z", "unknown", 5),
        ("x + foo(y)", "unknown", 5),
        ("x² + ½", "unreadable", 6),
        ("2x + y", "unreadable", 1),
        ("x y", "unreadable", 3),
        ("2(x+1)", "product", 1),
        ("x(y)", "product", 1),
        ("(x+1)(y+1)", "product", 1),
        ("x + (y", "brackets", None),
        ("x + y)", "brackets", None),
        ("x +", "unfinished", None),
        ("sin + x", "function", 1),
        ("x + sin(x, y)", "arguments", 5),
        ("maximum(x)", "arguments", 1),
        ("x % y", "operator", 1),
        ("x // y", "operator", 1),
        ("x**65", "exponent", 4),
        ("x^-100", "exponent", 3),
        ("x + 1e999", "huge", 5),
        ("x if y else x", "unreadable", 1),
        ("x.real", "unreadable", 1),
        ("x[0]", "unreadable", 1),
        ("[x, y]", "unreadable", 1),
        ("lambda x: x", "unreadable", 1),
        ("x == y", "unreadable", 1),
        ("x and y", "unreadable", 1),
        ("not x", "unreadable", 1),
        ("'x' + y", "unreadable", 1),
        ("True*x", "unreadable", 1),
        ("1j*x", "unreadable", 1),
        ("__import__('os').system('x')", "product", 1),
        ("exec('x')", "unknown", 1),
        ("x := y", "unreadable", None),
        ("x; y", "unreadable", None),
        ("x" * (LONGEST + 1), "long", None),
        ("-" * (DEEPEST + 5) + "x", "deep", None),
        ("x\0y", "unreadable", 2),
        ("x\u200b + y", "unreadable", 2),
        ("x + y # z", "unreadable", 7),
        ("ｘ + z", "unknown", 5),
        ("é + x", "unknown", 1),
    ],
)
def test_what_is_refused_and_where(typed: str, key: str | None, at: int | None) -> None:
    with pytest.raises(Problem) as refused:
        parse_expression(typed)
    assert str(refused.value)
    if key is not None:
        assert refused.value.key == f"problem.expression.{key}"
    if at is not None:
        assert refused.value.values["at"] == at


def test_numbers_that_run_over_do_not_raise() -> None:
    x = torch.tensor([1.0, -1.0], dtype=torch.float64)
    for typed in ("9**60**2*x", "x + 0**-1", "x/0 + 1/0*y", "x + (-8)**(1/3)", "exp(1000)*x"):
        parse_expression(typed).function(x, x)


@pytest.mark.parametrize(("typed", "meant"), GOOD)
def test_the_formula_shown_means_the_same(typed: str, meant: str) -> None:
    """Brackets are kept where they matter: the LaTeX, read back by hand-made rules, agrees."""
    shown = parse_expression(typed).latex
    assert shown.count(r"\left") == shown.count(r"\right")
    assert shown.count("{") == shown.count("}")


def test_latex_examples() -> None:
    for typed, shown in [
        ("(1-x)^2", r"\left(1 - x\right)^{2}"),
        ("x - (y - 1)", r"x - \left(y - 1\right)"),
        ("x - (y + 1)*2", r"x - \left(y + 1\right)\cdot 2"),
        ("(x/y)^2", r"\left(\frac{x}{y}\right)^{2}"),
        ("(x^2)^y", r"\left(x^{2}\right)^{y}"),
        ("-(x+y)", r"-\left(x + y\right)"),
        ("x*(-y)", r"x\,\left(-y\right)"),
        ("sqrt(x)/abs(y)", r"\frac{\sqrt{x}}{\left|y\right|}"),
        ("0.5*x", r"0.5\,x"),
    ]:
        assert parse_expression(typed).latex == shown, typed


def test_every_function_is_torchs_own() -> None:
    for name, (count, _) in FUNCTIONS.items():
        arguments = ", ".join(["x", "y"][:count])
        value = parse_expression(f"{name}({arguments}) + 0*x").function(
            torch.tensor([0.5], dtype=torch.float64), torch.tensor([0.25], dtype=torch.float64)
        )
        arrays = [torch.tensor([v], dtype=torch.float64) for v in (0.5, 0.25)[:count]]
        assert value.item() == getattr(torch, name)(*arrays).item()
        assert ast.parse(name)
