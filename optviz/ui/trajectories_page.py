"""The Trajectories page: the stage, its switches, and the controls beside it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import streamlit as st

from optviz.core.optimizers import get_optimizer
from optviz.core.problem import Problem
from optviz.core.slices import LossSlice
from optviz.core.stability import largest_stable_lrs, stability_bound
from optviz.core.surface import Surface
from optviz.core.surfaces import get_surface
from optviz.figures.theme import Theme
from optviz.language import Text
from optviz.ui import controls
from optviz.ui.components.chart import Figure
from optviz.ui.frame import Page
from optviz.ui.own_surface import OWN_SURFACE, about_found
from optviz.ui.points import rounded_point
from optviz.ui.slices import about_slice
from optviz.ui.state import Store
from optviz.ui.trajectories_basins import render_basins
from optviz.ui.trajectories_controls import render_controls, run_title
from optviz.ui.trajectories_fair import render_fair
from optviz.ui.trajectories_settings import render_settings
from optviz.ui.trajectories_state import VIEWS, TrajectoriesState, settings_of

__all__ = ["render"]

PageStore = Store[TrajectoriesState]


def render(page: Page, store: PageStore, scene: str | None) -> None:
    """Draw the page below its headline.

    Args:
        page: The frame.
        store: The page's state.
        scene: The telling scene that is set up, if one is.
    """
    stage, side = st.columns([76, 24], gap="small")
    with side:
        render_controls(page, store)
    with stage:
        _switches(page, store)
        _stage(page, store, scene)
        settings = st.container()
        _notes(page, store)
        render_fair(page, store)
        with settings:  # what may have to wait is drawn last
            render_settings(page, store)


def _switches(page: Page, store: PageStore) -> None:
    text = page.text
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        controls.segment(
            store, "view", text("trajectories.view"), VIEWS,
            lambda view: text(f"trajectories.view_{view}"), label_visibility="collapsed",
        )  # fmt: skip
        controls.switch(
            store, "hessian", text("trajectories.hessian"), help=text("trajectories.hessian_help")
        )
        for name in ("apart", "meter"):
            controls.switch(
                store, name, text(f"trajectories.{name}.switch"),
                help=text(f"trajectories.{name}.help"),
            )  # fmt: skip
        controls.switch(
            store, "shade", text("trajectories.shade"), help=text("trajectories.shade_help"),
            disabled=store.value.view != "map",
        )  # fmt: skip


def _stage(page: Page, store: PageStore, scene: str | None) -> None:
    from optviz.figures.trajectories import (
        basins_figure,
        history_figure,
        landscape_figure,
        styles,
    )
    from optviz.ui.components.stage import Actor, stage
    from optviz.ui.trajectories_paths import comparison
    from optviz.ui.trajectories_step import taken_apart

    text, state, theme = page.text, store.value, page.theme
    try:
        surface = get_surface(state.surface_name)
        compared = comparison(state, text)
    except Problem as problem:
        page.problem(problem)
        return
    paths = [path for path, _ in compared]
    drawn = styles(theme, paths)
    actors = []
    for i, ((path, bent), style) in enumerate(zip(compared, drawn, strict=True)):
        settings = settings_of(state.runs[i], surface.name)
        actors.append(
            Actor(
                title=run_title(page, state.runs, i, surface.name),
                path=path,
                curvature=bent,
                style=style,
                lr=float(settings["lr"]),
                bound=stability_bound(path.optimizer, settings),
                outcome=_outcome(page, path),
                stable=largest_stable_lrs(path.optimizer, settings, bent.eigenvalues[:, 1]),
            )
        )  # fmt: skip

    def start_at(x: float, y: float) -> None:
        store.set(start=rounded_point(x, y, surface.size))

    flat = state.view != "landscape"
    watch = render_basins(page, store, surface) if state.view == "basins" else None
    found = watch.found if watch else None
    if found is not None:
        ground = basins_figure(surface, found, text=text, theme=theme, by=state.basins_by)
    elif flat:
        ground = _map(surface, text, theme, state.shade)
    else:
        ground = None
    stage(
        actors,
        key="trajectories.stage",
        map_figure=ground,
        map_revision=f"{surface.name} {theme.name} {state.shade} {text.code} "
        + (f"{watch.name} {state.basins_by}" if watch is not None and found is not None else ""),
        landscape_figure=None if flat else landscape_figure(surface, paths, text=text, theme=theme),
        history_figure=history_figure(surface, paths, text=text, theme=theme),
        start=state.start,
        steps=state.steps,
        focus=state.focused or 0,
        hessian=state.hessian,
        # Another scene, surface or link places the scrubber anew.
        scene=f"{controls.last_scene('trajectories', scene)} {state.surface_name} {state.step}",
        step=state.step,
        text=text,
        theme=theme,
        on_start=start_at,
        on_focus=lambda i: store.set(focus=i),
        **taken_apart(state, surface, compared, drawn, text=text, theme=theme),
    )
    if watch is not None:
        try:
            watch.wait(text)
        except Problem as problem:
            page.problem(problem)


@lru_cache(maxsize=16)
def _map(surface: Surface, text: Text, theme: Theme, shade: bool) -> Figure:
    """The surface from above: the same however often the start is dragged over it."""
    from optviz.figures.trajectories import map_figure

    made: Figure = map_figure(surface, text=text, theme=theme, shade=shade)
    return made


def _outcome(page: Page, path: Any) -> str:
    text = page.text
    if path.status == "converged":
        return text("trajectories.status.converged", step=path.status_step)
    if path.status == "diverged":
        return text("trajectories.status.diverged", step=path.status_step)
    kind = path.end_kind
    if kind in ("saddle", "maximum", "degenerate"):
        return text(f"trajectories.status.at_{kind}")
    return text("trajectories.status.moving")


def _notes(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value
    try:
        surface = get_surface(state.surface_name)
    except Problem:
        return  # the stage has said so
    if state.surface == OWN_SURFACE:
        st.markdown(f":material/visibility: {about_found(page, surface)}")
    else:
        st.markdown(
            f":material/visibility: **{text(f'surface.{surface.name}.title')}.** "
            + text(f"surface.{surface.name}.notice")
        )
        if isinstance(surface.function, LossSlice):
            st.caption(about_slice(page, surface.function))
    with st.expander(text("trajectories.about"), icon=":material/function:"):
        st.latex(surface.latex)
        st.caption(
            text(
                "trajectories.domain",
                x0=surface.x_range[0], x1=surface.x_range[1],
                y0=surface.y_range[0], y1=surface.y_range[1],
                source=surface.source or text("own.source"),
            )
        )  # fmt: skip
        shown = {run.optimizer: None for run in state.runs}
        for name in shown:
            spec = get_optimizer(name)
            st.markdown(
                f"**{text(f'optimizer.{name}.title')}.** {text(f'optimizer.{name}.explain')}"
                f"\n\n${spec.latex}$"
            )
        st.markdown(text("trajectories.exactness"))
