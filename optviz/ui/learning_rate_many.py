"""Does the advice hold? The sweep with several seeds, and of each parameter group alone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.lr_finder import GLYPHS, rate_text
from optviz.figures.lr_many import GroupCurve, groups_figure, seeds_figure
from optviz.jobs import JobGroup, default_backend
from optviz.recommender.config import TrainConfig
from optviz.recommender.many_sweeps import GroupSweeps, SeedSweeps
from optviz.recommender.sweeps import RecommenderSetup
from optviz.training.lr_curve import smooth
from optviz.training.suggestions import SUGGESTIONS, suggest_group_lr, suggest_lr
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.followed import Answered, Shelf
from optviz.ui.frame import PAGES, Page
from optviz.ui.learning_rate_state import LearningRateState, Request
from optviz.ui.schedules_state import SchedulesState
from optviz.ui.state import Store, remember
from optviz.ui.waiting import begin_or_cancel, keep_up, renewed, show_progress

__all__ = ["render_many"]


Many = SeedSweeps | GroupSweeps


def _shelf(kind: str) -> Shelf[Answered]:
    """The session's sweeps of one kind; they outlive a visit to another page."""

    def begin(request: Many) -> Answered:
        backend, task = default_backend(), request.task()
        if isinstance(request, SeedSweeps):  # shared out, seed by seed
            seeds = range(request.seeds)
            jobs = [backend.submit(task, request=request, seed=seed) for seed in seeds]
            return Answered(request, JobGroup(jobs))
        return Answered(request, backend.submit(task, request=request))

    return remember(f"learning rate {kind}", lambda: Shelf(begin, 12))


def render_many(
    page: Page, store: Store[LearningRateState], request: Request | None, on_page: TrainConfig
) -> None:
    """Draw both parts, folded; nothing for a surface, which has neither seeds nor groups.

    Args:
        page: The frame.
        store: The page's state.
        request: The sweep that the settings ask for.
        on_page: What the Recommender page is set to; its rate is what other groups keep.
    """
    state, text = store.value, page.text
    if request is None or state.model == "surface":
        return
    plan = dataclasses.replace(request.plan, n_checks=0)
    with st.expander(text("learning_rate.seeds.title"), icon=":material/casino:"):
        st.markdown(text("learning_rate.seeds.about"))
        controls.slider(store, "n_seeds", text("learning_rate.seeds.count"), 2, 20, 1)
        # Its own seed does not matter: another one must not make it look out of date.
        setup: Any = request.setup
        if isinstance(setup, RecommenderSetup):
            setup = dataclasses.replace(setup, config=setup.config.replace(seed=0))
        else:
            setup = dataclasses.replace(setup, seed=0)
        _part(page, store, "seeds", SeedSweeps(setup, plan, state.n_seeds))
    if not isinstance(request.setup, RecommenderSetup):
        return
    with st.expander(text("learning_rate.groups.title"), icon=":material/view_column:"):
        lr = state.recipe(on_page).lr
        st.markdown(text("learning_rate.groups.about", lr=rate_text(lr)))
        config = request.setup.config.replace(lr=lr)
        asked = GroupSweeps(dataclasses.replace(request.setup, config=config), plan)
        _part(page, store, "groups", asked)


def _part(page: Page, store: Store[LearningRateState], kind: str, asked: Many) -> None:
    shelf, text = _shelf(kind), page.text
    shelf.recall(asked)
    one = shelf.current
    done = one is not None and one.request == asked and one.state == "done"
    begin_or_cancel(
        shelf, asked, done=done,
        begin=(f"learning_rate.{kind}.begin", text(f"learning_rate.{kind}.begin"),
               ":material/play_arrow:"),
        cancel=(f"learning_rate.{kind}.cancel", text("learning_rate.cancel")),
    )  # fmt: skip
    if one is not None:
        working = shelf.busy
        renewed(_shown, working)(page, store, kind, one, working, one.request != asked)


def _shown(
    page: Page,
    store: Store[LearningRateState],
    kind: str,
    one: Answered,
    working: bool,
    stale: bool,
) -> None:
    keep_up(one, working)
    text = page.text
    if not one.finished:
        show_progress(one.job, text(f"learning_rate.{kind}.working"))
    elif one.state == "failed":
        page.problem(one.problem or Problem("learning_rate.failed"))
    elif one.result:
        if stale:
            st.caption(text("learning_rate.facts.stale"))
        draw = _seeds if kind == "seeds" else _groups
        draw(page, store, one)


def _seeds(page: Page, store: Store[LearningRateState], one: Answered) -> None:
    text, plan, smoothing = page.text, one.request.plan, store.value.smoothing
    curves, told, refused = [], {rule: list[float]() for rule in SUGGESTIONS}, Counter[str]()
    for lrs, losses in one.result:
        with np.errstate(over="ignore", invalid="ignore"):
            curves.append((lrs, smooth(losses, smoothing)))
        try:
            for rule, lr in suggest_lr(*curves[-1], n_iter=plan.n_iter).items():
                told[rule].append(lr)
        except Problem as problem:
            refused[problem.sentence(text)] += 1
    figure = seeds_figure(
        curves, told, text=text, theme=page.theme, lr_range=(plan.start_lr, plan.end_lr),
        loss_name=text(f"learning_rate.loss.{getattr(one.request.setup, 'model', 'dot_bias')}"),
    )  # fmt: skip
    chart(figure, key="learning_rate.seeds", height=430)
    names = ("rule", "lowest", "median", "highest", "factor")
    rows = [
        [f"{glyph} {text(f'learning_rate.rule.{rule}.name')}",
         *(rate_text(lr) for lr in (min(told[rule]), float(np.median(told[rule])),
                                    max(told[rule]))),
         _times(max(told[rule]) / min(told[rule]))]
        for rule, glyph in GLYPHS.items() if told[rule]
    ]  # fmt: skip
    if rows:
        head = [text(f"learning_rate.seeds.{name}") for name in names]
        st.markdown(controls.number_table(head, rows))
    for sentence, count in refused.items():
        st.markdown(text("learning_rate.seeds.refused", count=count, of=len(curves), why=sentence))
    st.caption(text("learning_rate.seeds.read"))


def _times(factor: float) -> str:
    """A factor, in as many digits as matter."""
    return f"{factor:,.1f}" if factor < 100 else f"{float(f'{factor:.2g}'):,.0f}"


def _groups(page: Page, store: Store[LearningRateState], one: Answered) -> None:
    text, asked, smoothing = page.text, one.request, store.value.smoothing
    curves, reasons = [], []
    for group in one.result:
        with np.errstate(over="ignore", invalid="ignore"):
            swept, still = smooth(group.losses, smoothing), smooth(group.still, smoothing)
        name = text(f"learning_rate.group.{group.name}")
        lr: float | None = None
        try:
            lr = suggest_group_lr(group.lrs, swept, still, n_iter=asked.plan.n_iter)
        except Problem as problem:
            reasons.append(f"**{name}** · {problem.sentence(text)}")
        curves.append(GroupCurve(name, group.lrs, swept - still, lr))
    lr_range = (asked.plan.start_lr, asked.plan.end_lr)
    figure = groups_figure(
        curves, asked.setup.config.lr, text=text, theme=page.theme, lr_range=lr_range
    )
    with st.container(key="frame-scroll-lr-groups"):
        chart(figure, key="learning_rate.groups", height=300)
    for reason in reasons:
        st.markdown(reason)
    st.caption(text("learning_rate.groups.read"))
    if asked.setup.config.model != "net" or len(reasons) == len(curves):
        return
    own_rate = asked.setup.config.lr
    rates = [rate_text(curve.suggestion or own_rate) for curve in curves]
    tried = st.button(
        text("learning_rate.groups.schedules"), key="learning_rate.groups.schedules",
        icon=PAGES["schedules"][1], help=text("learning_rate.groups.schedules_help"),
    )  # fmt: skip
    if tried:
        own = asked.setup.config.optimizer
        Store(SchedulesState, own_address=False).set(
            part="layers", layered="net", rates=f"[{', '.join(rates)}]",
            layer_optimizer="sgd" if own == "sgd" else "adam",
        )  # fmt: skip
        st.switch_page(PAGES["schedules"][0])
