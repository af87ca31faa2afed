"""The part "map" of the Jacobian and Hessian page: a bent grid, and the straight map that fits."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from optviz.core.deformation import MAPS, Deformation
from optviz.core.problem import Problem
from optviz.core.surfaces import FORMULAS
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.jacobian_hessian_curvature import render_surface
from optviz.ui.jacobian_hessian_state import (
    OF_SURFACES,
    OWN_MAP,
    JacobianHessianState,
    on_map,
)
from optviz.ui.jacobian_hessian_symbols import render_map_symbols
from optviz.ui.own_surface import type_formula, type_ranges
from optviz.ui.points import read_point, rounded_point, write_point
from optviz.ui.state import Store

__all__ = ["render_map"]

PageStore = Store[JacobianHessianState]


def render_map(
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
        _controls(page, store)
    with stage:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            render_parts()
            st.markdown(text("jacobian_hessian.picture.first"), width="content")
        try:
            deformation = store.value.deformation()
        except Problem as problem:
            page.problem(problem)
            return
        _picture(page, store, deformation)
        with st.expander(text("jacobian_hessian.map.about"), icon=":material/function:"):
            st.latex(deformation.latex)
            render_map_symbols(page, store.value)
            st.markdown(text("jacobian_hessian.map.definition"))


def _controls(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value

    def pick(name: str) -> None:
        if name != state.map:
            store.set(**on_map(store.value, map=name))

    def take(**new: object) -> None:
        store.set(**on_map(store.value, **new))

    def reader(name: str) -> Callable[[str], None]:
        return lambda written: take(**{name: written})

    controls.choose_part(
        f"jacobian_hessian.map.{text.code}", text("jacobian_hessian.map.label"),
        [*MAPS, *OF_SURFACES, OWN_MAP], state.map, pick,
        lambda name: text(f"jacobian_hessian.map.{name}"),
    )  # fmt: skip
    if state.map == OWN_MAP:
        for name in ("u", "v"):
            type_formula(
                page, f"jacobian_hessian.{name}.typed", f"{name}(x, y) =", getattr(state, name),
                reader(name),
            )  # fmt: skip
        type_ranges(page, state, lambda name, ends: take(**{name: ends}))
    elif state.map in OF_SURFACES:
        render_surface(page, store, FORMULAS)
    if state.map == "step":
        controls.typed_number(
            store, "lr", text("hyperparameter.lr.label"), text,
            help=text("jacobian_hessian.map.lr_help"),
        )  # fmt: skip
    controls.slider(
        store, "reach", text("jacobian_hessian.map.reach"), 0.005, 0.25, 0.005, format="%.3f",
        help=text("jacobian_hessian.map.reach_help"),
    )  # fmt: skip
    controls.typed_text(
        f"jacobian_hessian.{state.place}.typed", text("jacobian_hessian.point"),
        write_point(getattr(state, state.place)),
        lambda written: store.set(**{state.place: read_point(written)}), text,
        help=text("jacobian_hessian.map.point_help"),
    )  # fmt: skip


def _picture(page: Page, store: PageStore, deformation: Deformation) -> None:
    from optviz.ui.components.deformation import deformation_picture

    text, state = page.text, store.value

    def pin(x: float, y: float) -> None:
        size = (deformation.size, deformation.size)
        store.set(**{store.value.place: rounded_point(x, y, size)})

    deformation_picture(
        deformation,
        key="jacobian_hessian.map.picture",
        names=_names(state.map),
        point=getattr(state, state.place),
        reach=state.reach * deformation.size,
        text=text,
        theme=page.theme,
        on_point=pin,
    )


def _names(name: str) -> tuple[str, str]:
    """What the coordinates are called before the map and after it."""
    after = {"gradient": "(∂f/∂x, ∂f/∂y)", "step": "w − α∇f(w)", "square": "z²"}
    before = {"polar": "(r, φ)", "square": "z = x + iy", "step": "w = (x, y)"}
    return before.get(name, "(x, y)"), after.get(name, "(u, v)")
