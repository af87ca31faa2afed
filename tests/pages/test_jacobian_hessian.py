"""The story of the parts "map" and "curvature", without a browser, and what vandals may try."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.core.curvature import gradient
from optviz.core.deformation import MAPS, images, jacobians
from optviz.core.surfaces import FORMULAS, SURFACES, get_surface
from optviz.core.taylor import DIRECTIONS, taylor, trusted_region
from optviz.language import Text
from optviz.ui.jacobian_hessian_networks_state import NETWORK_SCENES
from optviz.ui.jacobian_hessian_state import OF_SURFACES, OWN_MAP, SCENES, JacobianHessianState
from optviz.ui.own_surface import OWN_SURFACE

from .apps import check, components, open_app, said

EN = Text("en")
OURS = [name for name in SCENES if name not in NETWORK_SCENES]


def open_page(**query: str) -> AppTest:
    return open_app("jacobian_hessian", **query)


def the(app: AppTest, field: str) -> dict[str, Any]:
    (one,) = [data for data in components(app) if field in data]
    return one


def formulas(app: AppTest) -> str:
    return "\n".join(element.value for element in app.latex)


def test_it_opens_on_a_map_and_says_what_to_do_first() -> None:
    app = open_page()
    assert app.title[0].value == EN("jacobian_hessian.question")
    assert EN("jacobian_hessian.picture.first") in said(app)
    assert EN("jacobian_hessian.scene.polar.notice") in said(app)
    sent = the(app, "map")
    assert sent["kind"] == "polar" and sent["point"] == [2.0, 1.0]
    assert sent["map"]["program"]["results"] and sent["reach"] == pytest.approx(0.45)
    assert r"x \cos{\left(y \right)}" in formulas(app)


@pytest.mark.parametrize("name", [*MAPS, *OF_SURFACES, OWN_MAP])
def test_every_map(name: str) -> None:
    app = open_page()
    app.selectbox(key="jacobian_hessian.map.en").set_value(name).run()
    check(app)
    assert not app.warning
    assert the(app, "map")["kind"] == name
    app.slider(key="jacobian_hessian.reach").set_value(0.05).run()
    check(app)
    assert the(app, "map")["reach"] < 0.6
    assert "J=" in formulas(app)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scene", OURS)
def test_every_scene_says_what_to_notice(scene: str, language: str) -> None:
    app = open_page(lang=language)
    app.button(key=f"jacobian_hessian.scene.{scene}").click().run()
    check(app)
    assert Text(language)(f"jacobian_hessian.scene.{scene}.notice") in said(app)
    assert not app.warning


def singular(scene: str) -> np.ndarray:
    state = JacobianHessianState(**SCENES[scene])
    matrix = jacobians(state.deformation(), getattr(state, state.place))[0]
    return np.linalg.svd(matrix, compute_uv=False) * [1, np.sign(np.linalg.det(matrix))]


def test_the_notices_are_true() -> None:
    assert singular("polar") == pytest.approx([2, 1])  # the determinant is r, here 2
    low, high = singular("conformal")
    assert low == pytest.approx(high) == pytest.approx(2 * np.hypot(0.9, 0.5))
    state = JacobianHessianState(**SCENES["gradient"])
    (matrix,) = jacobians(state.deformation(), state.point)
    bent = taylor(get_surface(state.surface_name), state.point)
    assert (matrix == bent.hessian).all() and (matrix == matrix.T).all()
    assert singular("gradient")[1] < 0 and bent.eigenvalues[0] < 0 < bent.eigenvalues[1]
    assert abs(singular("gradient")) == pytest.approx(sorted(abs(bent.eigenvalues))[::-1])
    round_about = [(np.cos(turn), np.sin(turn)) for turn in range(7)]
    assert (np.linalg.det(jacobians(state.deformation(), round_about)) < 0).all()
    largest, smallest = singular("zigzag")
    assert largest < 1 and smallest < 0  # closes in, and turns over
    # … and across the ravine: there the step leads to the other side.
    step = JacobianHessianState(**SCENES["zigzag"]).deformation()
    across = np.array([1.0, -1.0])
    assert (images(step, across)[0] @ across) < 0
    state = JacobianHessianState(**SCENES["taylor"])
    surface = get_surface(state.surface_name)
    region = trusted_region(surface, taylor(surface, state.point))
    assert region is not None and not region.exact and region.radii.min() > 0.1
    state = JacobianHessianState(**SCENES["saddle"])
    surface = get_surface(state.surface_name)
    assert gradient(surface, state.point) == pytest.approx(0)
    low, high = taylor(surface, state.point).eigenvalues
    assert low < 0 < high


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface(surface: str) -> None:
    app = open_page(part="curvature", surface=surface, point="0.5,0.7")
    assert not app.warning
    sent = the(app, "outline")
    assert sent["start"] == [0.5, 0.7]
    assert len(sent["outline"]) in (0, DIRECTIONS) and sent["known"]
    formula = surface in FORMULAS
    assert bool(sent["program"]) is formula
    assert r"\lambda_1=" in formulas(app)
    words = "title" if formula else "none"
    assert EN(f"jacobian_hessian.symbols.{words}") in said(app)


def test_a_slice_bends_no_grid() -> None:
    slices = [name for name in SURFACES if name not in FORMULAS]
    assert slices
    for name in slices:
        app = open_page(map="gradient", surface=name)
        (warning,) = app.warning
        assert warning.value == EN("problem.jacobian_hessian.no_formula")
        box = app.selectbox(key="jacobian_hessian.surface.en")
        assert box.value == name
        box.set_value("himmelblau").run()
        check(app)
        offered = app.selectbox(key="jacobian_hessian.surface.en").options
        assert len(offered) == len(FORMULAS) + 1  # and one's own


def test_symbols_stand_beside_numbers() -> None:
    app = open_page(part="curvature", surface="rosenbrock", point="-1,1.5")
    assert "1200 x^{2} - 400 y + 2" in formulas(app)
    assert r"\begin{pmatrix}602&400\\400&200\end{pmatrix}" in formulas(app)
    assert "curves up one way, down the other" in said(app)
    app = open_page(part="curvature", surface="goldstein_price", point="0,0")
    assert r"\cdots" in formulas(app) and "too long to be read" in said(app)


def test_a_critical_point_is_gone_to() -> None:
    app = open_page(part="curvature", surface="himmelblau")
    (box,) = [box for box in app.selectbox if (box.key or "").startswith("jacobian_hessian.go")]
    assert len(box.options) == 9
    (top,) = [name for name in box.options if name.startswith(EN("trajectories.mark.maximum"))]
    box.set_value(top).run()
    check(app)
    assert EN("trajectories.stage.kind_maximum") in said(app).replace("**Maximum", "**maximum")
    assert "Minima 4, saddles 4, maxima 1." in said(app)


def test_a_typed_function() -> None:
    app = open_page(part="curvature")
    app.selectbox(key="jacobian_hessian.surface.en").set_value(OWN_SURFACE).run()
    app.text_input(key="jacobian_hessian.formula.typed").set_value("(x^2 - 1)^2 + y^2").run()
    check(app)
    assert "Minima 2, saddles 1, maxima 0." in said(app)
    assert EN("jacobian_hessian.critical.how") in said(app)
    assert "12 x^{2} - 4" in formulas(app) or r"4 \left(3 x^{2} - 1\right)" in formulas(app)
    before = the(app, "outline")
    app.text_input(key="jacobian_hessian.formula.typed").set_value("x^2 + oops").run()
    check(app)
    assert "“oops” is not known" in said(app)
    assert the(app, "outline") == before  # the last good picture stays


def test_a_typed_map() -> None:
    app = open_page(map=OWN_MAP)
    app.text_input(key="jacobian_hessian.u.typed").set_value("x*y").run()
    check(app)
    assert ["mul", 0, 1] in the(app, "map")["map"]["program"]["steps"]
    for nonsense in ("x +", "z", "__import__('os')", "", "x" * 400):
        app.text_input(key="jacobian_hessian.v.typed").set_value(nonsense).run()
        check(app)
        assert len(app.warning) == 1
        assert the(app, "map")["kind"] == OWN_MAP


def test_the_gradient_map_and_the_hessian_share_surface_and_point() -> None:
    app = open_page(map="gradient", surface="booth", point="2,3")
    assert the(app, "map")["point"] == [2.0, 3.0]
    app.button_group(key="jacobian_hessian.part").set_value("curvature").run()
    check(app)
    assert the(app, "outline")["start"] == [2.0, 3.0]
    assert r"\begin{pmatrix}10&8\\8&10\end{pmatrix}" in formulas(app)
    assert EN("jacobian_hessian.taylor.exact") in said(app)


@pytest.mark.parametrize("written", ["here", "1", "nan, 1", "1e9, 0", "1,2,3"])
def test_a_point_that_is_none_stays_with_a_sentence(written: str) -> None:
    for part, field in (("map", "at"), ("curvature", "point")):
        app = open_page(part=part)
        app.text_input(key=f"jacobian_hessian.{field}.typed").set_value(written).run()
        check(app)
        assert len(app.warning) == 1


@pytest.mark.parametrize("point", ["-1,0", "0,0", "1e6,-1e6"])
@pytest.mark.parametrize("view", ["model", "cuts"])
def test_where_nothing_is_defined(point: str, view: str) -> None:
    app = open_page(
        part="curvature", surface=OWN_SURFACE, formula="log(x) + sqrt(y)", point=point, view=view
    )
    assert not app.error


@pytest.mark.parametrize("surface", ["monkey_saddle", "ackley", "rastrigin"])
def test_at_places_of_their_own(surface: str) -> None:
    for view in ("model", "cuts"):
        open_page(part="curvature", surface=surface, point="0,0", view=view)


def test_links_with_nonsense_are_explained() -> None:
    app = open_page(part="luck", map="moon", u="x+", reach="9", at="here", lr="0")
    assert len(app.warning) == 6


@pytest.mark.parametrize("scene", OURS)
def test_the_state_survives_a_link(scene: str) -> None:
    state = JacobianHessianState(**SCENES[scene])
    again, problems = JacobianHessianState.from_query(state.to_query())
    assert again == state and not problems
