"""What a function does, written down; and the program that is made of it."""

from __future__ import annotations

import math

import pytest
import torch

from optviz.core.expression import FUNCTIONS, parse_expression
from optviz.core.surfaces import FORMULAS, SURFACES
from optviz.core.terms import OPERATIONS, program, traced

BY_HAND = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow,
    "neg": torch.neg, "equal": lambda a, b: (a == b).double(), "not": lambda a: 1 - a,
}  # fmt: skip


def run(made, x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Follow a program, as the browser does."""
    cells: list[torch.Tensor] = []
    for name, *inputs in made["steps"]:
        assert name in OPERATIONS
        if name in ("x", "y"):
            cells.append(x if name == "x" else y)
        elif name == "number":
            cells.append(torch.full_like(x, math.nan if inputs[0] is None else inputs[0]))
        else:
            cells.append((BY_HAND.get(name) or getattr(torch, name))(*(cells[i] for i in inputs)))
    return [cells[i] for i in made["results"]]


POINTS = torch.rand(2, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 4 - 2


@pytest.mark.parametrize("name", FORMULAS)
def test_a_program_computes_what_the_surface_computes(name: str) -> None:
    function = SURFACES[name].function
    (found,) = run(program([function]), *POINTS)
    torch.testing.assert_close(found, function(*POINTS), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_that_can_be_typed_can_be_written_down(name: str) -> None:
    inner = "x*y/5, y" if FUNCTIONS[name][0] == 2 else "x*y/5"
    function = parse_expression(f"-{name}({inner})^2 + 2^x/pi - {name}({inner})").function
    (found,) = run(program([function]), *POINTS)
    torch.testing.assert_close(found, function(*POINTS), equal_nan=True)


def test_what_is_written_twice_is_computed_once() -> None:
    made = program([lambda x, y: x * y + x * y, lambda x, y: x * y])
    assert made["steps"] == [["x"], ["y"], ["mul", 0, 1], ["add", 2, 2]]
    assert made["results"] == [3, 2]


def test_a_number_that_is_none_travels_as_null() -> None:
    function = parse_expression("x + 1/0").function
    assert ["number", None] in program([function])["steps"]


def test_what_is_not_on_the_list_is_refused() -> None:
    with pytest.raises(AttributeError):
        traced(lambda x, y: x.erf())
    with pytest.raises(TypeError):
        traced(lambda x, y: torch.erf(x))
