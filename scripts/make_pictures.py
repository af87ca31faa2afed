"""Draw the home page's pictures: ``python -m scripts.make_pictures [page …]``.

Each is a small SVG made from what its page really computes: torch's paths in the ravine and on
the loss of real samples, a bent grid with the images of two circles, a range test of a network on
digits, the rates of SGD with restarts, a bowl with and without weight decay, a training run on
the bundled ratings, the bundled map of films.

Colours stand in the files by their names in ``optviz.figures.theme.Theme`` (as ``$accent``), so
that one file serves the light and the dark ground.
"""

from __future__ import annotations

import sys
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
    from optviz.embedding.neighbours import nearest
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
    near = nearest(movies.vectors, star_wars, 8).indices
    for row in near:
        drawn.append(line(pixels[[star_wars, row]], "$ink", 1.4, 'opacity="0.8"'))
    drawn += [dot(pixels[row], "$ink", 3.6, 'stroke="$ground" stroke-width="1.2"') for row in near]
    drawn.append(dot(pixels[star_wars], "$negative", 6, 'stroke="$ground" stroke-width="1.5"'))
    return drawn


def batch_size() -> list[str]:
    """Full-batch GD and SGD on single samples, on a line fitted to real patients."""
    import torch
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    inputs = torch.tensor(data.data[:, 2] / data.data[:, 2].std(), dtype=torch.float64)
    targets = torch.tensor(data.target / data.target.std(), dtype=torch.float64)
    targets = targets - targets.mean()
    # A feature that is not centred tilts the bowl, as real ones do.
    features = torch.stack([inputs + 0.7, torch.ones_like(inputs)], dim=1)
    best = torch.linalg.lstsq(features, targets).solution.numpy()
    hessian = (features.T @ features / len(features)).numpy()
    place = frame((best[0] - 3.0, best[0] + 2.6), (best[1] - 1.0, best[1] + 1.7))

    def walk(batch: int, lr: float, steps: int) -> Points:
        draws = torch.Generator().manual_seed(4)
        weights = torch.tensor(best + np.array([-2.3, 0.6]), requires_grad=True)
        optimizer = torch.optim.SGD([weights], lr=lr)
        points = [weights.detach().numpy().copy()]
        for _ in range(steps):
            rows = torch.randint(len(features), (batch,), generator=draws)
            chosen = rows if batch < len(features) else slice(None)
            optimizer.zero_grad()
            loss = (features[chosen] @ weights - targets[chosen]).square().mean() / 2
            loss.backward()
            optimizer.step()
            points.append(weights.detach().numpy().copy())
        return np.array(points)

    values, vectors = np.linalg.eigh(hessian)
    turn = np.linspace(0, 2 * np.pi, 160)
    drawn = []
    for height in np.linspace(0.25, 3.4, 12) ** 2:
        ring = np.c_[np.cos(turn), np.sin(turn)] * np.sqrt(height / values)
        drawn.append(
            line(place(best + ring @ vectors.T), "$muted", 0.8, 'opacity="0.45"', closed=True)
        )
    single, full = walk(1, 0.06, 170), walk(len(features), 0.25, 170)
    for points, colour, width in ((single, "$c1", 1.6), (full, "$c0", 2.6)):
        drawn += [
            line(place(points), "$ground", width + 1.8, 'opacity="0.7"'),
            line(place(points), colour, width),
        ]
    drawn.append(dot(place(full)[0], "$ground", 4.5, 'stroke="$ink" stroke-width="2"'))
    drawn.append(dot(place([best])[0], "$negative", 4.5, 'stroke="$ground" stroke-width="1.2"'))
    return drawn


def jacobian_hessian() -> list[str]:
    """A bent grid, and on it the images of two circles by the Jacobian, with their half-axes."""
    from optviz.core.deformation import images, jacobians, own_map

    bend = own_map("x + 0.35*sin(1.6*y)", "y + 0.35*sin(1.3*x)", (-6.4, 6.4), (-2.4, 2.4))
    place = frame((-4.4, 4.4), (-1.4, 1.35))
    fine = np.linspace(-1, 1, 61)
    drawn = []
    for x in np.arange(-6, 6.01, 0.5):
        points = images(bend, np.c_[np.full_like(fine, x), 2.4 * fine])
        drawn.append(line(place(points), "$accent", 0.9, 'opacity="0.55"'))
    for y in np.arange(-2.5, 2.51, 0.5):
        points = images(bend, np.c_[6.4 * fine, np.full_like(fine, y)])
        drawn.append(line(place(points), "$muted", 0.9, 'opacity="0.6"'))
    turn = np.linspace(0, 2 * np.pi, 60)
    for point in ((-2.4, 0.0), (1.9, 0.05)):
        matrix, (centre,) = jacobians(bend, point)[0], images(bend, point)
        u, sigma, _ = np.linalg.svd(0.62 * matrix)
        ring = place(centre + (np.c_[np.cos(turn), np.sin(turn)] * sigma) @ u.T)
        drawn.append(
            f'<path d="{path(ring, True)}" fill="$accent" fill-opacity="0.16" stroke="$ink" '
            'stroke-width="1.8"/>'
        )
        for half_axis, colour in zip((u * sigma).T, ("$c1", "$c2"), strict=True):
            ends = place([centre, centre + half_axis])
            drawn += [line(ends, "$ground", 5, 'opacity="0.8"'), line(ends, colour, 2.8)]
            drawn.append(dot(ends[1], colour, 4, 'stroke="$ground" stroke-width="1.2"'))
        drawn.append(dot(place([centre])[0], "$ink", 4, 'stroke="$ground" stroke-width="1.2"'))
    return drawn


def schedules() -> list[str]:
    """SGD with restarts, each cycle twice as long, and one cycle, from torch's own schedulers."""
    import torch
    from torch.optim import lr_scheduler

    steps = 350

    def rates(make: type[lr_scheduler.LRScheduler], **settings: object) -> Points:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = make(optimizer, **settings)  # type: ignore[arg-type]
        found = []
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return np.c_[np.arange(steps), found]

    place = frame((-8, steps + 8), (-0.14, 1.16))
    once = rates(lr_scheduler.OneCycleLR, max_lr=1.0, total_steps=steps + 1, pct_start=0.25)
    cycles = rates(lr_scheduler.CosineAnnealingWarmRestarts, T_0=50, T_mult=2)
    drawn = [line(place([(x, -1), (x, 2)]).clip(0, [WIDTH, HEIGHT]), "$grid", 1) for x in (50, 150)]
    drawn += [line(place(once), "$muted", 2, 'stroke-dasharray="6 5"')]
    drawn += [line(place(cycles), "$accent", 2.8)]
    drawn += [
        dot(place([(x, 1.0)])[0], "$negative", 5, 'stroke="$ground" stroke-width="1.5"')
        for x in (50, 150)
    ]
    return drawn


def regularisation() -> list[str]:
    """A long bowl before and after weight decay: a rounder bowl, its minimum nearer to zero."""
    hessian = np.array([[0.35, 0.3], [0.3, 1.4]])
    minimum, decay = np.array([2.3, 0.35]), 0.6
    decayed = hessian + decay * np.eye(2)
    moved = np.linalg.solve(decayed, hessian @ minimum)
    place = frame((-1.6, 4.6), (-1.25, 1.35))
    turn = np.linspace(0, 2 * np.pi, 160)
    drawn = [
        line(place([(-9, 0), (9, 0)]).clip(0, [WIDTH, HEIGHT]), "$grid", 1),
        line(place([(0, -9), (0, 9)]).clip(0, [WIDTH, HEIGHT]), "$grid", 1),
    ]
    for bowl, centre, colour, extra in (
        (hessian, minimum, "$muted", 'opacity="0.7" stroke-dasharray="4 4"'),
        (decayed, moved, "$c0", 'opacity="0.9"'),
    ):
        values, vectors = np.linalg.eigh(bowl)
        for height in (0.06, 0.24, 0.54):
            ring = np.c_[np.cos(turn), np.sin(turn)] * np.sqrt(2 * height / values)
            drawn.append(line(place(centre + ring @ vectors.T), colour, 1.5, extra, closed=True))
    # What weight decay does as it grows: the minimum slides towards zero.
    slide = np.array(
        [np.linalg.solve(hessian + w * np.eye(2), hessian @ minimum) for w in np.linspace(0, decay)]
    )
    drawn.append(line(place(slide), "$negative", 2.6))
    drawn.append(dot(place([minimum])[0], "$ground", 4.5, 'stroke="$ink" stroke-width="2"'))
    drawn.append(dot(place([moved])[0], "$negative", 5, 'stroke="$ground" stroke-width="1.5"'))
    return drawn


def main(names: Iterable[str] = ()) -> None:
    """Draw and write them all, or those named."""
    makers = (
        trajectories, batch_size, jacobian_hessian, learning_rate, schedules,
        regularisation, recommender, embeddings,
    )  # fmt: skip
    chosen = set(names) or {make.__name__ for make in makers}
    for make in makers:
        if make.__name__ not in chosen:
            continue
        body = "".join(make())
        file = Path(str(PICTURES.joinpath(f"{make.__name__}.svg")))
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        file.write_text(f"{head}{body}</svg>\n", "utf-8")
        print(f"{file.name}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
