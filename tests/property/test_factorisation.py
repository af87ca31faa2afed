"""What each way to factorise lowers, it never raises."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optviz.recommender.als import AlsRun
from optviz.recommender.config import make_config
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.fit import build_fit
from optviz.recommender.joint import JointRun

SETTINGS = {
    "seed": st.integers(0, 10_000),
    "n_factors": st.integers(1, 8),
    "regularization": st.floats(1e-2, 10),
}


def invented(seed: int) -> Ratings:
    random = np.random.default_rng(seed)
    pairs = [(u, i) for u in range(12) for i in range(9) if random.random() < 0.7]
    lines = [f"{u},{i},{random.integers(1, 11) / 2}" for u, i in pairs]
    return load_ratings("\n".join(["user,item,rating", *lines]).encode())


@settings(derandomize=True, max_examples=20, deadline=None)
@given(**SETTINGS)
def test_a_half_sweep_of_als_never_raises_its_objective(
    seed: int, n_factors: int, regularization: float
) -> None:
    config = make_config(
        "als", n_factors=n_factors, regularization=regularization, epochs=3, seed=seed
    )
    run = build_fit(config, invented(seed)).run
    assert isinstance(run, AlsRun)
    run.step()  # until then the users have no vectors
    before = run.objective()
    while not run.done:
        run.step()
        assert run.objective() <= before * (1 + 1e-9)
        before = run.objective()


@settings(derandomize=True, max_examples=20, deadline=None)
@given(**SETTINGS)
def test_a_small_step_of_joint_descent_lowers_its_objective(
    seed: int, n_factors: int, regularization: float
) -> None:
    config = make_config(
        "joint", n_factors=n_factors, regularization=regularization, epochs=10, seed=seed,
        lr=1e-3, momentum=0.0, schedule="constant",
    )  # fmt: skip
    run = build_fit(config, invented(seed)).run
    assert isinstance(run, JointRun)
    while not run.done:
        before = run.objective()
        run.step()
        assert run.objective() < before
