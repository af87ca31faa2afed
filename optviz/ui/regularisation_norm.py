"""Batch normalisation: one network with and without it, measured side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.training.batch_norm import BATCHES, NormPlan, NormSide, NormStudy, stable_range
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.followed import Asked, Shelf
from optviz.ui.frame import Page
from optviz.ui.regularisation_jobs import Study, studies
from optviz.ui.regularisation_state import SIZES, RegularisationState
from optviz.ui.state import Store, bind_value, guarded
from optviz.ui.waiting import keep_up, renewed

__all__ = ["known_so_far", "render_action", "render_network", "render_norm"]

PageStore = Store[RegularisationState]

_HEIGHT = 340
_SMALL = 300


def render_norm(
    page: Page, store: PageStore, scene: str | None, render_parts: Callable[[], None]
) -> None:
    """Draw the part.

    Args:
        page: The frame.
        store: The page's state.
        scene: The scene that the state is, if it is one.
        render_parts: Draws the switch between the page's parts.
    """
    every = studies("norm", "plan")
    request = store.value.norm_plan()
    every.look(request, scene)
    stage, side = st.columns([76, 24], gap="small")
    with side:
        render_network(page, store)
        controls.typed_number(
            store, "rate", page.text("hyperparameter.lr.label"), page.text,
            help=page.text("hyperparameter.lr.help"),
        )  # fmt: skip
        st.select_slider(
            page.text("regularisation.norm.shown"),
            BATCHES,
            value=store.value.shown,
            help=page.text("regularisation.norm.shown_help"),
            **bind_value(
                "regularisation.shown.pick",
                store.value.shown,
                lambda size: store.set(shown=size),
            ),
        )
    with stage:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            render_parts()
            render_action(page, every, request)
        renewed(_live, every.busy)(page, store, every, request, every.busy)


def render_network(page: Page, store: PageStore) -> None:
    """The controls of the small network."""
    text = page.text
    controls.slider(store, "depth", text("regularisation.norm.depth"), 1, 8, 1)
    st.select_slider(
        text("learning_rate.batch"),
        SIZES,
        value=store.value.batch,
        **bind_value(
            "regularisation.batch.pick", store.value.batch, lambda size: store.set(batch=size)
        ),
    )
    controls.slider(store, "epochs", text("regularisation.norm.epochs"), 1, 50, 1)
    controls.typed_number(
        store, "seed", text("learning_rate.seed.label"), text, whole=True,
        help=text("learning_rate.seed.help"),
    )  # fmt: skip
    controls.slider(
        store, "points", text("regularisation.points"), 11, 61, 2,
        help=text("regularisation.points_help"),
    )  # fmt: skip


def render_action(
    page: Page, every: Shelf[Any], request: object, name: str = "regularisation"
) -> None:
    """The button that computes or cancels, always in one place.

    Args:
        page: The frame.
        every: What it starts and cancels.
        request: What the settings ask for.
        name: Begins its key.
    """
    text, study = page.text, every.current
    if every.busy:
        st.button(
            text("learning_rate.cancel"), key=f"{name}.cancel", icon=":material/stop:",
            on_click=guarded(every.cancel),
        )  # fmt: skip
        return
    known = study is not None and study.request == request and study.state == "done"
    st.button(
        text("regularisation.compute"),
        key=f"{name}.compute", icon=":material/play_arrow:",
        type="secondary" if known else "primary", disabled=known,
        on_click=guarded(every.start), args=(request,),
    )  # fmt: skip


def known_so_far(study: Study | None, plan: NormPlan) -> NormStudy:
    """The result, or what its events have told until now."""
    if study is not None and study.result is not None:
        found: NormStudy = study.result
        return found
    points = study.request.points if study is not None else plan.points
    known = NormStudy(NormSide(), NormSide(), np.linspace(-1, 1, points | 1))
    for kind, data in study.events if study is not None else ():
        if kind == "piece":
            known = known.with_piece(data["side"], **{data["name"]: data["value"]})
    return known


def _live(
    page: Page, store: PageStore, every: Shelf[Study], request: NormPlan, working: bool
) -> None:
    from optviz.figures.batch_norm import (
        activations_figure,
        curvature_figure,
        modes_figure,
        rates_figure,
        surfaces_figure,
    )

    text, theme, study = page.text, page.theme, every.current
    keep_up(study, working)
    known = known_so_far(study, request)
    stale = study is not None and study.request != request
    chart(
        surfaces_figure(known, text=text, theme=theme, stale=stale),
        key="regularisation.surfaces", height=_HEIGHT,
    )  # fmt: skip
    render_progress(page, study, stale)
    with st.container(key="regularisation-facts"):
        st.markdown(_facts(page, known))
    names = ("rates", "curvature", "activations", "modes")
    tabs = st.tabs([text(f"regularisation.norm.tab.{name}") for name in names])
    with tabs[0]:
        st.markdown(text("regularisation.norm.read.rates"))
        chart(
            rates_figure(known, text=text, theme=theme, stale=stale),
            key="regularisation.rates", height=_SMALL,
        )  # fmt: skip
    with tabs[1]:
        st.markdown(text("regularisation.norm.read.curvature"))
        lr = study.request.lr if study is not None else request.lr
        chart(
            curvature_figure(known, lr, text=text, theme=theme, stale=stale),
            key="regularisation.curvature", height=_SMALL,
        )  # fmt: skip
    with tabs[2]:
        st.markdown(text("regularisation.norm.read.activations"))
        chart(
            activations_figure(known, text=text, theme=theme, stale=stale),
            key="regularisation.activations", height=_SMALL,
        )  # fmt: skip
    with tabs[3]:
        st.markdown(text("regularisation.norm.read.modes"))
        modes = known.normalised.modes
        if not modes:
            st.caption(text("regularisation.norm.not_yet"))
            return
        one = modes[store.value.shown]
        st.markdown(
            text(
                "regularisation.norm.modes",
                size=store.value.shown, draws=len(one.train_accuracy),
                train=f"{100 * one.train_accuracy.mean():.1f}",
                eval=f"{100 * one.eval_accuracy.mean():.1f}",
                train_loss=f"{one.train_loss:.3g}", eval_loss=f"{one.eval_loss:.3g}",
            )
        )  # fmt: skip
        chart(
            modes_figure(dict(modes), store.value.shown, text=text, theme=theme, stale=stale),
            key="regularisation.modes", height=_SMALL,
        )  # fmt: skip


def render_progress(page: Page, study: Asked | None, stale: bool) -> None:
    """A bar that is always there, so that nothing below it moves; and what went wrong."""
    text = page.text
    if study is None:
        st.progress(0.0, text("jobs.state.queued"))
        return
    progress = study.job.progress
    done = study.state == "done"
    words = text("regularisation.stale") if stale and study.finished else text(
        f"jobs.state.{study.state}"
    )  # fmt: skip
    st.progress(1.0 if done else progress.fraction if progress else 0.0, words)
    if study.state == "failed":
        page.problem(study.problem or Problem("regularisation.failed"))


def _facts(page: Page, known: NormStudy) -> str:
    """The measured differences, in one line each; what is not yet known is left out."""
    text = page.text
    said = []
    sweeps = known.plain.sweep, known.normalised.sweep
    if sweeps[0] is not None and sweeps[1] is not None:
        plain, normalised = stable_range(sweeps[0]), stable_range(sweeps[1])
        if plain is None or normalised is None:
            missing = "both" if plain is normalised else "plain" if plain is None else "normalised"
            there = plain or normalised
            low, high = there or (0.0, 0.0)
            said.append(
                text(f"regularisation.norm.range_{missing}", low=f"{low:.2g}", high=f"{high:.2g}")
            )
        else:
            widths = plain[1] / plain[0], normalised[1] / normalised[0]
            said.append(
                text(
                    "regularisation.norm.range",
                    low=f"{plain[0]:.2g}", high=f"{plain[1]:.2g}", width=f"{widths[0]:.3g}",
                    low2=f"{normalised[0]:.2g}", high2=f"{normalised[1]:.2g}",
                    width2=f"{widths[1]:.3g}",
                )
            )  # fmt: skip
    if known.plain.full is not None and known.normalised.full is not None:
        curved = known.plain.eigenvalues, known.normalised.eigenvalues
        assert curved[0] is not None and curved[1] is not None  # told before ``full``
        said.append(
            text(
                "regularisation.norm.ends",
                full=f"{known.plain.full:.3g}", full2=f"{known.normalised.full:.3g}",
                top=f"{curved[0][-1]:.3g}", top2=f"{curved[1][-1]:.3g}",
            )
        )  # fmt: skip
    return "  \n".join(said) or text("regularisation.norm.not_yet")
