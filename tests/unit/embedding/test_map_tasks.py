from __future__ import annotations

import numpy as np
import pytest

from optviz.core.task import Cancelled, SilentContext
from optviz.embedding.map_tasks import cluster_task, clusters, measure_task

RNG = np.random.default_rng(0)


def test_heaps_are_found_the_largest_first_and_the_lone_are_in_none() -> None:
    heaps = [RNG.standard_normal((n, 2)) * 0.1 + at for n, at in ((30, 0), (60, 5), (40, -5))]
    lone = np.array([[20.0, 0], [-20, 3], [0, 30]])
    found = cluster_task(SilentContext(), np.concatenate([*heaps, lone]))
    assert [set(part) for part in np.split(found, [30, 90, 130])] == [{2}, {0}, {1}, {-1}]


def test_a_handful_of_points_has_no_clusters() -> None:
    assert set(clusters(RNG.standard_normal((9, 2)))) == {-1}


def test_measuring_ends_when_cancelled() -> None:
    class Impatient(SilentContext):
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        measure_task(
            Impatient(), RNG.standard_normal((30, 4)), RNG.standard_normal((30, 2)), 3, True
        )
