"""The part "curvature" of the Jacobian and Hessian page: a surface, its Hessian at a point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.core.surface import Point, Surface
from optviz.core.surfaces import SURFACES, get_surface
from optviz.core.taylor import SHARE, Region, Taylor, taylor, trusted_region
from optviz.figures.theme import Theme
from optviz.language import Text
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.jacobian_hessian_state import (
    VIEWS,
    JacobianHessianState,
    on_own,
    on_surface,
)
from optviz.ui.own_surface import OWN_SURFACE, choose_surface
from optviz.ui.points import read_point, rounded_point, write_point
from optviz.ui.state import Store, bind_value

__all__ = ["render_curvature", "render_surface"]

PageStore = Store[JacobianHessianState]

_HEIGHT = 300


def render_curvature(
    page: Page, store: PageStore, scene: str | None, render_parts: Callable[[], None]
) -> None:
    """Draw the part.

    Args:
        page: The frame.
        store: The page's state.
        scene: The scene that the state is, if it is one.
        render_parts: Draws the switch between the page's parts.
    """
    text = page.text
    stage, side = st.columns([76, 24], gap="small")
    with side:
        render_surface(page, store)
        controls.typed_text(
            "jacobian_hessian.point.typed", text("jacobian_hessian.point"),
            write_point(store.value.point),
            lambda written: store.set(point=read_point(written)), text,
            help=text("jacobian_hessian.taylor.point_help"),
        )  # fmt: skip
    with stage:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            render_parts()
            controls.segment(
                store, "view", text("jacobian_hessian.taylor.view"), VIEWS,
                lambda view: text(f"jacobian_hessian.taylor.view_{view}"),
                label_visibility="collapsed",
            )  # fmt: skip
        try:
            surface = get_surface(store.value.surface_name)
        except Problem as problem:
            page.problem(problem)
            return
        _stage(page, store, surface, side)


@lru_cache(maxsize=64)
def _computed(surface: Surface, point: Point) -> tuple[Taylor, Region | None]:
    model = taylor(surface, point)
    return model, trusted_region(surface, model)


def _stage(page: Page, store: PageStore, surface: Surface, side: Any) -> None:
    from optviz.figures.taylor import cuts_figure, model_figure
    from optviz.ui.jacobian_hessian_symbols import render_numbers, render_symbols

    text, theme, state = page.text, page.theme, store.value
    model, region = _computed(surface, state.point)
    with side:
        _critical_points(page, store, surface)
    left, right = st.columns([56, 44], gap="small")
    with left:
        _map(page, store, surface, model, region)
    with right:
        if model.defined:
            draw = model_figure if state.view == "model" else cuts_figure
            figure = draw(surface, model, region, text=text, theme=theme)
            chart(figure, key=f"jacobian_hessian.{state.view}", height=_HEIGHT)
        else:
            st.markdown(text("trajectories.stage.kind_undefined"))
    with st.container(key="jacobian-hessian-facts"):
        st.caption(text("jacobian_hessian.taylor.marks"))
        st.markdown(_sentence(page, model, region))
    with st.container(key="jacobian-hessian-derivatives"):
        symbols, numbers = st.columns([56, 44], gap="small")
    with numbers:
        render_numbers(page, model)
    with symbols:
        render_symbols(page, state, surface)
    with st.expander(text("jacobian_hessian.taylor.about"), icon=":material/function:"):
        st.latex(surface.latex)
        st.markdown(text("jacobian_hessian.taylor.definition"))


@lru_cache(maxsize=32)
def _from_above(surface: Surface, theme: Theme, code: str) -> str:
    """The map, which stays while the point moves."""
    from optviz.figures.trajectories import map_figure

    return str(map_figure(surface, text=Text(code), theme=theme, shade=False).to_json())


def _map(
    page: Page, store: PageStore, surface: Surface, model: Taylor, region: Region | None
) -> None:
    from optviz.ui.components.ground import ground

    text, theme = page.text, page.theme

    def move(x: float, y: float) -> None:
        store.set(point=rounded_point(x, y, surface.size))

    ground(
        surface,
        _from_above(surface, theme, text.code),
        key="jacobian_hessian.ground",
        revision=f"{surface.name} {theme.name} {text.code}",
        height=_HEIGHT,
        model=model,
        outline=[] if region is None or region.exact else region.edge.tolist(),
        says=text("jacobian_hessian.taylor.drag"),
        text=text,
        theme=theme,
        on_point=move,
    )


def _critical_points(page: Page, store: PageStore, surface: Surface) -> None:
    """What was found on the surface, and a way to go there."""
    from optviz.figures.trajectories import landmarks

    text = page.text
    places: dict[str, Point] = {}
    for kind, points in landmarks(surface):
        for x, y in points:
            name = text(f"trajectories.mark.{kind}")
            places[f"{name} ({x:.3g}, {y:.3g})".replace("-", "−")] = (x, y)

    def go(name: str | None) -> None:
        if name in places:
            store.set(point=places[name])

    if places:
        # A new key empties the box once its choice has been taken, and for other names.
        st.selectbox(
            text("jacobian_hessian.critical.label"),
            list(places),
            index=None,
            placeholder=text("jacobian_hessian.critical.which"),
            **bind_value(
                f"jacobian_hessian.go.{surface.name}.{store.value.point}.{text.code}", None, go
            ),
        )
    if not surface.complete:
        st.caption(text("jacobian_hessian.critical.many"))
        return
    counts = {kind: len(points) for kind, points in landmarks(surface)}
    found = text(
        "jacobian_hessian.critical.found",
        minima=counts.get("minimum", 0) + counts.get("local_minimum", 0),
        saddles=counts.get("saddle", 0),
        maxima=counts.get("maximum", 0),
    )
    own = store.value.surface == OWN_SURFACE
    st.caption(f"{found} {text('jacobian_hessian.critical.how')}" if own else found)


def _sentence(page: Page, model: Taylor, region: Region | None) -> str:
    """What kind of point it is, and how far the model can be trusted."""
    text = page.text
    kind = text(f"trajectories.stage.kind_{model.kind}")
    if model.kind == "none":
        low, high = model.eigenvalues
        shape = "up" if low > 0 else "down" if high < 0 else "mixed" if low < 0 < high else "flat"
        kind = text(
            "jacobian_hessian.taylor.slope", shape=text(f"trajectories.stage.curves_{shape}")
        )
    kind = kind[:1].upper() + kind[1:]
    if region is None:
        return f"**{kind}**"
    if region.exact:
        trust = text("jacobian_hessian.taylor.exact")
    else:
        trust = text(
            "jacobian_hessian.taylor.trust", share=f"{100 * SHARE:.0f}",
            least=f"{region.radii.min():.2g}", most=f"{region.radii.max():.2g}",
        )  # fmt: skip
    return f"**{kind}** · {trust}"


def render_surface(page: Page, store: PageStore, names: Sequence[str] = tuple(SURFACES)) -> None:
    """Draw the choice of a surface, and the boxes for one that is typed."""
    state = store.value
    if state.surface not in (*names, OWN_SURFACE):  # it was chosen in another part
        names = (*names, state.surface)

    def look(name: str, /, **changes: Any) -> None:
        own = name == OWN_SURFACE
        store.set(**(on_own(store.value, **changes) if own else on_surface(name)))

    choose_surface(page, state, state.surface, look, key="jacobian_hessian.surface", names=names)
