"""Whatever table of distinct ratings is written, the same table is read."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from optviz import load_ratings
from optviz.core.problem import Problem
from optviz.language import ENGLISH
from optviz.recommender.data import dense

PAIRS = st.lists(
    st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=10, max_size=40, unique=True
)


@given(PAIRS, st.sampled_from(",;\t"), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_a_table_survives_writing_and_reading(pairs, mark, random):
    stars = [random.choice([0.5, 1, 2.5, 5]) for _ in pairs]
    stars[:2] = [1, 2]
    table = pd.DataFrame(pairs, columns=["user", "item"]).assign(rating=stars)
    if table["user"].nunique() < 2 or table["item"].nunique() < 2:
        return
    ratings = load_ratings(table.to_csv(sep=mark, index=False).encode())
    assert ratings.frame["user_id"].tolist() == table["user"].tolist()
    assert ratings.frame["item_id"].tolist() == table["item"].tolist()
    assert ratings.frame["rating"].tolist() == stars


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1))
@settings(max_examples=50, deadline=None)
def test_dense_ids_lead_back(ids):
    raw = np.array(ids)
    unique, places = dense(raw)
    assert (np.diff(unique) > 0).all()
    np.testing.assert_array_equal(unique[places], raw)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@settings(max_examples=150, deadline=None)
def test_any_bytes_load_or_get_a_sentence(content):
    try:
        load_ratings(content)
    except Problem as problem:
        assert "{" not in ENGLISH(problem.key, **problem.values) or b"{" in content
