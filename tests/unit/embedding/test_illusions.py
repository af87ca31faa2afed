"""Each puzzle's right answer is true of its data, and its map does what the page says of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import ConvexHull, cKDTree

from optviz.core.task import Cancelled, SilentContext
from optviz.embedding.illusions import (
    ILLUSIONS,
    PERPLEXITIES,
    POINTS,
    SEEDS,
    farther,
    illusion_task,
    puzzle_runs,
    truth,
    wider,
)


@cache
def maps(name: str) -> dict[Any, np.ndarray]:
    """Each run of a puzzle and its map, from the first start."""
    found = illusion_task(SilentContext(), name, 0)
    return dict(zip(puzzle_runs(name, 0), found, strict=True))


def evenness(points: np.ndarray) -> float:
    """Mean distance to the nearest other point over that of points strewn by chance.

    The index of Clark & Evans (Ecology 35, 1954), on the points' convex hull: 1 for chance, far
    below 1 where points clump.
    """
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]
    area = ConvexHull(points).volume  # in the plane, that is
    return float(nearest.mean() / (0.5 * np.sqrt(area / len(points))))


def parted(points: np.ndarray, groups: np.ndarray) -> bool:
    """Whether cutting the longest links between points leaves exactly the groups."""
    count = groups.max() + 1
    cut = fcluster(linkage(points, "single"), count, "maxclust")
    return len(set(zip(cut.tolist(), groups.tolist(), strict=True))) == count


@pytest.mark.parametrize("name", ILLUSIONS)
def test_a_puzzle_is_whole(name: str) -> None:
    puzzle, data = ILLUSIONS[name], truth(name)
    assert puzzle.right in puzzle.answers and 3 <= len(puzzle.answers) <= 4
    assert len(data.vectors) == len(data.groups) == len(data.plane) == POINTS
    np.testing.assert_array_equal(data.vectors, truth.__wrapped__(name).vectors)
    for seed in range(SEEDS):
        runs = puzzle_runs(name, seed)
        assert len(set(runs)) == len(PERPLEXITIES) and runs[0].perplexity == puzzle.perplexity
        varied = (
            {run.perplexity for run in runs} if puzzle.maps == 1 else {run.seed for run in runs}
        )
        assert len(varied) == len(PERPLEXITIES)


def test_noise_clumps_at_a_low_perplexity_and_only_there() -> None:
    assert truth("noise").groups.max() == 0
    assert 0.85 < evenness(truth("noise").plane) < 1.15
    for run, points in maps("noise").items():
        assert (evenness(points) < 0.7) == (run.perplexity == 2), run
        assert (evenness(points) > 0.95) == (run.perplexity >= 30), run


def test_real_groups_stay_at_every_perplexity_that_is_not_tiny() -> None:
    data = truth("four")
    assert data.groups.max() == 3 and parted(data.vectors, data.groups)
    for run, points in maps("four").items():
        if run.perplexity >= 5:
            assert parted(points, data.groups), run
    # The map of the question has crumbs like those of noise.
    assert evenness(maps("four")[puzzle_runs("four", 0)[0]]) < 0.7


def test_the_size_of_a_group_on_the_map_means_nothing() -> None:
    data = truth("sizes")
    assert wider(data.vectors, data.groups) == pytest.approx(10, rel=0.1)
    for run, points in maps("sizes").items():
        assert parted(points, data.groups) or run.perplexity < 30
        if run.perplexity >= 30:
            assert 0.8 < wider(points, data.groups) < 1.25, run


def test_the_gap_between_groups_on_the_map_means_nothing() -> None:
    data = truth("gaps")
    assert farther(data.vectors, data.groups) == pytest.approx(10, rel=0.05)
    for run, points in maps("gaps").items():
        if run.perplexity in (30, 50):
            assert 0.75 < farther(points, data.groups) < 1.33, run
        if run.perplexity > 2:
            assert farther(points, data.groups) < 2.5, run


def test_another_start_keeps_the_company_and_not_the_place() -> None:
    groups = truth("starts").groups
    orders = set()
    for points in maps("starts").values():
        assert parted(points, groups)
        middles = np.array([points[groups == g].mean(axis=0) for g in range(4)])
        apart = np.linalg.norm(middles[:, None] - middles, axis=-1)
        orders.add(tuple(np.argsort(apart[np.triu_indices(4, 1)]).tolist()))
    assert len(orders) > 1  # which groups are neighbours


def test_the_task_tells_of_each_map_and_can_be_cancelled() -> None:
    class Listener(SilentContext):
        def __init__(self, most: float) -> None:
            self.told: list[int] = []
            self.done, self.most = 0.0, most

        def emit(self, kind: str, **data: Any) -> None:
            assert kind == "map" and data["coordinates"].shape == (POINTS, 2)
            self.told.append(data["number"])

        def progress(self, done: float, total: float) -> None:
            assert self.done <= done <= total == 5
            self.done = done

        def checkpoint(self) -> None:
            if self.done > self.most:
                raise Cancelled

    stopped = Listener(1.2)
    with pytest.raises(Cancelled):
        illusion_task(stopped, "gaps", 1)
    assert stopped.told == [0]
