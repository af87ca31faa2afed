"""The symbols say what autograd computes, for every surface and whatever can be typed."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from optviz.core.curvature import gradient, hessian
from optviz.core.deformation import MAPS, gradient_step, jacobians
from optviz.core.expression import FUNCTIONS
from optviz.core.problem import Problem
from optviz.core.surfaces import SURFACES, get_surface
from optviz.core.symbolic import (
    LONGEST,
    derivatives,
    derive,
    derive_map,
    map_derivatives,
    symbols_of,
    to_sympy,
)
from optviz.core.terms import traced

from .problems import FORMULAS, x, y

TYPED = [
    "0.1*(x^2 + y^2) + sin(2*x)*cos(2*y)", "x^3 - 3*x*y^2 + pi*x", "sin(x*y)*exp(-(x^2+y^2)/4)",
    "log(1+x^2) + atan(y)", "e^(x/2) - 2^y", "sqrt(1 + x^2*y^2) / (2 + cos(x))",
    "abs(x)*y + relu(y)*x^2 + maximum(x, y^2) - minimum(x*y, 1)",
]  # fmt: skip


def numbers(expressions, points: np.ndarray) -> np.ndarray:
    made = sympy.lambdify((x, y), expressions, "numpy")
    return np.array([np.array(made(*point), dtype=float) for point in points])


def points_of(surface) -> np.ndarray:
    low, high = np.array([surface.x_range, surface.y_range]).T
    return np.random.default_rng(1).uniform(low, high, (12, 2))


@pytest.mark.parametrize("name", [*FORMULAS, *(f"={formula}" for formula in TYPED)])
def test_symbols_and_autograd_agree(name: str) -> None:
    surface = get_surface(name)
    points = points_of(surface)
    first, second = derivatives(surface.function)
    for found, true in (
        (numbers(first, points), gradient(surface, points)),
        (numbers(second, points), hessian(surface, points)),
    ):
        assert found == pytest.approx(true, rel=1e-9, abs=1e-9 * abs(true).max())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_that_can_be_typed(name: str) -> None:
    inner = "x/7, y" if FUNCTIONS[name][0] == 2 else "(x+6)/13 + y/40"
    surface = get_surface(f"=y*{name}({inner})")
    points = points_of(surface)
    first, second = derivatives(surface.function)
    assert numbers(first, points) == pytest.approx(gradient(surface, points), nan_ok=True)
    assert numbers(second, points) == pytest.approx(hessian(surface, points), nan_ok=True)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_record_is_the_formula_of_the_literature(name: str) -> None:
    found = to_sympy(traced(SURFACES[name].function))
    for point in ((0.3, -1.7), (1.1, 0.4)):
        at = dict(zip((x, y), point, strict=True))
        assert float(found.subs(at)) == pytest.approx(float(FORMULAS[name].subs(at)))


def test_numbers_are_those_that_were_meant() -> None:
    symbols = derive(None, formula="0.1*x^2 + cos(2*pi*y) + e^x")
    assert symbols.gradient == (r"\frac{x}{5} + e^{x}", r"- 2 \pi \sin{\left(2 \pi y \right)}")
    assert derive(None, surface="bowl").hessian == ("1", "0", "2")
    assert symbols.hessian[1:] == ("0", r"- 4 \pi^{2} \cos{\left(2 \pi y \right)}")


def test_known_matrices() -> None:
    rosenbrock = symbols_of(SURFACES["rosenbrock"].function)
    assert rosenbrock.hessian == ("1200 x^{2} - 400 y + 2", "- 400 x", "200")
    assert symbols_of(SURFACES["bowl"].function).gradient == ("x", "2 y")


def test_what_is_too_long_is_left_out() -> None:
    long = symbols_of(SURFACES["goldstein_price"].function)
    assert long.length > LONGEST
    assert set(long.hessian) == {""}
    huge = derive(None, formula="((x+y)^64)^64 * ((x-y)^64 + 1)^64")
    assert huge.length > 0  # and it comes back at all


@pytest.mark.parametrize("name", MAPS)
def test_maps_have_symbols_too(name: str) -> None:
    made = MAPS[name]
    points = points_of(made)
    assert numbers(map_derivatives(made), points) == pytest.approx(jacobians(made, points))


def test_a_step_s_symbols() -> None:
    step = gradient_step(SURFACES["himmelblau"], 0.01)
    points = points_of(step)
    assert numbers(map_derivatives(step), points) == pytest.approx(jacobians(step, points))


def test_the_tasks_of_a_page() -> None:
    assert derive_map(None, "polar") == (
        r"\cos{\left(y \right)}", r"- x \sin{\left(y \right)}",
        r"\sin{\left(y \right)}", r"x \cos{\left(y \right)}",
    )  # fmt: skip
    assert derive_map(None, "own", u="x*y", v="x - y") == ("y", "x", "1", "-1")
    hessian_of_bowl = derive_map(None, "gradient", surface="bowl")
    assert hessian_of_bowl == ("1", "0", "0", "2")
    assert derive_map(None, "step", formula="x^2 + y^2", lr=0.1)[0] == r"\frac{4}{5}"
    with pytest.raises(Problem):
        derive_map(None, "own", u="x*z", v="y")


@pytest.mark.parametrize("formula", ["relu(asin(pi)) - x", "maximum(x, sqrt(-1))*y", "x/(1 - 1)"])
def test_what_sympy_cannot_say_is_told(formula: str) -> None:
    try:
        found = derive(None, formula=formula)
    except Problem as problem:
        assert problem.key == "problem.symbolic.failed"
    else:
        assert "" in (*found.gradient, *found.hessian)
