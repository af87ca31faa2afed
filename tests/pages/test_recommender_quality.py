"""“How good?” on the Recommender page: a low error may rank badly, and then it is said."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from optviz.core.task import SilentContext
from optviz.language import Text
from optviz.recommender.config import DEFAULTS
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.quality import Quality, judge
from optviz.recommender.storage import bundled_model, dump_model

from .apps import check, open_app, said, until

EN = Text("en")


def judged(app: AppTest) -> AppTest:
    app.button(key="recommender.quality.begin").click().run()
    check(app)
    until(app, lambda: EN("recommender.quality.measure") in said(app))
    return app


def row(app: AppTest, name: str) -> list[str]:
    found = re.search(rf"^\| {re.escape(name)} \| (.*) \|$", said(app), re.MULTILINE)
    assert found
    return [cell.strip("*") for cell in found[1].split(" | ")]


def shown(values: list[float], digits: int = 3) -> list[str]:
    return [f"{value:.{digits}f}" for value in values]


def test_it_is_judged_on_demand_and_the_length_of_lists_is_chosen() -> None:
    quality: Quality = judge(bundled_model(), load_ratings(), SilentContext())
    app = open_app("recommender", tab="quality")
    assert EN("recommender.quality.measure") not in said(app)
    judged(app)
    assert app.button(key="recommender.quality.begin").disabled
    assert row(app, "RMSE") == [*shown([quality.rmse["model"], quality.rmse["bias"]]), "–"]
    for k in (10, 50):
        ranked = [quality.rankings[name][k] for name in ("model", "bias", "popular")]
        assert row(app, f"Precision@{k}") == shown([one.precision for one in ranked])
        assert row(app, f"NDCG@{k}") == shown([one.ndcg for one in ranked])
        assert row(app, f"Novelty@{k} (bits)") == shown([one.novelty for one in ranked], 2)
        app.segmented_control(key="recommender.list_length").set_value("50").run()
        check(app)
    assert "".join(app.query_params["list_length"]) == "50"
    rows = f"{len(bundled_model().attach(load_ratings()).valid_rows):,}"
    assert f"Measured on {rows} held-out ratings of MovieLens latest-small 2016" in said(app)


@pytest.mark.parametrize(
    ("name", "words"), [("als", "poor lists"), ("dot_bias", "lists no better than simple ones")]
)
def test_a_low_error_that_ranks_badly_is_shown_as_such(name: str, words: str) -> None:
    content = dump_model(fit_model(DEFAULTS[name], load_ratings()))
    app = open_app("recommender", tab="quality")
    app.file_uploader(key="recommender.open").upload("a.safetensors", content).run()
    judged(app)
    assert f"**Low error, {words}.**" in said(app)


def test_another_model_waits_to_be_judged() -> None:
    app = judged(open_app("recommender", tab="quality", model="als", n_factors="3", epochs="1"))
    app.button(key="recommender.train").click().run()
    until(app, lambda: not app.button(key="recommender.train").disabled)
    assert EN("recommender.quality.measure") not in said(app)
    assert not app.button(key="recommender.quality.begin").disabled
    judged(app)


def test_nothing_liked_is_said() -> None:
    rows = "".join(f"{u},{i},{1 + (u * i) % 3}\n" for u in range(9) for i in range(9))
    rows += "99,99,5\n"  # the scale reaches to 5, and the only five is learnt from
    app = open_app("recommender", tab="quality", model="als", n_factors="2", epochs="1")
    table = ("user,item,rating\n" + rows).encode()
    app.file_uploader(key="recommender.upload.0").upload("own.csv", table).run()
    until(app, lambda: "82 ratings" in said(app))
    app.button(key="recommender.train").click().run()
    until(app, lambda: not app.button(key="recommender.train").disabled)
    app.button(key="recommender.quality.begin").click().run()
    until(app, lambda: EN("recommender.quality.nobody", threshold="5") in said(app))
    assert EN("recommender.quality.measure") not in said(app)
