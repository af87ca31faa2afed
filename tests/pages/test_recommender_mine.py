"""“For you” on the Recommender page: rate a few movies and see what the model makes of them."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text
from optviz.recommender.config import make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.specs import MODELS
from optviz.recommender.storage import dump_model
from optviz.ui.rated import read_rated, write_rated
from optviz.ui.recommender_state import SCENES

from .apps import check, keys, open_app, said, until

EN = Text("en")
DARK = write_rated(SCENES["mine"]["mine"])
HEAD = re.compile(r"<b>(\d+)\. (.*?)</b>.*?<strong>(.*?) ★</strong>")


def open_page(**query: str) -> AppTest:
    return open_app("recommender", **query)


def listed(app: AppTest) -> dict[str, str]:
    """Title → stars, as the list shows them."""
    (drawn,) = [e.proto.body for e in app.get("html") if "ov-why-head" in e.proto.body]
    return {title: stars for _, title, stars in HEAD.findall(drawn)}


def reasons(app: AppTest) -> str:
    return next(e.proto.body for e in app.get("html") if "ov-why-head" in e.proto.body)


def link(app: AppTest) -> str:
    value = app.query_params.get("mine", "")
    return value[0] if isinstance(value, list) else str(value)


def test_it_opens_on_the_average_users_list_and_movies_to_rate() -> None:
    app = open_page()
    assert app.tabs[0].label == EN("recommender.tab.mine")
    assert EN("recommender.mine.nobody") in said(app)
    assert len(listed(app)) == 10
    assert "because" not in reasons(app)
    assert len(app.feedback) == 4
    assert "recommender.mine.retrain" not in keys(app)


def test_one_click_on_a_star_is_enough_and_the_link_knows_it() -> None:
    app = open_page()
    before = listed(app)
    app.feedback[0].set_value(0).run()
    check(app)
    assert EN("recommender.mine.rated", count=1) in said(app)
    assert EN("recommender.mine.list") in said(app)
    assert listed(app) != before
    assert "because you gave" in reasons(app)
    assert read_rated(link(app))[0][1] == 1.0
    assert len(app.feedback) == 4  # another one is offered in its place
    assert re.search(r"Found in \*\*[\d.]+ ms\*\* from 1 of your ratings", said(app))


def test_a_movie_is_found_by_its_title_and_moved_and_taken_back() -> None:
    app = open_page()
    search = app.selectbox(key="recommender.mine.search")
    assert search.value is None
    place = load_ratings().titles(range(9066)).index("Chinatown (1974)")
    search.set_value(place).run()
    check(app)
    assert app.selectbox(key="recommender.mine.search").value is None
    assert link(app) == "1252:4"
    slider = app.slider(key="recommender.mine.1252")
    assert (slider.label, slider.value) == ("Chinatown (1974)", 4.0)
    slider.set_value(0.5).run()
    check(app)
    assert link(app) == "1252:0.5"
    app.selectbox(key="recommender.mine.search").set_value(place).run()
    assert link(app) == "1252:0.5"  # finding it again changes nothing
    app.button(key="recommender.mine.remove.1252").click().run()
    check(app)
    assert link(app) == ""
    assert EN("recommender.mine.begin") in said(app)


def test_the_scene_rates_five_movies_without_training() -> None:
    app = open_page()
    app.button(key="recommender.scene.mine").click().run()
    check(app)
    assert EN("recommender.scene.mine.notice") in said(app)
    assert app.button(key="recommender.stop").disabled
    assert {"Chinatown (1974)", "Taxi Driver (1976)"} <= set(listed(app))
    app.slider(key="recommender.mine.1721").set_value(5.0).run()
    check(app)
    assert "Schindler&#x27;s List (1993)" in listed(app)
    assert "Taxi Driver (1976)" not in listed(app)


@pytest.mark.parametrize("scene", ["als", "baselines"])
def test_other_scenes_leave_the_ratings_alone_and_train(scene: str) -> None:
    app = open_page(mine=DARK)
    app.button(key="recommender.scene.mine").click().run()
    app.button(key=f"recommender.scene.{scene}").click().run()
    check(app)
    assert link(app) == DARK
    assert EN(f"recommender.scene.{scene}.notice") in said(app)
    assert not app.button(key="recommender.stop").disabled
    app.button(key="recommender.stop").click().run()


def test_links_are_read_and_what_they_get_wrong_is_said() -> None:
    app = open_page(mine="296:5,999999999:4,608:77")
    assert EN("recommender.mine.rated", count=1) in said(app)
    assert EN("problem.mine.unknown", items="999999999") in said(app)
    assert EN("problem.mine.scale", items="608", low="0.5", high="5") in said(app)
    app.button(key="recommender.mine.drop").click().run()
    check(app)
    assert link(app) == "296:5"
    assert not app.warning
    for junk in ("296", "296:5:5", "296:five", ",", "296:nan", "296:5,296:4", ":5"):
        app = open_page(mine=junk)
        assert app.warning, junk
        assert EN("recommender.mine.begin") in said(app)


def test_fifty_ratings_all_alike_give_a_list() -> None:
    ids = load_ratings().item_ids[:50]
    app = open_page(mine=",".join(f"{i}:3" for i in ids))
    assert EN("recommender.mine.rated", count=50) in said(app)
    assert len(listed(app)) == 10
    app.button(key="recommender.mine.clear").click().run()
    check(app)
    assert link(app) == ""


@pytest.mark.parametrize("model", list(MODELS))
def test_every_model_places_the_newcomer(model: str) -> None:
    content = dump_model(fit_model(make_config(model, n_factors=4, epochs=1), load_ratings()))
    app = open_page(mine=DARK)
    app.file_uploader(key="recommender.open").upload("a.safetensors", content).run()
    check(app)
    assert len(listed(app)) == 10
    # The movies that one user gave five stars lead Ng's list, and their vectors are still small.
    assert model == "joint" or "because you gave" in reasons(app)
    assert EN(f"recommender.mine.how_{model}") in said(app)
    assert link(app) == DARK


def test_training_anew_shows_both_lists_and_is_cancelled() -> None:
    app = open_page(mine=DARK)
    app.button(key="recommender.mine.retrain").click().run()
    check(app)
    app.button(key="recommender.mine.cancel").click().run()
    check(app)
    assert EN("recommender.mine.retrain.cancelled") in said(app)
    app.button(key="recommender.mine.retrain").click().run()
    until(app, lambda: EN("recommender.mine.retrain.folded") in said(app))
    assert re.search(r"\d+ of 10 movies are in both lists", said(app))
    assert EN("recommender.mine.retrain.honest", epochs=3, met=15) in said(app)
    app.slider(key="recommender.mine.1721").set_value(2.0).run()
    check(app)
    assert EN("recommender.mine.retrain.stale") in said(app)


def test_own_ratings_with_ids_in_letters() -> None:
    rows = "".join(f"u{u},m/{i}:x,{1 + (u * i) % 5}\n" for u in range(9) for i in range(9))
    app = open_page(model="als", n_factors="2", epochs="1", mine=DARK)
    table = ("user,item,rating\n" + rows).encode()
    app.file_uploader(key="recommender.upload.0").upload("own.csv", table).run()
    until(app, lambda: "81 ratings" in said(app))
    app.button(key="recommender.train").click().run()
    learnt = EN("recommender.results.trained")
    until(app, lambda: learnt in [heading.value for heading in app.subheader])
    assert EN("problem.mine.unknown", items="296, 608, 2959, 1721, 780") in said(app)
    app.selectbox(key="recommender.mine.search").set_value(3).run()
    check(app)
    assert link(app).endswith(",m%2F3%3Ax:4")
    assert len(listed(app)) == 8
