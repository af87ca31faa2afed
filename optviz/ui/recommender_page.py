"""The Recommender page: controls beside the live chart, then what the model has learnt."""

from __future__ import annotations

from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.recommender import Curve, loss_figure
from optviz.recommender.config import CONTROLS, DEFAULTS, MODELS, PRESETS, controls_shown
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.recommender_results import render_results
from optviz.ui.recommender_runs import Run, Runs, reference, runs
from optviz.ui.recommender_state import RecommenderState, fields_of
from optviz.ui.state import Store, remember

__all__ = ["render"]

_REFRESH = 0.5
_MAIN = ("n_factors", "regularization", "hidden", "embedding_dropout", "dropout")
_LOG = ("lr", "weight_decay", "init_scale")


def render(page: Page, store: Store[RecommenderState]) -> None:
    """Draw the page below its headline."""
    every = runs()
    stage, side = st.columns([7, 3], gap="medium")
    with side:
        _data(page, every)
        _settings(page, store)
    with stage:
        _stage(page, store, every)


def _data(page: Page, every: Runs) -> None:
    text = page.text
    problem: list[Problem] = remember("recommender upload problem", list)
    data = every.current_data()
    ratings = data.ratings
    st.markdown(
        text(
            "recommender.data.now",
            name=ratings.label(text),
            ratings=f"{ratings.n_ratings:,}",
            users=f"{ratings.n_users:,}",
            items=f"{ratings.n_items:,}",
        )
    )

    def take() -> None:
        problem.clear()
        given = st.session_state.get("recommender.upload")
        try:
            if given is None:
                every.bundled()
            else:
                every.upload(given.getvalue())
        except Problem as wrong:
            problem.append(wrong)

    with st.expander(text("recommender.data.own"), icon=":material/upload_file:"):
        st.file_uploader(
            text("recommender.data.upload"),
            key="recommender.upload",
            on_change=take,
            help=text("recommender.data.help"),
        )
        for wrong in problem:
            page.problem(wrong)
        if data.source is not None:
            st.button(
                text("recommender.data.bundled"), key="recommender.bundled", on_click=every.bundled
            )


def _settings(page: Page, store: Store[RecommenderState]) -> None:
    text, state = page.text, store.value

    def pick_model() -> None:
        name = st.session_state[store.key("model")]
        # Each model has defaults of its own; split and seed stay as they are.
        if name in MODELS:
            kept = {
                "split": state.split,
                "seed": state.seed,
                "valid_fraction": state.valid_fraction,
            }
            store.set(**fields_of(DEFAULTS[name]) | kept)
        else:
            st.session_state[store.key("model")] = state.model

    bound = store.bind("model")
    st.radio(
        text("control.model.label"),
        list(MODELS),
        format_func=lambda name: text(f"choice.model.{name}"),
        key=bound["key"],
        on_change=pick_model,
        help=text(f"model.{state.model}.explain"),
    )
    shown = [c.name for c in controls_shown(state.config()) if c.name != "model"]
    for name in shown:
        if name in (*_MAIN, "epochs", "optimizer", "lr"):
            _control(page, store, name)
    with st.expander(text("recommender.more"), icon=":material/tune:"):
        for name in shown:
            if name not in (*_MAIN, "epochs", "optimizer", "lr"):
                _control(page, store, name)


def _control(page: Page, store: Store[RecommenderState], name: str) -> None:
    text, control = page.text, CONTROLS[name]
    label, about = text(f"control.{name}.label"), text(f"control.{name}.help")
    if control.kind == "choice":
        controls.choose(
            store, name, label, list(control.choices),
            lambda value: text(f"choice.{name}.{value}"), help=about,
        )  # fmt: skip
        return
    low, high = control.usual
    value = getattr(store.value, name)
    if control.log or not low <= value <= high or name == "seed":
        controls.typed_number(
            store, name, label, text, whole=control.kind == "int",
            help=about + " " + text("recommender.limits", low=f"{control.minimum:g}",
                                    high=f"{control.maximum:g}"),
        )  # fmt: skip
    elif control.kind == "int":
        controls.slider(store, name, label, int(low), int(high), 1, help=about)
    else:
        controls.slider(store, name, label, float(low), float(high), 0.01, help=about)


def _stage(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    _buttons(page, store, every)
    working = every.busy
    # Only while a run is under way does this part of the page look again by itself.
    st.fragment(run_every=_REFRESH if working else None)(_live)(page, store, every, working)
    with st.expander(page.text("recommender.formula"), icon=":material/function:"):
        st.latex(MODELS[store.value.model].latex)
        st.markdown(page.text(f"model.{store.value.model}.explain"))
    run = every.run
    if run is not None and run.fitted is not None:
        render_results(page, run)


def _buttons(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    text, run = page.text, every.run
    problem: list[Problem] = remember("recommender start problem", list)

    def start() -> None:
        problem.clear()
        try:
            every.start(store.value.config())
        except Problem as wrong:
            problem.append(wrong)

    state = run.job.state if run is not None else None
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if run is None or run.job.finished:
            st.button(
                text("recommender.train"), key="recommender.train", type="primary",
                icon=":material/play_arrow:", on_click=start,
            )  # fmt: skip
        else:
            if state == "paused":
                st.button(
                    text("recommender.resume"), key="recommender.resume", type="primary",
                    icon=":material/play_arrow:", on_click=run.job.resume,
                )  # fmt: skip
            else:
                st.button(
                    text("recommender.pause"), key="recommender.pause",
                    icon=":material/pause:", on_click=run.job.pause,
                )  # fmt: skip
            st.button(
                text("recommender.stop"), key="recommender.stop",
                icon=":material/stop:", on_click=run.job.stop,
            )  # fmt: skip
    for wrong in problem:
        page.problem(wrong)


def _live(page: Page, store: Store[RecommenderState], every: Runs, working: bool) -> None:
    run, config = every.run, store.value.config()
    if run is not None:
        run.read()
        if working and run.job.finished:
            st.rerun()
    data = every.current_data()
    if run is None:
        curve, drawn = Curve(baselines=reference(data, config)), config
    else:
        curve, drawn = run.curve(), run.config
    stale = run is not None and not working and (run.config != config or run.data is not data)
    figure = loss_figure(
        curve,
        text=page.text,
        theme=page.theme,
        total_epochs=drawn.epochs,
        printed=next((p.printed for p in PRESETS.values() if p.config == drawn), None),
        stale=stale,
    )
    chart(figure, key="recommender.loss", height=380)
    if run is None:
        st.caption(page.text("recommender.before"))
    else:
        _status(page, run, stale)


def _status(page: Page, run: Run, stale: bool) -> None:
    text, job = page.text, run.job
    if job.state == "failed":
        page.problem(run.problem or Problem("recommender.failed"))
    elif job.state == "cancelled":
        st.info(text("recommender.cancelled"))
    elif not job.finished:
        _progress(page, job)
    ratings = run.data.ratings
    parts = [
        text(f"choice.model.{run.config.model}"),
        ratings.label(text),
        text("recommender.split.lesson")
        if run.config.split == "lesson"
        else text("recommender.split.random", share=100 * run.config.valid_fraction),
        text("recommender.seed", seed=run.config.seed),
    ]
    if run.epochs:
        last = max(run.epochs)
        value = run.epochs[last][1]
        st.markdown(text("recommender.reached", mse=value, epoch=last))
    st.caption(" · ".join(parts))
    if stale:
        st.caption(text("recommender.stale"))


def _progress(page: Page, job: Any) -> None:
    text, progress = page.text, job.progress
    if job.state == "queued" or progress is None:
        st.progress(0.0, text("recommender.progress.start"))
        return
    words = text("recommender.progress.share", share=100 * progress.fraction)
    if job.state == "paused":
        words += " · " + text("recommender.progress.paused")
    elif progress.eta is not None:
        rate = progress.done / progress.seconds if progress.seconds > 0 else 0.0
        words += " · " + text("recommender.progress.rate", rate=f"{rate:,.0f}")
        words += " · " + text("recommender.progress.eta", seconds=progress.eta)
    st.progress(progress.fraction, words)
