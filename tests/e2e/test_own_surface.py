"""A typed function beyond the Trajectories page, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")


def choose_own(page: Page, label: str) -> None:
    choice = page.get_by_role("combobox", name=EN(label), exact=True)
    choice.click()
    choice.fill(EN("own.title"))
    page.get_by_role("option", name=EN("own.title")).click()
    expect(page.get_by_role("textbox", name=EN("own.formula"))).to_be_visible()
    settle(page)


def type_into(page: Page, label: str, words: str) -> None:
    box = page.get_by_role("textbox", name=EN(label))
    box.fill(words)
    box.press("Enter")


def test_sweep_a_rate_on_a_typed_function(page: Page, server: str) -> None:
    open_screen(page, server, "learning_rate", query="model=surface&optimizer=sgd&momentum=0.0")
    choose_own(page, "learning_rate.surface")
    type_into(page, "own.formula", "x^2 + 5*y^2")
    type_into(page, "own.x_range", "-3, 3")
    page.wait_for_function("location.search.includes('x_range=-3')")
    settle(page)
    page.get_by_role("button", name=EN("learning_rate.sweep")).click()
    # λ = 10 is the steeper curvature, so theory's limit is 2/10.
    expect(page.get_by_text("= 0.2", exact=False).first).to_be_visible()
    settle(page, still=True)

    # What cannot be a surface is refused where it was typed; the curve stays.
    type_into(page, "own.formula", "1e308*x^2")
    expect(page.get_by_text(EN("problem.expression.overflow", largest="1e+30"))).to_be_visible()
    expect(page.get_by_role("textbox", name=EN("own.formula"))).to_have_value("1e308*x^2")
    expect(page.get_by_text("= 0.2", exact=False).first).to_be_visible()
    check(page)


@pytest.mark.parametrize(
    ("name", "query"),
    [("schedules", "epochs=10"), ("schedules", "part=layers"), ("regularisation", "steps=50")],
)
def test_a_typed_function_is_the_ground(page: Page, server: str, name: str, query: str) -> None:
    open_screen(page, server, name, query=query)
    choose_own(page, "trajectories.surface")
    type_into(page, "own.formula", "(x^2 - 1)^2 + y^2")
    type_into(page, "own.y_range", "-2, 2")
    page.wait_for_function("location.search.includes('y_range=-2')")
    settle(page)
    stars = (
        "document.querySelector('.ov-view .ov-plot')._fullData"
        f".find(t => t.name === '{EN('trajectories.mark.minimum')}')?.x.length"
    )
    if name == "schedules":
        page.wait_for_function(f"{stars} === 2")
    type_into(page, "own.y_range", "2, 2")
    expect(page.get_by_text(EN("problem.expression.box"))).to_be_visible()
    check(page)
