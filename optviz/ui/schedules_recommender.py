"""The Schedules page's second part: the recommender, trained with each schedule."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from optviz.recommender.config import DEFAULTS
from optviz.training.schedules import make_schedule
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.schedules_jobs import Trainings, trainings
from optviz.ui.schedules_state import RECOMMENDERS, SchedulesState
from optviz.ui.state import Store, guarded
from optviz.ui.waiting import renewed

__all__ = ["recommender_controls", "render_recommender"]

PageStore = Store[SchedulesState]

TRAIN = "optviz.recommender.tasks:train_task"
_POINTS = 1401
"""At which a curve of rates is drawn."""


def recommender_controls(page: Page, store: PageStore) -> None:
    """Draw what is trained, and for how long."""
    text, state = page.text, store.value
    controls.radio(
        store, "model", text("schedules.model"), RECOMMENDERS,
        lambda name: text(f"choice.model.{name}"),
    )  # fmt: skip
    controls.slider(
        store, "passes", text("schedules.passes"), 1, 30, help=text("schedules.passes_help")
    )
    controls.typed_number(
        store, "model_lr", text("schedules.lr"), text, help=text("schedules.lr_help")
    )
    st.caption(
        text(
            "schedules.squeezed", epochs=state.epochs, passes=state.passes,
            each=f"{state.passes / state.epochs:.3g}",
        )
    )  # fmt: skip


def _request(state: SchedulesState) -> Any:
    return (state.model, state.schedules, state.passes, state.model_lr,
            tuple(state.squeezed.items()))  # fmt: skip


def _tasks(state: SchedulesState) -> dict[str, tuple[str, dict[str, Any]]]:
    config = DEFAULTS[state.model].replace(
        epochs=state.passes, lr=state.model_lr, schedule="constant"
    )
    return {
        name: (
            TRAIN,
            {
                "source": None,
                "config": config.to_dict(),
                "schedule": {
                    "name": name, "lr": state.model_lr, "epochs": state.passes, **state.squeezed
                },
            },
        )
        for name in state.schedules
    }  # fmt: skip


def render_recommender(page: Page, store: PageStore, scene: str | None) -> None:
    """Draw the curves, the trainings, and what they reached; the first look and a scene train.

    Args:
        page: The frame.
        store: The page's state.
        scene: The telling scene that is set up, if one is.
    """
    text, state = page.text, store.value
    every = trainings("recommender")
    every.read()
    if every.begins(_request(state), scene):
        every.start(_request(state), _tasks(state))
    _buttons(page, state, every)
    renewed(_live, every.busy)(page, state, every, every.busy)
    st.caption(text("schedules.protocol", seed=DEFAULTS[state.model].seed))


def _buttons(page: Page, state: SchedulesState, every: Trainings) -> None:
    text = page.text
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            text("schedules.train", count=len(state.schedules)), key="schedules.train",
            type="primary", icon=":material/play_arrow:", disabled=every.busy,
            on_click=guarded(lambda: every.start(_request(state), _tasks(state))),
        )  # fmt: skip
        st.button(
            text("schedules.cancel"), key="schedules.cancel", icon=":material/stop:",
            disabled=not every.busy, on_click=guarded(every.cancel),
        )  # fmt: skip


def _live(page: Page, state: SchedulesState, every: Trainings, working: bool) -> None:
    from optviz.figures.schedules import Lesson, lessons_figure
    from optviz.ui.components import chart

    text = page.text
    every.read()
    if working and not every.busy:
        st.rerun()
    stale = every.request is not None and every.request != _request(state)
    at = np.linspace(0, state.passes, _POINTS)
    known = {run.name: run for run in every.runs}
    lessons = []
    for name in state.schedules:
        rate = make_schedule(name, state.model_lr, state.passes, **state.squeezed)
        valid = known[name].valid if name in known else {}
        epochs = sorted(valid)
        lessons.append(
            Lesson(
                name,
                text(f"choice.schedule.{name}"),
                at,
                np.array([rate(min(t, state.passes * (1 - 1e-9)))[0] for t in at]),
                np.array(epochs, dtype=np.float64),
                np.array([valid[epoch] for epoch in epochs]),
                stale,
            )
        )
    baselines = next((run.baselines for run in every.runs if run.baselines), {})
    figure = lessons_figure(lessons, baselines, state.passes, text=text, theme=page.theme)
    chart(figure, key="schedules.lessons", height=430)
    _status(page, every, stale)


def _status(page: Page, every: Trainings, stale: bool) -> None:
    text = page.text
    for run in every.runs:
        if run.problem is not None:
            page.problem(run.problem)
            return
    if not every.runs:
        st.progress(0.0, text("schedules.ready"))
        return
    if any(run.state == "failed" for run in every.runs):
        st.progress(0.0, text("schedules.failed"))
        return
    if any(run.state == "cancelled" for run in every.runs):
        st.progress(0.0, text("schedules.cancelled"))
        return
    if every.busy:
        st.progress(every.fraction, text("schedules.training", share=100 * every.fraction))
        return
    reached = [
        f"{text(f'choice.schedule.{run.name}')} {run.valid[max(run.valid)]:.4f}"
        for run in every.runs if run.valid
    ]  # fmt: skip
    words = text("schedules.reached", list=" · ".join(reached))
    st.progress(1.0, f"{words} {text('schedules.stale')}" if stale else words)
