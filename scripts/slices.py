"""The slices of real losses that travel with the package: ``python -m scripts.slices``.

Trains the networks anew (or takes the bundled one), computes their true losses in double
precision on a grid and, to measure the spline between by, in the middle of some of its cells,
and writes ``optviz/core/bundled/*.json``. It then prints the critical points of the spline as
``optviz/core/surfaces.py`` lists them. A test computes some of the losses again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from optviz.core.critical import critical_points
from optviz.core.slices import load_slice, slice_error
from optviz.core.surfaces import get_surface
from optviz.recommender.data import load_ratings
from optviz.recommender.landscape import RowLoss
from optviz.recommender.models import build_model
from optviz.recommender.split import split_rows
from optviz.recommender.storage import bundled_model
from optviz.training.landscape import GridPlan, flatten, unflatten
from optviz.training.landscape_tasks import SmallLandscape

__all__ = ["SLICES", "Plane", "digits_plane", "recommender_plane"]

Array = npt.NDArray[np.float64]

FOLDER = Path(__file__).parents[1] / "optviz" / "core" / "bundled"

HELD_OUT = 300
"""Cells in whose middle the true loss is computed too."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane through a network's weights.

    Attributes:
        loss: The true loss at (x, y).
        trained: Where the plane holds trained networks.
        parameters: How many weights the network has.
        examples: How many examples the loss is the mean of.
    """

    loss: Callable[[float, float], float]
    trained: tuple[tuple[float, float], ...]
    parameters: int
    examples: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Which plane, and the grid on it: wider than the drawn box, so that a path may step out.

    Attributes:
        plane: Makes it.
        x_range: First and last column.
        y_range: First and last row.
        columns: How many.
        rows: How many.
    """

    plane: Callable[[], Plane]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    columns: int
    rows: int


@cache
def digits_plane() -> Plane:
    """The plane through three trained networks (Garipov et al., 2018, arXiv:1802.10026).

    The same network from three first guesses, trained on the digits. The first one is at (0, 0),
    the second one at (1, 0), the third one above the line between them; a unit of both axes is
    the distance between the first two.
    """
    ends, shapes, loss, examples = [], {}, None, 0
    for seed in range(3):
        setup = SmallLandscape(("adam",), GridPlan(), depth=2, seed=seed)
        (follower,), examples = setup.followers()
        for _ in follower.run:
            pass
        weights = dict(follower.run.model.named_parameters())
        shapes = {name: tuple(w.shape) for name, w in weights.items()}
        ends.append(flatten(weights).astype(np.float64))
        loss = loss or follower.loss
    loss.images = loss.images.double()
    first, second, third = ends
    across = second - first
    unit = float(np.linalg.norm(across))
    along = float((third - first) @ across) / unit**2
    up = third - first - along * across
    above = float(np.linalg.norm(up)) / unit
    up /= above

    def at(x: float, y: float) -> float:
        parts = unflatten(first + x * across + y * up, shapes)
        with torch.no_grad():
            return float(loss({name: torch.from_numpy(part) for name, part in parts.items()}))

    return Plane(at, ((0.0, 0.0), (1.0, 0.0), (along, above)), len(first), examples)


@cache
def recommender_plane() -> Plane:
    """The bundled recommender with all its factors times x and all its biases times y."""
    fitted, ratings = bundled_model(), load_ratings()
    model = build_model(
        fitted.config, ratings.n_users, ratings.n_items, fitted.rating_range, torch.Generator()
    )
    rows = split_rows(ratings, fitted.config)[0]
    loss = RowLoss(model, ratings, rows)
    loss.truth = loss.truth.double()
    weights = {
        name: torch.as_tensor(np.asarray(fitted.weights[name.removesuffix(".weight")], np.float64))
        .reshape(tensor.shape)
        for name, tensor in model.named_parameters()
    }  # fmt: skip

    def at(x: float, y: float) -> float:
        scaled: Mapping[str, torch.Tensor] = {
            name: tensor * (x if "factors" in name else y) for name, tensor in weights.items()
        }
        with torch.no_grad():
            return float(loss(scaled))

    size = sum(tensor.numel() for tensor in weights.values())
    return Plane(at, ((1.0, 1.0),), size, len(rows))


SLICES: Mapping[str, Plan] = {
    "digits_slice": Plan(digits_plane, (-1.0, 2.0), (-0.75, 1.75), 61, 51),
    "recommender_slice": Plan(recommender_plane, (-2.75, 2.75), (-1.0, 3.0), 45, 33),
}
"""Name of the surface → how it is made."""


def content(plan: Plan) -> str:
    """The file of a plan: a row of the grid, or a held-out place, a line."""
    plane = plan.plane()
    xs = np.linspace(*plan.x_range, plan.columns)
    ys = np.linspace(*plan.y_range, plan.rows)
    losses = [[plane.loss(x, y) for x in xs.tolist()] for y in ys.tolist()]
    rng = np.random.default_rng(0)
    cells = rng.choice((plan.columns - 1) * (plan.rows - 1), HELD_OUT, replace=False)
    row, column = np.divmod(np.sort(cells), plan.columns - 1)
    middles = np.stack([(xs[column] + xs[column + 1]) / 2, (ys[row] + ys[row + 1]) / 2], axis=1)
    held_out = [[x, y, plane.loss(x, y)] for x, y in middles.tolist()]
    lines = [
        f'"parameters": {plane.parameters}',
        f'"examples": {plane.examples}',
        f'"trained": {json.dumps(plane.trained)}',
        f'"x_range": {json.dumps(plan.x_range)}',
        f'"y_range": {json.dumps(plan.y_range)}',
        f'"losses": {_lines(losses)}',
        f'"held_out": {_lines(held_out)}',
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _lines(table: list[list[float]]) -> str:
    """Eight digits: the spline's second derivative has five of them left."""
    rows = ("[" + ", ".join(f"{value:.8g}" for value in row) + "]" for row in table)
    return "[\n" + ",\n".join(rows) + "\n]"


def main() -> None:
    """Write the files and print what was found."""
    torch.set_num_threads(1)
    for name, plan in SLICES.items():
        (FOLDER / f"{name}.json").write_text(content(plan), "utf-8")
        load_slice.cache_clear()
        median, worst = slice_error(name)
        print(f"{name}: spline within {median:.1e} (median), {worst:.1e} (worst)")
        print(critical_points(get_surface(name)))


if __name__ == "__main__":
    main()
