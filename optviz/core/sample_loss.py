"""Losses that are means over real samples, in two parameters: what a batch is a part of.

Each model is one number predicted from one number with two parameters, so that its whole loss
can be drawn. The loss of a batch is the mean over its samples; the full loss is that of the batch
which holds them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optviz.core.surface import Point, Surface

if TYPE_CHECKING:
    import torch

__all__ = [
    "BATCH_LATEX",
    "BUNDLED",
    "MODELS",
    "Model",
    "Samples",
    "full_surface",
    "per_sample",
    "sample_hessians",
]

Array = npt.NDArray[np.float64]
Loss = Callable[["torch.Tensor", "torch.Tensor", "torch.Tensor", "torch.Tensor"], "torch.Tensor"]
"""(first parameter, second parameter, x, y) → the loss of each sample, elementwise."""


BATCH_LATEX = (
    r"\nabla\mathcal L_B=\tfrac1B\sum_{i\in B}\nabla\ell_i,\qquad"
    r"\operatorname{E}\nabla\mathcal L_B=\nabla\mathcal L,\qquad"
    r"\operatorname{Cov}\nabla\mathcal L_B=\tfrac1B\,\Sigma(w)"
)
"""What a batch's gradient has to do with the full one, for samples drawn with replacement."""


@dataclass(frozen=True, slots=True)
class Model:
    """What is fitted, and the loss of one sample.

    Attributes:
        name: Registry key; the catalogue holds ``batch_size.model.<name>``.
        loss: Of each sample.
        latex: The loss of one sample, without dollar signs.
        guesses: From where Newton's method finds all minima.
        centre_is_saddle: Whether (0, 0) is a saddle.
    """

    name: str
    loss: Loss
    latex: str
    guesses: tuple[Point, ...]
    centre_is_saddle: bool = False


def _linear(w: Any, b: Any, x: Any, y: Any) -> Any:
    error = w * x + b - y
    return error * error / 2


def _logistic(w: Any, b: Any, x: Any, y: Any) -> Any:
    z = w * x + b
    return z.logaddexp(z.new_zeros(())) - y * z  # log(1 + eᶻ) − yz; no z overflows


def _neuron(a: Any, w: Any, x: Any, y: Any) -> Any:
    error = a * (w * x).tanh() - y
    return error * error / 2


MODELS: Mapping[str, Model] = MappingProxyType(
    {
        model.name: model
        for model in (
            Model("linear", _linear, r"\tfrac12\,(w x_i+b-y_i)^2", ((0.0, 0.0),)),
            Model(
                "logistic",
                _logistic,
                r"\log\left(1+e^{z_i}\right)-y_iz_i,\quad z_i=w x_i+b",
                ((0.0, 0.0),),
            ),
            Model(
                "neuron",
                _neuron,
                r"\tfrac12\,\left(a\tanh(w x_i)-y_i\right)^2",
                ((1.0, 1.0), (-1.0, -1.0)),
                centre_is_saddle=True,
            ),
        )
    }
)
"""Name → model, from the simplest on."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Real samples, a model to fit them with, and the box in which its loss is drawn.

    Attributes:
        name: The catalogue holds ``batch_size.problem.<name>.title`` and ``.about``.
        model: A key of :data:`MODELS`.
        x: (n,) what is predicted from.
        y: (n,) what is predicted.
        x_range: Drawn values of the first parameter.
        y_range: Drawn values of the second one.
        start: An instructive place to begin.
        source: Where the samples come from.
    """

    name: str
    model: str
    x: Array
    y: Array
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    start: Point
    source: str

    def __len__(self) -> int:
        return len(self.x)


def _standardised(values: Any) -> Array:
    plain = np.asarray(values, dtype=np.float64)
    return np.asarray((plain - plain.mean()) / plain.std(), dtype=np.float64)


_EFRON = "Efron et al., Least Angle Regression, Annals of Statistics 32 (2004); in scikit-learn"
_STREET = "Street, Wolberg & Mangasarian, SPIE 1905 (1993); in scikit-learn"


# Table → its files: name, what stands between the columns, lines before the first row.
_FILES: Mapping[str, Sequence[tuple[str, str | None, int]]] = {
    "diabetes": (("diabetes_data_raw.csv.gz", None, 0), ("diabetes_target.csv.gz", None, 0)),
    "breast_cancer": (("breast_cancer.csv", ",", 1),),
}


def _table(name: str, load: str, **options: Any) -> Array:
    """A table of scikit-learn's, (n, columns), what is predicted in the last one.

    Its file is read by us where it lies as it did: importing scikit-learn takes a second, for
    which the page would stand empty.
    """
    package = find_spec("sklearn")
    folder = Path(package.origin or "").parent if package is not None else Path()
    try:
        parts = [
            np.loadtxt(folder / "datasets" / "data" / file, delimiter=delimiter, skiprows=skipped)
            for file, delimiter, skipped in _FILES[name]
        ]
    except OSError:
        import sklearn.datasets

        found = getattr(sklearn.datasets, load)(**options)
        parts = [found.data, found.target]
    return np.column_stack(parts)


@lru_cache(maxsize=1)
def _diabetes() -> Samples:
    found = _table("diabetes", "load_diabetes", scaled=False)
    x, y = _standardised(found[:, 2]), _standardised(found[:, -1])
    return Samples("diabetes", "linear", x, y, (-0.8, 2.0), (-1.05, 1.05), (-0.5, 0.8), _EFRON)


def _tumours() -> tuple[Array, Array]:
    """Mean radius, standardised, and whether the tumour is malignant."""
    found = _table("breast_cancer", "load_breast_cancer")
    # In scikit-learn's table 0 is malignant.
    return _standardised(found[:, 0]), (found[:, -1] == 0).astype(np.float64)


@lru_cache(maxsize=1)
def _cancer() -> Samples:
    x, y = _tumours()
    return Samples("cancer", "logistic", x, y, (-2.5, 9.5), (-5.0, 4.0), (-1.5, 3.0), _STREET)


@lru_cache(maxsize=1)
def _neuron_samples() -> Samples:
    x, y = _tumours()
    return Samples("neuron", "neuron", x, 2 * y - 1, (-2.4, 2.4), (-3.6, 3.6), (-1.0, 2.2), _STREET)


BUNDLED: Mapping[str, Callable[[], Samples]] = MappingProxyType(
    {"diabetes": _diabetes, "cancer": _cancer, "neuron": _neuron_samples}
)
"""Name → samples that scikit-learn ships; read when first asked for."""


def per_sample(samples: Samples, points: Any) -> tuple[Array, Array]:
    """Loss and gradient of every sample at every point.

    Args:
        samples: n of them.
        points: (P, 2).

    Returns:
        (P, n) losses and (P, n, 2) gradients, from autograd.
    """
    import torch

    where = torch.as_tensor(np.asarray(points, dtype=np.float64).reshape(-1, 2))
    x, y = torch.as_tensor(samples.x), torch.as_tensor(samples.y)
    p, q = (where[:, i : i + 1].expand(-1, len(samples)).clone().requires_grad_() for i in (0, 1))
    losses = MODELS[samples.model].loss(p, q, x, y)
    grads = torch.autograd.grad(losses.sum(), (p, q), materialize_grads=True)
    return losses.detach().numpy(), torch.stack(grads, dim=-1).numpy()


def sample_hessians(samples: Samples, point: Point) -> Array:
    """The Hessian of every sample's loss at one point: (n, 2, 2)."""
    import torch

    x, y = torch.as_tensor(samples.x), torch.as_tensor(samples.y)
    p, q = (torch.full_like(x, float(part)).requires_grad_() for part in point)
    losses = MODELS[samples.model].loss(p, q, x, y)
    slopes = torch.autograd.grad(losses.sum(), (p, q), create_graph=True)
    rows = [
        torch.stack(
            torch.autograd.grad(slope.sum(), (p, q), retain_graph=True, materialize_grads=True), -1
        )
        for slope in slopes
    ]
    return torch.stack(rows, dim=1).numpy()


@lru_cache(maxsize=16)
def full_surface(samples: Samples) -> Surface:
    """The full loss as a surface, with its minima.

    Those of a linear model come from the normal equations, those of the others from Newton's
    method on the mean loss.
    """
    model = MODELS[samples.model]
    if samples.model == "linear":
        function, minima = _parabola(samples)
    else:
        function = _mean_over(samples)
        minima = tuple(_newton(samples, guess) for guess in model.guesses)
    lowest = float(per_sample(samples, minima)[0].mean(axis=1).min())
    return Surface(
        name=f"samples {samples.name}",
        function=function,
        x_range=samples.x_range,
        y_range=samples.y_range,
        latex=r"\mathcal L=\tfrac1n\sum_i " + model.latex,
        source=samples.source,
        minima=minima,
        minimum_value=lowest,
        saddles=((0.0, 0.0),) if model.centre_is_saddle else (),
        start=samples.start,
        gradient_tolerance=1e-6,
        log_levels=True,
    )


def _parabola(samples: Samples) -> tuple[Callable[[Any, Any], Any], tuple[Point, ...]]:
    """The mean loss of the linear model from six sums, and its minimum."""
    design = np.stack([samples.x, np.ones(len(samples))], axis=1)
    gram, moment = design.T @ design / len(samples), design.T @ samples.y / len(samples)
    best = np.linalg.solve(gram, moment)
    (hxx, hxy), (_, hyy) = gram.tolist()
    x0, y0 = (float(part) for part in best)
    floor = float(np.mean((design @ best - samples.y) ** 2) / 2)

    def function(w: Any, b: Any) -> Any:
        u, v = w - x0, b - y0
        return (hxx * u * u + 2 * hxy * u * v + hyy * v * v) / 2 + floor

    return function, ((x0, y0),)


_AT_ONCE = 2_000_000
"""Points times samples that are computed together when nothing is differentiated."""


def _mean_over(samples: Samples) -> Callable[[Any, Any], Any]:
    loss = MODELS[samples.model].loss

    def function(p: Any, q: Any) -> Any:
        import torch

        x, y = torch.as_tensor(samples.x), torch.as_tensor(samples.y)
        if p.requires_grad or q.requires_grad or p.numel() * len(samples) <= _AT_ONCE:
            return loss(p[..., None], q[..., None], x, y).mean(-1)
        total = torch.zeros_like(p)
        for xi, yi in zip(x, y, strict=True):
            total += loss(p, q, xi, yi)
        return total / len(samples)

    return function


def _newton(samples: Samples, guess: Point) -> Point:
    """A minimum of the mean loss: Newton's method, halving each step until the loss falls."""
    point = np.array(guess)
    value = per_sample(samples, point)[0].mean()
    for _ in range(60):
        slope = per_sample(samples, point)[1].mean(axis=(0, 1))
        bend = sample_hessians(samples, (point[0], point[1])).mean(axis=0)
        step = -np.linalg.solve(bend, slope)
        if slope @ step > 0:  # curves down somewhere: go downhill instead
            step = -slope
        if np.abs(step).max() < 1e-13:
            break
        share = 1.0
        while share > 1e-6 and per_sample(samples, point + share * step)[0].mean() > value:
            share /= 2
        point = point + share * step
        value = per_sample(samples, point)[0].mean()
    return float(point[0]), float(point[1])
