"""The Recommender page: the live chart beside its controls, then what the model has learnt."""

from __future__ import annotations

import html
from collections.abc import Mapping

import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.race import Curve, Rival, loss_figure
from optviz.figures.theme import LineStyle, numbered_style
from optviz.recommender.config import MODELS, TrainConfig
from optviz.recommender.presets import preset_of
from optviz.recommender.split import folds_of
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.recommender_files import render_files
from optviz.ui.recommender_hand import render_hand
from optviz.ui.recommender_inside import inside_asked, render_inside
from optviz.ui.recommender_lesson import render_lesson
from optviz.ui.recommender_race import axis_shown, render_axis, render_race, render_table
from optviz.ui.recommender_results import render_results
from optviz.ui.recommender_runs import MOST, Run, Runs, runs
from optviz.ui.recommender_search import render_search
from optviz.ui.recommender_settings import render_settings
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.recommender_structure import render_structure
from optviz.ui.state import Store, guarded, remember
from optviz.ui.waiting import renewed

__all__ = ["begin", "render", "train"]

_REFRESH = 0.4
_HEIGHT = 350
# The status is one block.
_STYLE = """
.st-key-recommender-live { gap: 0.35rem; }
"""


def train(store: Store[RecommenderState]) -> None:
    """Begin a run with the page's settings, unless just this one is under way."""
    problems: list[Problem] = remember("recommender start problem", list)
    problems.clear()
    try:
        runs().start(store.value.config())
    except Problem as problem:
        problems.append(problem)


def begin(store: Store[RecommenderState], scene: str) -> None:
    """What a scene does once it is set up: one about the reader's ratings needs no new run."""
    if scene == "mine":
        store.set(tab="mine")
    else:
        train(store)


def render(page: Page, store: Store[RecommenderState]) -> None:
    """Draw the page below its headline."""
    every = runs()
    st.html(f"<style>{_STYLE}</style>")
    stage, side = st.columns([10, 3], gap="small")
    # Before anything is drawn by them: what changes from now on, the live part will notice.
    states, busy = every.states, every.busy
    with stage:
        _buttons(page, store, every)
        renewed(_live, busy > 0, _REFRESH)(page, store, every, states)
        if every.run is not None:
            render_hand(page, every, every.run)
        render_race(page, store, every)
        if every.run is not None and every.run.folder is not None and inside_asked(page):
            moving = every.run.busy
            renewed(render_inside, moving, _REFRESH)(page, every.run)
        render_structure(page, store.value.config(), every.data.ratings)
        render_lesson(page, store, every)
        searching = controls.switch(store, "search", page.text("recommender.search.title"))
    with side:
        render_settings(page, store, every)
    if searching:
        render_search(page, store, every)
    run = every.run
    if run is not None and run.fitted is not None:
        render_results(page, store, run)


def _buttons(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    """All buttons stand where they are at all times: a second click meets no other button."""
    text, run = page.text, every.run
    busy = run is not None and run.busy
    paused = busy and run is not None and run.state == "paused"
    job = run.job if run is not None and busy else None
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key="recommender-buttons"
    ):
        st.button(
            text("recommender.train"), key="recommender.train", type="primary",
            icon=":material/play_arrow:",
            disabled=every.under_way(store.value.config()) is not None,
            on_click=guarded(train), args=(store,),
        )  # fmt: skip
        if run is not None and (paused or run.broken is not None):
            st.button(
                text("recommender.resume"), key="recommender.resume",
                icon=":material/resume:", on_click=guarded(_resume), args=(every, run),
            )  # fmt: skip
        else:
            st.button(
                text("recommender.pause"), key="recommender.pause", icon=":material/pause:",
                disabled=job is None, on_click=guarded(job.pause) if job is not None else None,
            )  # fmt: skip
        st.button(
            text("recommender.stop"), key="recommender.stop", icon=":material/stop:",
            disabled=job is None, on_click=guarded(job.stop) if job is not None else None,
        )  # fmt: skip
        render_files(page, store, every)
        render_axis(page)
    for problem in remember("recommender start problem", list[Problem]):
        page.problem(problem)


def _resume(every: Runs, run: Run) -> None:
    """Let a paused run go on, or one that broke off, from its last checkpoint."""
    if run.broken is not None:
        every.rewind(run, run.broken, held=False)
    else:
        run.go_on("end")


def _live(page: Page, store: Store[RecommenderState], every: Runs, states: tuple[str, ...]) -> None:
    every.read()
    if every.states != states:  # the buttons are to change, or there are results
        st.rerun()
    run, config = every.run, store.value.config()
    data = every.data
    if run is None:
        curve, drawn = Curve(baselines=data.baselines(config)), config
    else:
        curve, drawn = run.curve(), run.config
    stale = run is not None and not run.busy and run.config not in folds_of(config)
    preset = preset_of(drawn) if data.source is None else None
    rivals = [
        _rival(page, other, other.curve())
        for other in every.shown
        if other is not run and other.drawn
    ]
    figure = loss_figure(
        curve,
        text=page.text,
        theme=page.theme,
        total_epochs=drawn.epochs,
        printed=preset.printed if preset is not None else None,
        stale=stale and not rivals,
        axis=axis_shown(),
        own=_rival(page, run, curve) if run is not None else None,
        rivals=rivals,
    )
    with st.container(key="recommender-live"):
        chart(figure, key="recommender.loss", height=_HEIGHT)
        _progress(page, run)
        if run is None:
            st.markdown(page.text("recommender.status.before"))
        else:
            _status(page, run, stale)
    with st.container(key="frame-scroll-recommender-runs"):
        render_table(page, every)


def _rival(page: Page, run: Run, curve: Curve) -> Rival:
    """A run as the chart draws it beside others; its colour stays with it."""
    theme = page.theme
    style = (
        LineStyle(theme.muted, "solid", "x")
        if run.place == MOST
        else numbered_style(theme, run.place)
    )
    return Rival(html.escape(run.name(page.text), quote=False), style, curve, run.config.epochs)


def _progress(page: Page, run: Run | None) -> None:
    """A bar that is always there, so that nothing below it moves when a run begins or ends."""
    text = page.text
    if run is None:
        st.progress(0.0, text("recommender.progress.ready"))
        return
    if run.fitted is not None:
        done = len(run.fitted.history.batches)
        st.progress(
            1.0,
            text(
                f"recommender.progress.{run.origin}",
                steps=f"{done:,}",
                seconds=f"{run.fitted.seconds:.1f}",
            ),
        )
        return
    progress = run.job.progress if run.job is not None else None
    if not run.busy:
        st.progress(0.0, text("recommender.progress.ended"))
        return
    if progress is None:
        queued = run.state in ("queued", "paused")
        st.progress(
            0.0, text(f"jobs.state.{run.state}") if queued else text("recommender.progress.start")
        )
        return
    words = [text("recommender.progress.share", share=100 * progress.fraction)]
    if run.state in ("paused", "queued"):  # queued: others went first while nobody looked
        words.append(text("recommender.progress.steps", steps=f"{run.steps:,}"))
        words.append(text(f"jobs.state.{run.state}"))
    elif progress.eta is not None and progress.seconds > 0:
        unit = "sweeps" if MODELS[run.config.model].training == "solved" else "ratings"
        rate = progress.done / progress.seconds / (2 if unit == "sweeps" else 1)
        shown = f"{rate:,.1f}" if rate < 10 else f"{rate:,.0f}"
        words.append(text(f"recommender.progress.{unit}", rate=shown))
        words.append(text("recommender.progress.eta", seconds=f"{progress.eta:.0f}"))
    st.progress(progress.fraction, " · ".join(words))


def _status(page: Page, run: Run, stale: bool) -> None:
    text = page.text
    if run.problem is not None:
        page.problem(run.problem)
    if (epoch := run.broken) is not None:
        st.markdown(text("recommender.status.broken", epoch=epoch))
    elif run.state == "cancelled":
        st.markdown(text("recommender.status.cancelled"))
    elif run.problem is not None:
        pass
    elif (last := run.last) is None:
        st.markdown(text("recommender.status.first"))
    else:
        st.markdown(_verdict(page, run, *last))
    st.caption(_provenance(page, run))
    if stale:
        st.caption(f":material/history: {text('recommender.status.stale')}")


def _verdict(page: Page, run: Run, epoch: int, mse: float) -> str:
    """The validation error, and what it is worth."""
    text, known = page.text, run.curve().baselines
    if run.fitted is not None and (step := run.fitted.diverged_at) is not None:
        return text("recommender.verdict.diverged", step=f"{step:,}")
    reached = text(
        "recommender.status.reached", mse=f"{mse:.4f}", epoch=epoch, of=run.config.epochs
    )
    if known:
        reached = f"{reached} {_worth(page, run, mse, known)}"
    if run.fitted is not None and run.fitted.history.stalled(run.config.patience):
        best = run.entry(text).best
        assert best is not None, "an epoch without a better one comes after a better one"
        reached += " " + text(
            "recommender.verdict.early", patience=run.config.patience, epoch=best.epoch,
            mse=f"{best.valid_loss:.4f}",
        )  # fmt: skip
    return reached


def _worth(page: Page, run: Run, mse: float, known: Mapping[str, float]) -> str:
    text = page.text
    if mse <= known["bias"]:
        return text("recommender.verdict.good", share=f"{100 * (1 - mse / known['bias']):.1f}")
    if mse <= known["mean"]:
        return text("recommender.verdict.biases")
    solved = MODELS[run.config.model].training == "solved"
    return text("recommender.verdict.worse_solved" if solved else "recommender.verdict.worse")


def _provenance(page: Page, run: Run) -> str:
    """Which data, which split, which seed; and what training could not know."""
    text, config, ratings = page.text, run.config, run.data.ratings
    words = [text(f"choice.model.{config.model}"), ratings.label(text), _split(page, run)]
    unseen = run.fitted.n_unseen if run.fitted is not None else 0
    if unseen:
        words.append(text(f"recommender.unseen.{_stand_in(config)}", count=f"{unseen:,}"))
    words.append(text("recommender.seed", seed=config.seed))
    if run.card is not None:
        kind = "card" if run.card else "processor"
        words.append(text(f"recommender.device.{kind}", name=run.card))
    return " · ".join(words)


def _split(page: Page, run: Run) -> str:
    """The protocol, and how many ratings it puts where as soon as that is known."""
    text, config, sizes = page.text, run.config, run.sizes
    told = {"fold": config.fold, "folds": config.n_folds, "last": config.n_last,
            "official": config.official}  # fmt: skip
    words = text(f"recommender.split.{config.split}", **told)
    if sizes is None:
        return words
    train, valid = (f"{size:,}" for size in sizes)
    return text("recommender.split.sizes", split=words, train=train, valid=valid)


def _stand_in(config: TrainConfig) -> str:
    """How ratings of movies or users that training never saw are scored."""
    spec = MODELS[config.model]
    if spec.unseen == "average":
        return "average"
    return "mean" if spec.bias_means == "mean" else "bias"
