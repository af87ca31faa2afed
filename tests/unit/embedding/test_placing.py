"""Points that come late: placed on a finished map."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA

from optviz.core.problem import Problem
from optviz.embedding.placing import leave_out, place

pytest.importorskip("openTSNE")

BLOBS, KINDS = make_blobs(120, 6, centers=3, cluster_std=0.7, random_state=0)
MAP = 5 * PCA(2, svd_solver="full").fit_transform(BLOBS)
CENTRES = np.array([MAP[kind == KINDS].mean(axis=0) for kind in range(3)])


def test_a_newcomer_lands_among_its_kin_and_the_map_stays() -> None:
    before = MAP.copy()
    newcomers = np.array([BLOBS[kind == KINDS].mean(axis=0) for kind in range(3)])
    found = place(BLOBS, MAP, newcomers, normalize=False)
    away = np.linalg.norm(found[:, None] - CENTRES[None], axis=2)
    assert away.argmin(axis=1).tolist() == [0, 1, 2]
    assert np.array_equal(MAP, before)


def test_by_direction_length_does_not_matter() -> None:
    newcomer = BLOBS[:1] + 0.01
    near, far = (place(BLOBS, MAP, times * newcomer, normalize=True) for times in (1, 7))
    assert np.allclose(near, far)


def test_a_point_that_was_left_out_comes_back_to_its_own() -> None:
    found = leave_out(BLOBS, MAP, 7, normalize=False)
    centre = np.linalg.norm(found.place - CENTRES, axis=1).argmin()
    assert centre == KINDS[7]
    assert found.distance < 0.5 * found.typical
    assert 0 < found.near <= 1 and 0 < found.near_full <= 1


def test_too_few_points_are_said() -> None:
    with pytest.raises(Problem) as caught:
        place(BLOBS[:10], MAP[:10], BLOBS[:1])
    assert caught.value.key == "problem.embedding.too_few"
    with pytest.raises(Problem):
        leave_out(BLOBS[:17], MAP[:17], 3)
