from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import build_fit
from optviz.recommender.fold_in import FoldIn
from optviz.recommender.split import split_rows


@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_factors=st.integers(1, 12),
    regularization=st.floats(1e-3, 10),
    sweeps=st.integers(0, 2),
    data=st.data(),
)
def test_folding_in_a_training_user_is_that_users_row_of_als(
    seed, n_factors, regularization, sweeps, data
) -> None:
    """The movies' vectors fixed, it is what the half-sweep over the users finds."""
    random = np.random.default_rng(seed)
    n_users, n_items = 12, 9
    pairs = [(u, i) for u in range(n_users) for i in range(n_items) if random.random() < 0.7]
    lines = [f"{u},{i},{random.integers(1, 11) / 2}" for u, i in pairs]
    ratings = load_ratings("\n".join(["user,item,rating", *lines]).encode())
    config = make_config(
        "als", n_factors=n_factors, regularization=regularization, epochs=3, seed=seed
    )
    fit = build_fit(config, ratings)
    for _ in range(2 * sweeps + 1):  # the users were solved last
        fit.run.step()
    model, train = fit.model(), split_rows(ratings, config)[0]
    user = data.draw(st.integers(0, ratings.n_users - 1))
    rows = train[ratings.user_idx[train] == user]
    found = FoldIn(model).solve(ratings.item_idx[rows], ratings.frame["rating"].to_numpy()[rows])
    # To the rounding of the float32 that a model is kept in.
    assert np.allclose(found.vector[:-1], model.user_factors[user], rtol=1e-4, atol=2e-5)
    assert np.isclose(found.vector[-1], model.user_bias[user], atol=1e-5)
