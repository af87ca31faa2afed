"""The Schedules page: its parts, and the schedules that the first two share."""

from __future__ import annotations

import streamlit as st

from optviz.core.problem import Problem
from optviz.training.schedules import SCHEDULES, cycles_length, sgdr_restarts
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.schedules_layers import layer_controls, render_layers
from optviz.ui.schedules_path import path_controls, render_path
from optviz.ui.schedules_recommender import recommender_controls, render_recommender
from optviz.ui.schedules_state import PARTS, SchedulesState
from optviz.ui.state import Store, bind_value, remember

__all__ = ["render"]

PageStore = Store[SchedulesState]


def render(page: Page, store: PageStore, scene: str | None) -> None:
    """Draw the page below its chips.

    Args:
        page: The frame.
        store: The page's state.
        scene: The telling scene that is set up, if one is.
    """
    text = page.text
    stage, side = st.columns([76, 24], gap="small")
    with side:
        part = store.value.part
        if part == "layers":
            layer_controls(page, store)
        else:
            _schedules(page, store)
            (path_controls if part == "path" else recommender_controls)(page, store)
    with stage:
        controls.switch_parts(store, text, PARTS)
        if part == "path":
            render_path(page, store, scene)
        elif part == "recommender":
            render_recommender(page, store, scene)
        else:
            render_layers(page, store, scene)
        if part != "layers":
            _about(page, store.value)


def _schedules(page: Page, store: PageStore) -> None:
    """Which schedules are compared, and what shapes them."""
    text, state = page.text, store.value
    refused: list[Problem] = remember("schedules refused", list)

    def take(names: list[str]) -> None:
        refused.clear()
        try:
            store.set(schedules=tuple(names))
        except Problem as problem:
            refused.append(problem)

    st.pills(
        text("schedules.compare"),
        list(SCHEDULES),
        selection_mode="multi",
        default=list(state.schedules),
        format_func=lambda name: text(f"choice.schedule.{name}"),
        help=text("schedules.compare_help"),
        **bind_value(f"schedules.compare.{text.code}", list(state.schedules), take),
    )
    for problem in refused:
        page.problem(problem)
    controls.slider(store, "epochs", text("schedules.epochs"), 1, 100)
    needed = {name for key in state.schedules for name in SCHEDULES[key].parameters}
    if "cycle_len" in needed:
        first, second = st.columns(2, gap="small")
        with first:
            controls.slider(
                store, "cycle_len", text("schedules.cycle_len"), 1, 100,
                help=text("schedules.cycle_len_help"),
            )  # fmt: skip
        with second:
            controls.slider(
                store, "cycle_mult", text("schedules.cycle_mult"), 1, 4,
                help=text("schedules.cycle_mult_help"),
            )  # fmt: skip
        st.caption(_cycles(page, state))
    if "gamma" in needed:
        controls.slider(store, "gamma", text("schedules.gamma"), 0.5, 1.0, 0.005, format="%.3f")
    if "step_epochs" in needed:
        controls.slider(store, "step_epochs", text("schedules.step_epochs"), 1, 100)
    if "warmup" in needed:
        controls.slider(store, "warmup", text("schedules.warmup"), 1, 100)


def _cycles(page: Page, state: SchedulesState) -> str:
    """Where the restarts are, and how long the cycles last together."""
    restarts = sgdr_restarts(state.epochs, state.cycle_len, state.cycle_mult)
    n = len(restarts) + 1
    mult = state.cycle_mult
    shown = (
        f"${state.cycle_len} \\cdot {n}$" if mult == 1
        else f"$\\frac{{{state.cycle_len}\\,({mult}^{n}-1)}}{{{mult}-1}}$"
    )  # fmt: skip
    total = f"{cycles_length(n, state.cycle_len, mult):g}"
    if not restarts:
        return page.text("schedules.cycles_none", total=total)
    listed = ", ".join(f"{at:g}" for at in restarts[:6]) + (" …" if len(restarts) > 6 else "")
    return page.text("schedules.cycles", restarts=listed, n=n, formula=shown, total=total)


def _about(page: Page, state: SchedulesState) -> None:
    text = page.text
    with st.expander(text("schedules.about"), icon=":material/function:"):
        for name in state.schedules:
            spec = SCHEDULES[name]
            st.markdown(
                f"**{text(f'choice.schedule.{name}')}.** {text(f'schedule.{name}.explain')}"
            )
            st.latex(spec.latex)
            st.caption(text("schedules.source", source=spec.source, torch=spec.torch_class))
        st.markdown(text("schedules.exactness"))
