"""A number a cell, in the place of one number."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from optviz.core.cells import Cells, Disagreement, PerCell


def cells(*numbers: float) -> Cells:
    return Cells(np.array([numbers]))


def test_arithmetic_rounds_as_python_does() -> None:
    numbers = np.random.default_rng(0).uniform(0.01, 1, 200).tolist()
    many = cells(*numbers)
    for of in (
        lambda b: 1 - b**7.0,
        lambda b: (1 - b) ** 0.5,
        lambda b: 0.96 ** (3.0 * b),
        lambda b: -0.1 / (1 - b) * 2,
        lambda b: (b + 1) * (2 + b) - b / 3,
        lambda b: b / b**0.3,
    ):
        assert of(many).values[0].tolist() == [of(number) for number in numbers]


def test_whoever_takes_it_for_a_plain_float_gets_nan() -> None:
    assert math.isnan(math.sqrt(cells(4.0, 9.0)))


def test_cells_that_agree_answer_and_others_are_parted() -> None:
    both = cells(0.1, 0.2)
    assert both > 0
    assert both >= 0.1
    assert both != 0
    assert 0.0 <= both < 1.0
    assert max(0.0, both) is both
    with pytest.raises(Disagreement) as parted:
        bool(cells(0.0, 0.9))
    assert parted.value.yes.tolist() == [[False, True]]


def test_every_call_takes_a_cell_as_it_takes_a_number() -> None:
    numbers = [0.3, 0.7, 0.05]
    generator = torch.Generator().manual_seed(0)
    a, b, c = (torch.rand(2, 1, 3, dtype=torch.float64, generator=generator) for _ in range(3))

    def calls(number: float, *at: torch.Tensor) -> list[torch.Tensor]:
        a, b, c = (t.clone() for t in at)
        inside = torch.clamp(c * 2, 0.0, 1.0).clamp_(0.1, number)
        return [
            a.add(b, alpha=-number),
            a.clone().add_(b, alpha=number),
            a.clone().mul_(number),
            a / number,
            number / a,
            a - number,
            a.clone().lerp_(b, 1 - number),
            a.clone().addcmul_(b, c, value=number),
            a.clone().addcdiv_(b, c, value=-number),
            torch.full_like(a, number),
            inside,
        ]

    with PerCell((1, 3)):
        together = calls(cells(*numbers), a, b, c)
    for j, number in enumerate(numbers):
        alone = calls(number, *(t[..., j : j + 1].clone() for t in (a, b, c)))
        for one, many in zip(alone, together, strict=True):
            assert torch.equal(one, many[..., j : j + 1])


def test_a_state_of_one_number_becomes_one_of_each_cell() -> None:
    with PerCell((1, 2)):
        state = torch.ones(())
        state *= cells(0.1, 0.2)
        state *= cells(0.1, 0.2)
        read = state.item()
        made = torch.as_tensor(cells(0.1, 0.2))
    # In single precision, as torch keeps it.
    single = np.float32([0.1, 0.2])
    assert isinstance(read, Cells)
    assert read.values.tolist() == [(single * single).astype(float).tolist()]
    assert made.dtype == torch.float32
    assert made.tolist() == [single.astype(float).tolist()]


def test_what_is_masked_takes_the_cells_number() -> None:
    signs = torch.tensor([[[1.0, -1.0, 1.0]]])
    with PerCell((1, 3)):
        signs[signs.gt(0)] = cells(1.1, 1.2, 1.3)
    assert signs.flatten().tolist() == torch.tensor([1.1, -1.0, 1.3]).tolist()
