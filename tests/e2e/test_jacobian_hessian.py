"""The Jacobian and Hessian page in a real browser: what follows the mouse, and what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from optviz.core.curvature import curvature, evaluate
from optviz.core.deformation import MAPS, images, jacobians
from optviz.core.expression import FUNCTIONS
from optviz.core.surfaces import FORMULAS, get_surface
from optviz.core.terms import program
from optviz.language import Text

from .screens import check, open_screen, settle, spot_of

EN = Text("en")


def says(name: str, **values: Any) -> str:
    return EN(f"jacobian_hessian.picture.{name}", **values)


def open_part(page: Page, server: str, query: str = "") -> None:
    open_screen(page, server, "jacobian_hessian", query=query)
    page.wait_for_function(
        "() => Number(document.querySelector('.ov-deform, .ov-ground')?.dataset.drawn ?? 0) > 0"
    )
    settle(page, still=True)


def spot(page: Page, x: float, y: float, box: tuple[float, ...]) -> tuple[float, float]:
    """Where a point of the left grid lies on the screen; ``box`` is the grid's."""
    area = page.locator(".ov-square canvas").first.bounding_box()
    assert area is not None
    left, right, top, bottom = 34, 6, 6, 22  # as in deformation_panel.js
    width, height = area["width"] - left - right, area["height"] - top - bottom
    x0, x1, y0, y1 = box
    scale = min(width, height) / (1.08 * max(x1 - x0, y1 - y0))
    return (
        area["x"] + left + width / 2 + scale * (x - (x0 + x1) / 2),
        area["y"] + top + height / 2 - scale * (y - (y0 + y1) / 2),
    )


POLAR = (0.0, 3.0, 0.0, 3.0)


def number(page: Page, name: str) -> Any:
    """A number below the picture."""
    return page.locator(".ov-numbers > div", has=page.get_by_text(says(name), exact=True))


def value(shown: Any) -> float:
    return float(shown.locator("dd").first.inner_text().replace("−", "-"))


def test_numbers_follow_the_mouse_and_the_server_hears_nothing(page: Page, server: str) -> None:
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    open_part(page, server)
    expect(page.get_by_text(EN("jacobian_hessian.scene.polar.notice"))).to_be_visible()
    determinant = number(page, "determinant")
    expect(determinant).to_contain_text("areas × 2, orientation kept")
    before, drawn = len(sent), page.locator(".ov-deform").get_attribute("data-drawn")
    for radius in (2.5, 1.5, 0.5):
        page.mouse.move(*spot(page, radius, 1.0, POLAR), steps=6)
        page.wait_for_function(
            "r => Math.abs(parseFloat(document.querySelector('.ov-deform').dataset.point) - r)"
            " < 0.02",
            arg=radius,
        )
        assert value(determinant) == pytest.approx(radius, abs=0.02)  # det = r
    # Away from the grid the pinned point counts again.
    page.mouse.move(5, 5)
    expect(determinant.locator("dd").first).to_have_text("2")
    assert len(sent) == before
    assert page.locator(".ov-deform").get_attribute("data-drawn") == drawn
    assert "at=" not in page.url


def test_a_click_a_drag_and_the_keys_keep_a_point(page: Page, server: str) -> None:
    open_part(page, server)
    box = page.get_by_role("textbox", name=EN("jacobian_hessian.point"))
    page.mouse.click(*spot(page, 1.0, 2.0, POLAR))
    expect(box).to_have_value(re.compile(r"^(0\.99|1\b|1\.0)\S*, (1\.99|2\b|2\.0)"))
    page.wait_for_url(re.compile("at="))
    settle(page)
    page.mouse.move(*spot(page, 1.0, 2.0, POLAR))
    page.mouse.down()
    page.mouse.move(*spot(page, 2.0, 1.5, POLAR), steps=5)
    page.mouse.up()
    expect(box).to_have_value(re.compile(r"^(1\.99|2\b|2\.0)\S*, (1\.49|1\.5)"))
    settle(page)
    kept = page.url
    page.mouse.move(5, 5)
    expect(number(page, "determinant").locator("dd").first).to_have_text(re.compile(r"^(1\.99|2)"))

    # The keys move it by a fortieth of the grid.
    page.locator(".ov-square canvas").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    expect(box).to_have_value(re.compile(r", 1\.(79|8)"))
    settle(page)
    assert page.url != kept

    # The link shows the same point.
    page.reload()
    expect(box).to_have_value(re.compile(r"^(1\.99|2\b|2\.0)\S*, 1\.(79|8)"))
    check(page)


def test_a_smaller_square_is_better_by_its_own_square(page: Page, server: str) -> None:
    open_part(page, server, "map=square")
    error = number(page, "error")
    expect(error).to_contain_text("4 times less")
    large = value(error)
    slider = page.get_by_role("slider", name=EN("jacobian_hessian.map.reach"))
    slider.press("Home")
    expect(page).to_have_url(re.compile("reach=0.005"))
    settle(page)
    small = value(error)
    assert small == pytest.approx(large * (0.005 / 0.15) ** 2, rel=0.02)
    expect(number(page, "singular")).to_contain_text(says("alike"))


def test_a_step_of_gradient_descent(page: Page, server: str) -> None:
    open_part(page, server)
    page.get_by_role("button", name=EN("jacobian_hessian.scene.zigzag.label")).click()
    expect(number(page, "determinant")).to_contain_text("turned over")
    expect(number(page, "singular")).to_contain_text(says("together"))
    settle(page)
    rate = page.get_by_role("textbox", name=EN("hyperparameter.lr.label"))
    rate.fill("0.081")  # just above 2/25
    rate.press("Enter")
    expect(number(page, "singular")).to_contain_text(says("apart"))


def test_a_typed_map(page: Page, server: str) -> None:
    open_part(page, server, "map=own")
    first = page.get_by_role("textbox", name="u(x, y) =")
    first.fill("2*x + y")
    first.press("Enter")
    expect(number(page, "jacobian").locator("tr").first).to_have_text(re.compile(r"2\s*1"))
    settle(page)
    first.fill("2*x + oops")
    first.press("Enter")
    expect(page.get_by_text("“oops” is not known")).to_be_visible()
    expect(number(page, "jacobian").locator("tr").first).to_have_text(re.compile(r"2\s*1"))


def on_map(page: Page, x: float, y: float) -> Any:
    """Where a point of the surface's map lies on the screen."""
    return spot_of(page, ".ov-ground .ov-plot", x, y)


def test_a_surface_is_taken_apart_where_one_drags(page: Page, server: str) -> None:
    open_part(page, server, "part=curvature")
    box = page.get_by_role("textbox", name=EN("jacobian_hessian.point"))
    expect(box).to_have_value("2, 1")
    page.mouse.click(*on_map(page, -2.0, 2.0))
    expect(box).to_have_value(re.compile(r"^-(1\.9|2)\S*, (1\.9|2)"))
    settle(page, still=True)
    page.locator(".ov-handle").hover()
    page.mouse.down()
    x, y = on_map(page, 0.0, -1.0)
    page.mouse.move(x - 40, y - 20, steps=4)
    page.mouse.move(x, y, steps=4)
    # The eigenvectors are there before the point is dropped.
    page.wait_for_function(
        "() => document.querySelector('.ov-ground').dataset.eigenvalues"
        ".split(',').every(value => value < 0)"
    )
    expect(box).to_have_value(re.compile(r"^-(1\.9|2)\S*, (1\.9|2)"))
    page.mouse.up()
    expect(box).to_have_value(re.compile(r"^-?0\S*, -(0\.9|1)"))
    expect(page.get_by_text(EN("trajectories.stage.curves_down"))).to_be_visible()

    # Both pictures beside the map, and a critical point gone to.
    settle(page)
    page.get_by_role("radio", name=EN("jacobian_hessian.taylor.view_cuts")).or_(
        page.get_by_role("button", name=EN("jacobian_hessian.taylor.view_cuts"))
    ).first.click()
    page.wait_for_function(
        "() => document.querySelector('.ov-chart')?._fullLayout?.shapes?.length === 2"
    )
    settle(page)
    page.get_by_role("combobox", name=EN("jacobian_hessian.critical.label")).click()
    page.get_by_role("option", name=re.compile(EN("trajectories.mark.saddle"))).first.click()
    expect(page.get_by_text(EN("trajectories.stage.kind_saddle"))).to_be_visible()
    check(page)


def test_a_typed_function_is_taken_apart(page: Page, server: str) -> None:
    open_part(page, server, "part=curvature&surface=own&formula=x^3-3*x*y^2&point=0,0")
    expect(page.get_by_text(EN("trajectories.stage.kind_degenerate"))).to_be_visible()
    box = page.get_by_role("textbox", name=EN("own.formula"))
    box.fill("x^2 - y^2")
    box.press("Enter")
    expect(page.get_by_text(EN("jacobian_hessian.taylor.exact"))).to_be_visible()
    expect(page.get_by_text("Minima 0, saddles 1, maxima 0.")).to_be_visible()
    settle(page)
    box.fill("x^2 - y^")
    box.press("Enter")
    expect(page.get_by_text(EN("problem.expression.unfinished"))).to_be_visible()
    expect(page.get_by_text(EN("jacobian_hessian.taylor.exact"))).to_be_visible()
    expect(page.locator(".ov-ground .ov-handle")).to_be_visible()


def test_on_a_phone_a_tap_keeps_a_point(open_page: Callable[..., Page], server: str) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_part(page, server)
    page.locator(".ov-square").first.scroll_into_view_if_needed()
    page.touchscreen.tap(*spot(page, 1.0, 2.0, POLAR))
    expect(page.get_by_role("textbox", name=EN("jacobian_hessian.point"))).to_have_value(
        re.compile(r"^(0\.9|1)\S*, (1\.9|2)")
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def jets(page: Page, what: dict[str, Any], points: Any) -> Any:
    """What the browser's own arithmetic makes of a program at some points."""
    return np.array(
        page.evaluate(
            """async ([what, points]) => {
              const names = performance.getEntriesByType('resource').map((entry) => entry.name);
              const { Jets, Deformation } = await import(names.find((n) => n.endsWith('jets.js')));
              const made = what.program ? new Deformation(what) : new Jets(what);
              const plain = (v) => [...v].map((n) => (Number.isFinite(n) ? n : null));
              return points.map(([x, y]) => {
                const at = made.at(x, y);
                return plain(what.program ? at : at[0]);
              });
            }""",
            [what, np.asarray(points).tolist()],
        ),
        dtype=float,
    )


def test_the_browser_computes_what_autograd_computes(page: Page, server: str) -> None:
    open_part(page, server)
    typed = [
        f"=y*{name}({'x/7, y/5' if FUNCTIONS[name][0] == 2 else '(x+6)/13 + y/40'})"
        for name in FUNCTIONS
    ]
    more = ["=x^2*2^y + y/x", "=abs(x)^1.5 + (x*y)^3", "=(1+x^2)^(y/3)"]
    draws = torch.Generator().manual_seed(0)
    for name in (*FORMULAS, *typed, *more):
        surface = get_surface(name)
        low, high = np.array([surface.x_range, surface.y_range]).T
        part = torch.rand(12, 2, generator=draws, dtype=torch.float64).numpy()
        points = low + part * (high - low)
        found = jets(page, program([surface.function]), points)
        bent = curvature(surface, points)
        true = np.c_[evaluate(surface, points), bent.gradients,
                     bent.hessians.reshape(-1, 4)[:, [0, 1, 3]]]  # fmt: skip
        scale = np.nanmax(abs(true))
        assert found == pytest.approx(true, rel=1e-9, abs=1e-11 * scale, nan_ok=True), name
    for name, deformation in MAPS.items():
        points = np.array([deformation.start, (0.3, 1.2)])
        what = {"program": program(deformation.functions), "own": 0.0, "share": 1.0}
        true = np.c_[images(deformation, points), jacobians(deformation, points).reshape(-1, 4)]
        assert jets(page, what, points) == pytest.approx(true, abs=1e-12), name
