r"""Slices of real networks' losses as functions of two numbers.

A network's weights are one point among thousands of directions; a plane through that space is a
slice. On the bundled slices the true loss, over all the data, was computed on a grid
(``python -m scripts.slices``). Between the grid's points stands the bicubic spline through them,
twice continuously differentiable, so that gradients and Hessians are those of one smooth
function. How far it is from the true loss is measured where it was not given the true loss:
:func:`slice_error`. Beyond the grid nothing was computed and nothing is claimed: value and
gradient are no numbers there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optviz.core.surface import Point

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LossSlice", "SliceData", "load_slice", "slice_error"]

Array = npt.NDArray[np.float64]

_PIECE = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6
"""Four neighbouring coefficients of a uniform cubic B-spline → 1, u, u², u³ between its knots."""


@dataclass(frozen=True, slots=True, eq=False)
class SliceData:
    """True losses of a network on a plane through its weights.

    Attributes:
        x_range: First and last column of the grid.
        y_range: First and last row.
        losses: (rows, columns) the true loss.
        held_out: (n, 2) places in the middle of the grid's cells.
        held_out_losses: (n,) the true loss there, of which the spline knows nothing.
        trained: Where the plane holds trained networks.
        parameters: How many weights the network has: the directions there are.
        examples: How many examples the loss is the mean of.
    """

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    losses: Array
    held_out: Array
    held_out_losses: Array
    trained: tuple[Point, ...]
    parameters: int
    examples: int


@cache
def load_slice(name: str) -> SliceData:
    """The bundled grid called ``name``."""
    found = json.loads(files("optviz.core.bundled").joinpath(f"{name}.json").read_text("utf-8"))
    held_out = np.array(found["held_out"], dtype=np.float64)
    return SliceData(
        x_range=(found["x_range"][0], found["x_range"][1]),
        y_range=(found["y_range"][0], found["y_range"][1]),
        losses=np.array(found["losses"], dtype=np.float64),
        held_out=held_out[:, :2],
        held_out_losses=held_out[:, 2],
        trained=tuple((x, y) for x, y in found["trained"]),
        parameters=found["parameters"],
        examples=found["examples"],
    )


class LossSlice:
    """The spline through a bundled grid, elementwise in two tensors of any one shape.

    It runs the same operations at every point, on all four sides of the grid's edge, and rounds
    a batch as it rounds single points. The grid is read at the first call.

    Args:
        name: Of the grid.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._pieces: list[list[Tensor]] = []

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """The loss; NaN beyond the grid."""
        data = load_slice(self.name)
        pieces = self._pieces or self._made(data)
        rows, columns = data.losses.shape
        # In one line: index_select wants it so, and is three times as fast as take.
        u, column = _within(x.reshape(-1), data.x_range, columns - 1)
        v, row = _within(y.reshape(-1), data.y_range, rows - 1)
        cell = (row * (columns - 1) + column).long()
        value = None
        for c0, c1, c2, c3 in reversed(pieces):
            along = c3.index_select(0, cell) * u + c2.index_select(0, cell)
            along = (along * u + c1.index_select(0, cell)) * u + c0.index_select(0, cell)
            value = along if value is None else value * v + along
        assert value is not None
        return value.reshape(x.shape)

    def _made(self, data: SliceData) -> list[list[Tensor]]:
        """[j][i] (cells,): the coefficient of uⁱvʲ in each cell, row after row."""
        import torch

        coefficients = _coefficients(_coefficients(data.losses).T).T
        windows = np.lib.stride_tricks.sliding_window_view(coefficients, (4, 4))
        made = np.einsum("ja,ib,rcab->jirc", _PIECE, _PIECE, windows).reshape(4, 4, -1)
        self._pieces = [[torch.tensor(cells) for cells in power] for power in made]
        return self._pieces


def _within(t: Tensor, ends: tuple[float, float], cells: int) -> tuple[Tensor, Tensor]:
    """How far into its cell each coordinate is, 0 to 1 or NaN, and which cell that is."""
    low, high = ends
    scaled = (t - low) / ((high - low) / cells)
    place = scaled.detach()
    cell = place.nan_to_num(0.0).clamp(0, cells - 1).floor()
    beyond = (place - cells / 2).abs() > cells / 2
    # The cell is what becomes no number, not the difference: then the gradient does, too.
    return scaled - cell.masked_fill(beyond, float("nan")), cell


def _coefficients(values: Array) -> Array:
    """Coefficients of the cubic splines through the columns of ``values``: two more rows.

    At the ends the third derivative has no jump at the last knot but one ("not-a-knot"), which
    keeps the fourth order of accuracy up to the edge.
    """
    n = len(values)
    system, given = np.zeros((n + 2, n + 2)), np.zeros((n + 2, values.shape[1]))
    for i in range(n):
        system[i + 1, i : i + 3] = _PIECE[0, :3]
    system[0, :5] = system[-1, -5:] = (1, -4, 6, -4, 1)
    given[1:-1] = values
    return np.asarray(np.linalg.solve(system, given), dtype=np.float64)


@cache
def slice_error(name: str) -> tuple[float, float]:
    """Median and largest relative error of the spline where the true loss was held out."""
    import torch

    data = load_slice(name)
    with torch.no_grad():
        found = LossSlice(name)(*torch.tensor(data.held_out.T)).numpy()
    error = np.abs(found / data.held_out_losses - 1)
    return float(np.median(error)), float(error.max())
