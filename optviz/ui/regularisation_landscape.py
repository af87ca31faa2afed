"""The landscape of a real network: its loss on a plane, and trainings laid on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.recommender.landscape import RecommenderLandscape
from optviz.training.landscape import DIRECTIONS, Landscape
from optviz.training.landscape_tasks import OPTIMIZERS, SmallLandscape
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.recommender_runs import runs
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.regularisation_jobs import Studies, Study, studies
from optviz.ui.regularisation_norm import render_action, render_network, render_progress
from optviz.ui.regularisation_state import MODELS, VIEWS, RegularisationState
from optviz.ui.state import Store, bind_value
from optviz.ui.waiting import keep_up, renewed

__all__ = ["render_landscape"]

PageStore = Store[RegularisationState]
Request = SmallLandscape | RecommenderLandscape

_HEIGHT = 430


def render_landscape(
    page: Page, store: PageStore, scene: str | None, render_parts: Callable[[], None]
) -> None:
    """Draw the part.

    Args:
        page: The frame.
        store: The page's state.
        scene: The scene that the state is, if it is one.
        render_parts: Draws the switch between the page's parts.
    """
    every = studies("landscape", "setup")
    recipe = Store(RecommenderState, own_address=False).value.config()
    request: Request | None = None
    stage, side = st.columns([76, 24], gap="small")
    with side:
        _controls(page, store)
    try:
        request = store.value.landscape(recipe, runs().source)
        every.look(request, scene)
    except Problem as problem:
        with stage:
            page.problem(problem)
    with stage:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            render_parts()
            if request is not None:
                render_action(page, every, request)
            controls.segment(
                store, "view", page.text("trajectories.view"), VIEWS,
                lambda view: page.text(f"regularisation.landscape.view_{view}"),
                label_visibility="collapsed",
            )  # fmt: skip
        renewed(_live, every.busy)(page, store, every, request, every.busy)
        with st.expander(page.text("regularisation.landscape.about"), icon=":material/menu_book:"):
            st.markdown(page.text("regularisation.landscape.read"))


def _controls(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value
    controls.choose(
        store, "model", text("regularisation.landscape.model"), MODELS,
        lambda name: text(f"learning_rate.model.{name}"),
    )  # fmt: skip
    controls.segment(
        store, "directions", text("regularisation.landscape.plane"), DIRECTIONS,
        lambda name: text(f"regularisation.landscape.plane_{name}"),
        help=text("regularisation.landscape.plane_help"),
    )  # fmt: skip
    _paths(page, store)
    if state.model == "digits":
        controls.switch(store, "normalised", text("regularisation.norm.normalised"))
        render_network(page, store)
    else:
        st.caption(text("regularisation.landscape.recipe"))
        controls.typed_number(
            store, "seed", text("regularisation.landscape.seed"), text, whole=True
        )
        controls.slider(
            store, "points", text("regularisation.points"), 11, 61, 2,
            help=text("regularisation.points_help"),
        )  # fmt: skip


def _paths(page: Page, store: PageStore) -> None:
    """A tick for each optimizer."""
    text = page.text
    st.caption(
        text("regularisation.landscape.optimizers"),
        help=text("regularisation.landscape.optimizers_help"),
    )
    columns = st.columns(2, gap="small")
    for i, name in enumerate(OPTIMIZERS):

        def take(on: bool, name: str = name) -> None:
            others = set(store.value.optimizers) - {name}
            store.set(optimizers=tuple(others | {name} if on else others))

        followed = name in store.value.optimizers
        columns[i % 2].checkbox(
            text(f"regularisation.decay.rule_{name}"),
            followed,
            **bind_value(f"regularisation.follow.{name}", followed, take),
        )


def _live(
    page: Page, store: PageStore, every: Studies, request: Request | None, working: bool
) -> None:
    from optviz.figures.landscape import landscape_figure, plane_figure, truth_figure

    text, theme, study = page.text, page.theme, every.current
    keep_up(study, working)
    stale = study is not None and study.request != request
    found: Landscape | None = study.result if study is not None else None
    xs, ys, losses = _grid(study, found)
    digits = study is None or isinstance(study.request, SmallLandscape)
    loss_name = text(f"regularisation.landscape.loss_{'digits' if digits else 'stars'}")
    shared: dict[str, Any] = {
        "text": text, "theme": theme, "loss_name": loss_name, "stale": stale,
    }  # fmt: skip
    paths = found.paths if found is not None else ()
    revision = repr(study.request) if study is not None else ""
    left, right = st.columns([62, 38], gap="small")
    with left:
        if store.value.view == "relief" and np.isfinite(losses).any():
            figure = landscape_figure(xs, ys, losses, paths, revision=revision, **shared)
        else:
            titles = _titles(page, study, found)
            figure = plane_figure(xs, ys, losses, paths, titles, revision=revision, **shared)
        chart(figure, key="regularisation.plane", height=_HEIGHT)
    with right:
        chart(truth_figure(paths, **shared), key="regularisation.truth", height=_HEIGHT)
    render_progress(page, study, stale)
    if found is not None:
        _facts(page, found)


def _grid(study: Study | None, found: Landscape | None) -> tuple[Any, Any, Any]:
    """The grid as far as it is known."""
    if found is not None:
        return found.xs, found.ys, found.losses
    for kind, data in reversed(study.events if study is not None else []):
        if kind == "grid":
            return data["xs"], data["ys"], data["losses"]
    axis = np.linspace(-1, 1, 3)
    return axis, axis, np.full((3, 3), np.nan)


def _titles(page: Page, study: Study | None, found: Landscape | None) -> tuple[str, str]:
    text = page.text
    if found is None or found.explained is None:
        return (
            text("regularisation.norm.direction", number=1),
            text("regularisation.norm.direction", number=2),
        )
    first, second = (
        text("regularisation.landscape.component", number=i + 1, share=f"{100 * share:.0f}")
        for i, share in enumerate(found.explained)
    )
    return first, second


def _facts(page: Page, found: Landscape) -> None:
    """How much of the way lies in the plane, and how wrong the picture is."""
    text = page.text
    with st.container(key="regularisation-facts"):
        if found.explained is not None:
            st.markdown(
                text("regularisation.landscape.truth")
                + " "
                + text(
                    "regularisation.landscape.explained",
                    share=f"{100 * sum(found.explained):.0f}",
                    first=f"{100 * found.explained[0]:.0f}",
                    second=f"{100 * found.explained[1]:.0f}",
                )
            )
        else:
            st.markdown(text("regularisation.landscape.random"))
        st.dataframe(
            {
                text("regularisation.landscape.run"): [
                    text(f"optimizer.{path.optimizer}.title") for path in found.paths
                ],
                text("regularisation.landscape.true"): [_last(p.losses) for p in found.paths],
                text("regularisation.landscape.projected"): [
                    _last(p.projected) for p in found.paths
                ],
                text("regularisation.landscape.difference"): [
                    float(np.max(np.abs(p.losses - p.projected))) for p in found.paths
                ],
                text("regularisation.landscape.outside"): [
                    100 * float(p.outside[-1]) for p in found.paths
                ],
            },
            hide_index=True,
            width="stretch",
            column_config={
                text("regularisation.landscape.outside"): st.column_config.NumberColumn(
                    format="%.0f %%"
                ),
                **{
                    text(f"regularisation.landscape.{name}"): st.column_config.NumberColumn(
                        format="%.4f"
                    )
                    for name in ("true", "projected", "difference")
                },
            },
        )
        st.caption(
            text(
                "regularisation.landscape.protocol",
                points=f"{len(found.xs)} × {len(found.ys)}",
                rows=f"{found.rows:,}",
                seconds=f"{found.seconds:.1f}",
                centre=f"{found.centre:.4g}",
            )
        )


def _last(values: Any) -> float:
    return float(values[-1])
