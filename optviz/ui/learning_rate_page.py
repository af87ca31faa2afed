"""The Learning rate page: a sweep drawn as it runs, what the rules read off it, a rate to pick."""

from __future__ import annotations

import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.lr_finder import SweepCurve, rate_text, sweep_figure
from optviz.recommender.config import TrainConfig
from optviz.training.lr_curve import END_LR, START_LR
from optviz.ui import controls
from optviz.ui.components import Click, chart
from optviz.ui.frame import PAGES, Page
from optviz.ui.learning_rate_many import render_many
from optviz.ui.learning_rate_results import (
    default_rate,
    read_rules,
    render_facts,
    render_rules,
    render_trial,
)
from optviz.ui.learning_rate_settings import render_settings
from optviz.ui.learning_rate_state import RECOMMENDERS, LearningRateState, Request, suited
from optviz.ui.learning_rate_sweeps import SweepRun, Sweeps, sweeps
from optviz.ui.recommender_runs import runs
from optviz.ui.recommender_state import RecommenderState, fields_of
from optviz.ui.state import Store, guarded, remember
from optviz.ui.waiting import keep_up, renewed

__all__ = ["adopt", "render"]

_HEIGHT = 345
# A label beside its box, not above it: the stage should begin high up. A phone takes two rows.
# What is said below the chart keeps its height, so that nothing under it jumps.
_STYLE = """
.st-key-learning_rate-status { min-height: 2.9rem; }
.st-key-learning_rate-rate { flex-wrap: nowrap; }
.st-key-frame-scroll-lr-groups > div { min-width: 560px; }
@media (max-width: 640px) {
  .st-key-learning_rate-go { flex-wrap: nowrap; justify-content: space-between; gap: 0.5rem; }
  div:has(> .st-key-learning_rate-go), .st-key-learning_rate-go { min-width: 100%; }
  .st-key-learning_rate-rate .stTextInput { width: 7rem; }
  .st-key-learning_rate-rate .stElementContainer:has(.stMarkdown) { display: none; }
  .st-key-learning_rate-go .stButton p { white-space: nowrap; font-size: 0.875rem; }
  .st-key-learning_rate-go .stButton [data-testid="stIconMaterial"] { display: none; }
}
"""


def adopt(store: Store[LearningRateState]) -> None:
    """On the first visit, start from what the Recommender page is set to, if it was changed."""
    opened: dict[str, bool] = remember("learning rate opened", dict)
    if opened:
        return
    opened["yes"] = True
    other = _recommender().value
    if (
        store.value == LearningRateState()
        and other.model in RECOMMENDERS
        and other != RecommenderState()
    ):
        store.set(**suited(other.model, other.config()))


def render(page: Page, store: Store[LearningRateState], scene: str | None) -> None:
    """Draw the page below its chips.

    Args:
        page: The frame.
        store: The page's state.
        scene: The scene that the state is, if it is one.
    """
    every = sweeps()
    on_page = _recommender().value.config()
    stage, side = st.columns([7, 3], gap="medium")
    problem: Problem | None = None
    request: Request | None = None
    try:
        request = store.value.request(on_page, runs().source)
    except Problem as wrong:
        problem = wrong
    with side:
        render_settings(page, store, on_page, problem)
    if request is not None:
        every.look(request, scene)
    with stage:
        _stage(page, store, every, request, on_page)


def _recommender() -> Store[RecommenderState]:
    return Store(RecommenderState, own_address=False)


def _stage(
    page: Page,
    store: Store[LearningRateState],
    every: Sweeps,
    request: Request | None,
    on_page: TrainConfig,
) -> None:
    run, working = every.current, every.busy
    rules, _ = read_rules(run, store.value.smoothing)
    stale = run is None or run.request != request
    rate = store.value.picked or (None if stale else default_rate(rules))
    _actions(page, store, every, request, on_page, rate)
    renewed(_live, working)(page, store, every, request, working)
    render_trial(page, every, request, store.value.model)
    render_many(page, store, request, on_page)
    with st.expander(page.text("learning_rate.read.title"), icon=":material/menu_book:"):
        st.markdown(page.text("learning_rate.read.body"))


def _actions(
    page: Page,
    store: Store[LearningRateState],
    every: Sweeps,
    request: Request | None,
    on_page: TrainConfig,
    rate: float | None,
) -> None:
    text, run = page.text, every.current
    st.html(f"<style>{_STYLE}</style>")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if every.busy:
            st.button(
                text("learning_rate.cancel"), key="learning_rate.cancel",
                icon=":material/stop:", on_click=guarded(every.cancel),
            )  # fmt: skip
        else:
            known = run is not None and run.request == request and run.state == "done"
            st.button(
                text("learning_rate.again" if known else "learning_rate.sweep"),
                key="learning_rate.sweep", icon=":material/play_arrow:",
                type="secondary" if known else "primary",
                on_click=guarded(every.start), args=(request,), disabled=request is None,
            )  # fmt: skip
        with st.container(
            horizontal=True, horizontal_alignment="right", gap="small",
            vertical_alignment="center", width="stretch", key="learning_rate-go",
        ):  # fmt: skip
            wrong = _rate_box(page, store, rate)
            trained = st.button(
                text("learning_rate.train"), key="learning_rate.train", type="primary",
                icon=":material/exercise:", disabled=rate is None or request is None,
            )  # fmt: skip
    if wrong:
        page.problem(wrong)
    if trained and rate is not None and request is not None:
        _train(page, store, every, request, on_page, rate)


def _rate_box(page: Page, store: Store[LearningRateState], rate: float | None) -> Problem | None:
    """Draw the box for the rate; what is wrong with what stands in it."""

    def read(written: str) -> float:
        return controls.read_number(written) if written.strip() else 0.0

    shown = "" if rate is None else controls.format_number(rate)
    bound, problem = store.bind_typed("picked", lambda _: shown, read)
    label = page.text("learning_rate.rate.label")
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", width="content",
        key="learning_rate-rate",
    ):  # fmt: skip
        st.markdown(label, width="content", help=page.text("learning_rate.rate.help"))
        st.text_input(
            label,
            label_visibility="collapsed",
            width=130,
            placeholder=page.text("learning_rate.rate.none"),
            **bound,
        )
    return problem


def _train(
    page: Page,
    store: Store[LearningRateState],
    every: Sweeps,
    request: Request,
    on_page: TrainConfig,
    rate: float,
) -> None:
    if store.value.model not in RECOMMENDERS:
        every.try_out(request.setup, rate)
        return
    try:
        recipe = store.value.recipe(on_page).replace(lr=rate)
    except Problem as wrong:
        page.problem(wrong)
        return
    _recommender().set(**fields_of(recipe))
    st.switch_page(PAGES["recommender"][0])


def _live(
    page: Page,
    store: Store[LearningRateState],
    every: Sweeps,
    request: Request | None,
    working: bool,
) -> None:
    run, state = every.current, store.value
    keep_up(run, working)
    stale = run is not None and run.request != request
    rules, reason = read_rules(run, state.smoothing)
    plan = run.request.plan if run is not None else None
    ends = (plan.start_lr, plan.end_lr) if plan else (START_LR, END_LR)
    figure = sweep_figure(
        run.curve if run is not None else SweepCurve(),
        text=page.text,
        theme=page.theme,
        lr_range=ends,
        smoothing=state.smoothing,
        loss_name=page.text(f"learning_rate.loss.{_model_of(run, state)}"),
        suggestions=rules,
        picked=state.picked or None,
        limit_name=page.text(
            "learning_rate.limit.momentum" if _momentum_of(run) else "learning_rate.limit.plain"
        ),
        stale=stale,
        revision=str(hash(run.request)) if run is not None else "",
    )

    def pick(click: Click) -> None:
        if click.x is not None:
            store.set(picked=float(rate_text(float(click.x))))

    events = chart(figure, key="learning_rate.chart", height=_HEIGHT, on_click=pick)
    if events.click is not None:
        st.rerun()  # the rate's box above follows
    with st.container(key="learning_rate-status"):
        render_facts(page, run, rules, reason, stale)
    render_rules(page, store, rules)


def _model_of(run: SweepRun | None, state: LearningRateState) -> str:
    if run is None:
        return state.model
    setup = run.request.setup
    return getattr(setup, "model", "dot_bias")


def _momentum_of(run: SweepRun | None) -> float:
    return float(getattr(run.request.setup, "momentum", 0.0)) if run is not None else 0.0
