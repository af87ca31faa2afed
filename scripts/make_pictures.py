"""Draw the home page's four pictures: ``python -m scripts.make_pictures``.

Each is a small SVG made from what its page really computes: torch's paths on Rosenbrock's
valley, a range test of a network on digits, a training run on the bundled ratings, the bundled
map of films. Colours stand in the files by their names in ``optviz.figures.theme.Theme`` (as
``$accent``), so that one file serves the light and the dark ground.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optviz.ui.home import PICTURES

WIDTH, HEIGHT = 480, 150
Points = NDArray[np.float64]


def frame(x_range: tuple[float, float], y_range: tuple[float, float]):
    """Data units → pixels of the picture."""
    low = np.array([x_range[0], y_range[1]])
    size = np.array([x_range[1] - x_range[0], y_range[0] - y_range[1]])

    def place(points: Iterable[Iterable[float]]) -> Points:
        return (np.asarray(points, dtype=float) - low) / size * [WIDTH, HEIGHT]

    return place


def path(pixels: Points, closed: bool = False) -> str:
    """The ``d`` of a path; consecutive points closer than half a pixel become one.

    What lies far outside is drawn along a margin that nobody sees.
    """
    pixels = pixels.clip(-20, [WIDTH + 20, HEIGHT + 20])
    kept = [pixels[0]]
    for pixel in pixels[1:]:
        if np.abs(pixel - kept[-1]).max() > 0.5:
            kept.append(pixel)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + ("Z" if closed else "")


def line(pixels: Points, colour: str, width: float, extra: str = "", closed: bool = False) -> str:
    """A polyline."""
    return (
        f'<path d="{path(pixels, closed)}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-linejoin="round" stroke-linecap="round" {extra}/>'
    )


def dot(pixel: Points, colour: str, radius: float, extra: str = "") -> str:
    """A disc."""
    return f'<circle cx="{pixel[0]:.1f}" cy="{pixel[1]:.1f}" r="{radius}" fill="{colour}" {extra}/>'


def trajectories() -> list[str]:
    """SGD, momentum and Adam in the ravine, with its level lines."""
    from optviz.core.trajectory import RunSpec
    from optviz.core.trajectory import trajectories as walk

    start = (-4.2, 0.85)
    place = frame((-4.9, 3.1), (-1.25, 1.25))
    (slope,) = walk("ravine", [RunSpec("sgd")], start=(1.0, 1.0), steps=0)
    a, b = slope.grads[0] / 2  # the ravine is a x² + b y²
    turn = np.linspace(0, 2 * np.pi, 160)
    drawn = []
    for level in a * np.linspace(0.4, 9, 12) ** 2:
        loop = np.c_[np.sqrt(level / a) * np.cos(turn), np.sqrt(level / b) * np.sin(turn)]
        drawn.append(line(place(loop), "$muted", 0.8, 'opacity="0.45"', closed=True))
    runs = [
        RunSpec("sgd", {"lr": 0.94 / b}),
        RunSpec("momentum", {"lr": 0.45 / b, "momentum": 0.85}),
        RunSpec("adam", {"lr": 0.12}),
    ]
    colours = ("$c0", "$c1", "$c2")
    found = walk("ravine", runs, start=start, steps=34)
    for run, colour in zip(found, colours, strict=True):
        pixels = place(run.points)
        drawn += [line(pixels, "$ground", 4, 'opacity="0.8"'), line(pixels, colour, 2.2)]
    for run, colour in zip(found, colours, strict=True):
        drawn.append(dot(place(run.points)[-1], colour, 4.5, 'stroke="$ground" stroke-width="1.2"'))
    drawn.append(dot(place([start])[0], "$ground", 4.5, 'stroke="$ink" stroke-width="2"'))
    return drawn


def learning_rate() -> list[str]:
    """A range test of a small network on scikit-learn's digits: raw losses and smoothed."""
    import torch
    from sklearn.datasets import load_digits

    from optviz.training.lr_finder import lr_range_test

    torch.manual_seed(0)
    data = load_digits()
    images = torch.tensor(data.data / 16, dtype=torch.float32)
    digits = torch.tensor(data.target)
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
    )  # fmt: skip

    def next_loss() -> torch.Tensor:
        rows = torch.randint(len(images), (64,))
        return torch.nn.functional.cross_entropy(model(images[rows]), digits[rows])

    optimizer = torch.optim.Adam(model.parameters())
    points = list(
        lr_range_test(
            model, optimizer, next_loss, start_lr=1e-6, end_lr=10, n_iter=160, smoothing=0.9,
            stop_factor=2.5,
        )
    )  # fmt: skip
    log_lr = np.log10([point.lr for point in points])
    raw = np.array([point.loss for point in points])
    smooth = np.array([point.smoothed for point in points])
    low, high = smooth.min(), smooth[0] * 1.22
    place = frame((log_lr[0] - 0.15, log_lr[-1] + 0.25), (low - 0.25 * (high - low), high))
    drawn = [
        line(place([(decade, -100), (decade, 100)]).clip(0, [WIDTH, HEIGHT]), "$grid", 1)
        for decade in range(-6, 2)
        if log_lr[0] - 0.1 < decade < log_lr[-1]
    ]
    drawn += [
        dot(pixel, "$muted", 1.6, 'opacity="0.55"')
        for pixel in place(np.c_[log_lr, raw])
        if 2 < pixel[1] < HEIGHT - 2
    ]
    drawn.append(line(place(np.c_[log_lr, np.minimum(smooth, high * 1.1)]), "$accent", 2.6))
    steep = int(np.gradient(smooth[10:-10], log_lr[10:-10]).argmin()) + 10
    at = place([(log_lr[steep], smooth[steep])])[0]
    drawn.append(
        f'<path d="M{at[0]:.1f} {at[1]:.1f}V{HEIGHT}" stroke="$negative" stroke-width="1.2" '
        'stroke-dasharray="3 3"/>'
    )
    drawn.append(dot(at, "$negative", 5, 'stroke="$ground" stroke-width="1.5"'))
    return drawn


def recommender() -> list[str]:
    """EmbeddingDotBias learning the bundled ratings, against the two trivial answers."""
    import optviz
    from optviz.training.lr_curve import smooth

    fitted = optviz.train("dot_bias", optviz.load_ratings(), seed=0)
    batches = fitted.history.batches
    epoch = np.array([record.epoch for record in batches])
    loss = np.array([record.train_loss for record in batches])
    valid = [(0.0, np.nan)] + [(float(e.epoch), e.valid_loss) for e in fitted.history.epochs]
    # The trivial answers on the lesson's split: the mean; user and movie bias (damping 5).
    mean, bias = 1.12, 0.7845
    place = frame((-0.03 * epoch[-1], epoch[-1] * 1.03), (0.45, 1.3))
    drawn = [
        line(place([(0, value), (epoch[-1], value)]), "$muted", 1.3, f'stroke-dasharray="{dash}"')
        for value, dash in ((mean, "1 4"), (bias, "6 5"))
    ]
    every = max(len(loss) // 240, 1)
    shown = place(np.c_[epoch, loss])[::every]
    drawn += [
        dot(pixel, "$c5", 1.3, 'opacity="0.5"') for pixel in shown if 2 < pixel[1] < HEIGHT - 2
    ]
    drawn.append(line(place(np.c_[epoch, smooth(loss, 0.98)])[3::every], "$c0", 2.4))
    ends = place(valid[1:])
    drawn.append(line(ends, "$c1", 2.2))
    drawn += [dot(pixel, "$c1", 4, 'stroke="$ground" stroke-width="1.2"') for pixel in ends]
    return drawn


def embeddings() -> list[str]:
    """The bundled map, coloured by genre, with Star Wars and its nearest films linked."""
    from optviz.embedding.neighbours import cosine_neighbours
    from optviz.embedding.precomputed import load_layouts
    from optviz.figures.films import genre_group
    from optviz.ui.embeddings_data import bundled_movies

    movies = bundled_movies().most_rated(1000)
    xy = next(iter(load_layouts().values())).projection.coordinates
    low, high = xy.min(axis=0), xy.max(axis=0)
    place = frame((low[0] - 2, high[0] + 2), (low[1] - 2, high[1] + 2))
    pixels = place(xy)
    paint = {"family": "$c4", "scifi": "$c5", "action": "$c1", "drama": "$c0", "crime": "$c3"}
    drawn = [
        dot(pixels[row], paint.get(genre_group(movies.items.genres[row]), "$c2"), 2.2,
            'opacity="0.75"')
        for row in range(0, 1000, 2)
    ]  # fmt: skip
    star_wars = movies.place(260)
    assert star_wars is not None
    near = cosine_neighbours(movies.vectors, star_wars, 8).indices
    for row in near:
        drawn.append(line(pixels[[star_wars, row]], "$ink", 1.4, 'opacity="0.8"'))
    drawn += [dot(pixels[row], "$ink", 3.6, 'stroke="$ground" stroke-width="1.2"') for row in near]
    drawn.append(dot(pixels[star_wars], "$negative", 6, 'stroke="$ground" stroke-width="1.5"'))
    return drawn


def main() -> None:
    """Draw and write them all."""
    for make in (trajectories, learning_rate, recommender, embeddings):
        body = "".join(make())
        file = Path(str(PICTURES.joinpath(f"{make.__name__}.svg")))
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        file.write_text(f"{head}{body}</svg>\n", "utf-8")
        print(f"{file.name}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
