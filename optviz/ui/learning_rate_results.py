"""What can be read off a sweep, in words, and the short training that tries a rate out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.lr_finder import GLYPHS, mark_colour, rate_text, trial_figure
from optviz.training.sweeps import SmallSetup
from optviz.ui.components import chart
from optviz.ui.frame import PAGES, Page
from optviz.ui.learning_rate_state import RECOMMENDERS, LearningRateState, Request
from optviz.ui.learning_rate_sweeps import (
    TRIAL_STEPS,
    SweepRun,
    Sweeps,
    TrialRun,
)
from optviz.ui.own_surface import own_fields
from optviz.ui.state import Store, guarded
from optviz.ui.trajectories_state import Run, TrajectoriesState, on_surface
from optviz.ui.waiting import keep_up, renewed

__all__ = ["default_rate", "read_rules", "render_facts", "render_rules", "render_trial"]

_DISAGREE = 20.0
"""Rules further apart than this factor deserve a word."""

_TRIAL_SMOOTHING = 0.9


def read_rules(run: SweepRun | None, smoothing: float) -> tuple[dict[str, float], Problem | None]:
    """What the rules suggest, or why they cannot; neither while the sweep is under way.

    Once the check has begun, the sweep itself is over.
    """
    whole = run is not None and (run.finished or len(run.curve.check_lrs) > 0)
    if run is None or not whole or not len(run.curve.lrs):
        return {}, None
    try:
        return run.suggestions(smoothing), None
    except Problem as problem:
        return {}, problem


def default_rate(rules: Mapping[str, float]) -> float | None:
    """The rate to start from, in two digits: the most careful rule's."""
    return float(rate_text(rules["minimum"])) if rules else None


def render_facts(
    page: Page,
    run: SweepRun | None,
    rules: Mapping[str, float],
    reason: Problem | None,
    stale: bool,
) -> None:
    """One line below the chart: how far it is, or what became of it.

    Args:
        page: The frame.
        run: The sweep.
        rules: What the rules suggest.
        reason: Why they suggest nothing.
        stale: Whether the settings have changed since.
    """
    text = page.text
    if run is None:
        st.caption(text("learning_rate.facts.wrong"))
        return
    job, plan, taken = run.job, run.request.plan, len(run.curve.lrs)
    if not run.finished:
        progress = job.progress
        words = text("learning_rate.progress.start")
        if progress is not None:
            checking = taken >= plan.n_iter
            words = text(f"learning_rate.progress.{'check' if checking else 'sweep'}")
            if progress.eta is not None and progress.eta >= 1:
                words += " · " + text("learning_rate.progress.eta", seconds=progress.eta)
        st.progress(progress.fraction if progress is not None else 0.0, words)
        return
    if run.state == "failed":
        page.problem(run.problem or Problem("learning_rate.failed"))
        return
    parts = [text("learning_rate.facts.steps", taken=taken, n_iter=plan.n_iter)]
    if run.state == "cancelled":
        parts = [text("learning_rate.facts.cancelled", taken=taken, n_iter=plan.n_iter)]
    elif taken < plan.n_iter:
        parts = [text("learning_rate.facts.burst", taken=taken, n_iter=plan.n_iter,
                      lr=rate_text(float(run.curve.lrs[-1])))]  # fmt: skip
    if stale:
        parts.insert(0, text("learning_rate.facts.stale"))
    elif rules and max(rules.values()) > _DISAGREE * min(rules.values()):
        factor = f"{float(f'{max(rules.values()) / min(rules.values()):.1e}'):,.0f}"
        parts.append(text("learning_rate.facts.disagree", factor=factor))
    if reason is not None:
        page.problem(reason)
    st.caption("  \n".join(parts))


def render_rules(page: Page, store: Store[LearningRateState], rules: Mapping[str, float]) -> None:
    """The four rules side by side: mark, rate, one sentence; a click picks the rate."""
    text = page.text
    # The buttons are the legend of the marks, in shape, colour and rate.
    styles = "".join(
        f"{selector} {{ display: inline-block; }}"
        f"{selector}::first-letter {{ color: {mark_colour(rule, page.theme)}; font-size: 1.2em; }}"
        for rule in GLYPHS
        for selector in (f".st-key-learning_rate-rule-{rule} button p",)
    )
    st.html(f"<style>{styles}</style>")
    for column, (rule, glyph) in zip(st.columns(len(GLYPHS)), GLYPHS.items(), strict=True):
        name = text(f"learning_rate.rule.{rule}.name")
        lr = rules.get(rule)
        with column:
            picked = st.button(
                f"{glyph} {name} **{rate_text(lr)}**" if lr is not None else f"{glyph} {name}",
                key=f"learning_rate.rule.{rule}",
                width="stretch",
                disabled=lr is None,
                on_click=guarded(store.set),
                kwargs={"picked": float(rate_text(lr)) if lr is not None else 0.0},
            )
            st.caption(text(f"learning_rate.rule.{rule}.explain"))
        if picked:
            st.rerun()  # the rate's box, outside this part of the page, follows


def render_trial(page: Page, every: Sweeps, request: Request | None, model: str) -> None:
    """The short training in place, for models that no other page trains."""
    trial = every.trial
    if trial is None or request is None or model in RECOMMENDERS or trial.setup != request.setup:
        return
    # The button first: a press in the very run that finds the trial over must not be lost to
    # the rerun that follows.
    above = st.container()
    if isinstance(trial.setup, SmallSetup) and model == "surface":
        walked = st.button(
            page.text("learning_rate.trial.walk"), key="learning_rate.walk",
            icon=PAGES["trajectories"][1],
        )  # fmt: skip
        if walked:
            _walk(trial.setup, trial.lrs)
    working = not trial.finished
    with above:
        renewed(_trial, working)(page, trial, model, working)


def _walk(setup: SmallSetup, lrs: Sequence[float]) -> None:
    """Set the Trajectories page to the same three trainings, and go there."""
    name = setup.optimizer
    more: tuple[tuple[str, float], ...] = ()
    if name == "sgd" and setup.momentum > 0:
        name, more = "momentum", (("momentum", setup.momentum),)
    runs = tuple(Run(name, (("lr", lr), *more)) for lr in lrs)
    other = Store(TrajectoriesState, own_address=False)
    other.reset()
    other.set(**on_surface(setup.surface, runs=runs, focus=1, **own_fields(setup.surface)))
    st.switch_page(PAGES["trajectories"][0])


def _trial(page: Page, trial: TrialRun, model: str, working: bool) -> None:
    text = page.text
    keep_up(trial, working)
    st.markdown(text("learning_rate.trial.title", lr=rate_text(trial.lr), steps=TRIAL_STEPS))
    figure = trial_figure(
        trial.lrs,
        trial.curves(),
        text=text,
        theme=page.theme,
        n_steps=TRIAL_STEPS,
        loss_name=text(f"learning_rate.loss.{model}"),
        smoothing=0.0 if model == "surface" else _TRIAL_SMOOTHING,
    )
    chart(figure, key="learning_rate.trial", height=280)
    if trial.state == "failed":
        page.problem(trial.problem or Problem("learning_rate.failed"))
    elif not trial.finished:
        progress = trial.job.progress
        st.progress(progress.fraction if progress else 0.0, text("learning_rate.progress.trial"))
