"""The story of the part about networks, without a browser, and what vandals may try."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text
from optviz.ui.jacobian_hessian_networks_state import NETWORK_SCENES

from .apps import ROOT, check, keys, open_app, said

EN = Text("en")
QUICK = {"part": "networks", "net_depth": "1", "net_steps": "100", "net_rates": "0.2"}
QUICK_SPECTRUM = {
    "part": "networks", "net_study": "spectrum", "net_depth": "1", "net_epochs": "1",
}  # fmt: skip


def open_page(**query: str) -> AppTest:
    return open_app("jacobian_hessian", **query)


def finish(app: AppTest) -> AppTest:
    """Look again until nothing is computed."""
    end = time.monotonic() + 240
    while "jacobian-networks.cancel" in keys(app):
        assert time.monotonic() < end
        time.sleep(0.1)
        app.run()
        check(app)
    return app


def test_it_begins_by_itself_and_tells_what_it_measured() -> None:
    app = finish(open_page(**QUICK))
    assert "**lr 0.2**: λmax" in said(app)
    assert "torch.optim.SGD with momentum 0 on the first 500 digits" in said(app)
    assert app.button(key="jacobian-networks.compute").disabled
    # Other rates are not computed before they are asked for; going back shows the old ones.
    box = app.text_input(key="jacobian_networks.rates")
    box.set_value("0.1, 3").run()
    check(app)
    button = app.button(key="jacobian-networks.compute")
    assert not button.disabled
    assert "**lr 0.2**" in said(app)
    button.click().run()
    finish(app)
    assert "**lr 0.1**: λmax has not reached the line at 20." in said(app)
    assert "**lr 3**: diverged at step" in said(app)
    app.text_input(key="jacobian_networks.rates").set_value("0.2").run()
    check(app)
    assert app.button(key="jacobian-networks.compute").disabled
    assert "**lr 3**" not in said(app)


def test_wrong_rates_stay_in_the_box_with_a_sentence() -> None:
    app = finish(open_page(**QUICK))
    for wrong, sentence in (
        ("fast", EN("problem.controls.number", written="fast")),
        ("", EN("problem.networks.count", count=0, most=4)),
        ("1 2 3 4 5", EN("problem.networks.count", count=5, most=4)),
        ("-1", EN("problem.state.range", value="-1", minimum="0.0001", maximum="10")),
        ("nan", EN("problem.state.range", value="nan", minimum="0.0001", maximum="10")),
    ):
        app.text_input(key="jacobian_networks.rates").set_value(wrong).run()
        check(app)
        assert [warning.value for warning in app.warning] == [sentence]
        assert app.text_input(key="jacobian_networks.rates").value == wrong
        assert "**lr 0.2**: λmax" in said(app)
    app.text_input(key="jacobian_networks.rates").set_value("0.2").run()
    check(app)
    assert not app.warning


def test_a_spectrum_is_told_with_its_accuracy() -> None:
    app = finish(open_page(**QUICK_SPECTRUM))
    assert "**Before training** (loss" in said(app)
    assert "**After training, 1 epochs** (loss" in said(app)
    assert "4,810 weights; the loss is the mean over 1,797 training examples" in said(app)
    (table,) = app.dataframe
    assert table.value.shape == (12, 5)
    assert table.value.iloc[:, 1].is_monotonic_decreasing
    # The recommenders have a recipe of their own.
    app.selectbox(key="jacobian_hessian.net_model").set_value("net").run()
    check(app)
    assert EN("jacobian_networks.spectrum.recipe") in said(app)
    assert not app.button(key="jacobian-networks.compute").disabled


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scene", NETWORK_SCENES)
def test_every_scene_says_what_to_notice_and_can_be_cancelled(scene: str, language: str) -> None:
    app = open_page(lang=language)
    app.button(key=f"jacobian_hessian.scene.{scene}").click().run()
    check(app)
    text = Text(language)
    assert text(f"jacobian_hessian.scene.{scene}.notice") in said(app)
    app.button(key="jacobian-networks.cancel").click().run()
    finish(app)
    assert "jacobian-networks.compute" in keys(app)
    assert not app.warning


def test_it_goes_on_while_another_page_is_read() -> None:
    app = open_page(**QUICK | {"net_steps": "300"})
    app.switch_page(str(ROOT / "pages" / "regularisation.py")).run()
    check(app)
    app.switch_page(str(ROOT / "pages" / "jacobian_hessian.py")).run()
    finish(app)
    assert "**lr 0.2**: λmax" in said(app)


def test_links_are_checked() -> None:
    app = open_page(**QUICK | {"net_rates": "0.1,oops", "net_depth": "99"})
    assert len(app.warning) == 2
    app.button(key="jacobian-networks.cancel").click().run()
    finish(app)
