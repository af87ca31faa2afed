"""A reader's own ratings in links, and what the scene about them claims."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.core.problem import Problem
from optviz.language import Text
from optviz.recommender.data import load_ratings
from optviz.recommender.fold_in import FoldIn
from optviz.recommender.storage import bundled_model
from optviz.ui.markdown import literal
from optviz.ui.rated import MOST, check_rated, read_rated, with_rating, without, write_rated
from optviz.ui.recommender_mine import step_of
from optviz.ui.recommender_mine_list import because, signed
from optviz.ui.recommender_movies import offer
from optviz.ui.recommender_state import SCENES, RecommenderState

EN = Text("en")
RATED = st.lists(
    st.tuples(st.text(min_size=1), st.floats(allow_nan=False, allow_infinity=False)),
    unique_by=lambda pair: pair[0], max_size=20,
).map(tuple)  # fmt: skip


@given(RATED.filter(lambda rated: all(c < "\ud800" or c > "\udfff" for i, _ in rated for c in i)))
def test_ratings_survive_a_link(rated) -> None:
    assert check_rated(read_rated(write_rated(rated))) == rated
    state = RecommenderState(mine=rated)
    assert RecommenderState.from_query(state.to_query()) == (state, [])


def test_a_link_is_short() -> None:
    assert write_rated((("296", 5.0), ("608", 4.5))) == "296:5,608:4.5"


def test_rating_again_keeps_the_place() -> None:
    rated = with_rating(with_rating((), "a", 1.0), "b", 2.0)
    assert with_rating(rated, "a", 3.0) == (("a", 3.0), ("b", 2.0))
    assert without(rated, "a") == (("b", 2.0),)


def test_what_cannot_be_is_refused() -> None:
    for value in (
        [("a", 1), ("a", 2)],
        [("a", float("nan"))],
        [(str(i), 1) for i in range(MOST + 1)],
    ):
        with pytest.raises(Problem):
            check_rated(value)


def test_half_stars_on_scales_of_stars() -> None:
    assert step_of(0.5, 5) == step_of(1, 10) == 0.5
    assert step_of(0, 100) == 5


def test_offered_movies_are_well_known_and_of_different_kinds() -> None:
    ratings = load_ratings()
    counts = np.bincount(ratings.item_idx)
    order = offer(ratings, np.argsort(-counts, kind="stable"))
    assert len(order) == len(set(order)) == 60
    assert counts[order].min() >= 140
    genres = [set(ratings.items["genres"].iloc[item].split("|")) for item in order[:4]]
    for place, kinds in enumerate(genres):
        assert all(len(kinds & other) <= 1 for other in genres[:place])


def test_the_strongest_pulls_are_told_first_and_the_weakest_not_at_all() -> None:
    told = because(np.array([0.1, -0.3, 0.001, 0.2]), ["A <b>", "B", "C", "D"], [5, 1, 3, 4.5], EN)
    assert told.index("B 1 ★: −0.30") < told.index("D 4.5 ★: +0.20") < told.index("A &lt;b&gt;")
    assert "C" not in told
    assert because(np.array([0.001]), ["A"], [5], EN) == ""
    assert (signed(-0.001), signed(0.31), signed(-0.05, " ")) == ("+0.00", "+0.31", "− 0.05")


def test_titles_are_shown_as_they_are() -> None:
    assert literal("*batteries not included") == r"\*batteries not included"
    assert literal("$9.99 [REC]") == r"\$9.99 \[REC\]"


def places(rated) -> list[int]:
    """Item indices of rated movies."""
    ids = load_ratings().item_ids
    return [int(np.flatnonzero(ids == int(item))[0]) for item, _ in rated]


def best(rated) -> list[str]:
    """The list that the bundled model makes of ratings."""
    found = FoldIn(bundled_model()).solve(places(rated), [stars for _, stars in rated])
    return load_ratings().titles(found.recommend(10)[0])


def test_the_scene_is_true() -> None:
    """Chinatown and Taxi Driver come; with Titanic at 5 ★, Schindler's List takes the latter's."""
    rated = SCENES["mine"]["mine"]
    assert load_ratings().titles(places(rated)) == [
        "Pulp Fiction (1994)", "Fargo (1996)", "Fight Club (1999)", "Titanic (1997)",
        "Independence Day (a.k.a. ID4) (1996)",
    ]  # fmt: skip
    taxi, schindler = "Taxi Driver (1976)", "Schindler's List (1993)"
    assert not {"Chinatown (1974)", taxi} & set(best(()))
    assert {"Chinatown (1974)", taxi} <= set(best(rated))
    assert schindler not in best(rated)
    after = best(with_rating(rated, "1721", 5.0))
    assert schindler in after
    assert taxi not in after
