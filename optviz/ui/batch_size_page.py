"""The Batch size page: the stage with its batches, the controls, and what it all cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.core.sample_loss import BATCH_LATEX, MODELS, Samples, full_surface
from optviz.core.stability import stability_bound
from optviz.core.stochastic import NoisyRun
from optviz.core.trajectory import Trajectory
from optviz.ui import controls
from optviz.ui.batch_size_ball import late, render_ball, theory_of
from optviz.ui.batch_size_controls import render_controls, run_title
from optviz.ui.batch_size_price import render_price
from optviz.ui.batch_size_runs import Clock, clock, noisy, share_of
from optviz.ui.batch_size_state import AXES, BatchSizeState, samples_called
from optviz.ui.frame import Page
from optviz.ui.points import rounded_point
from optviz.ui.state import Store

__all__ = ["render"]

PageStore = Store[BatchSizeState]


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
        try:
            runs = noisy(store.value, page.text)
        except Problem as problem:
            page.problem(problem)
            return
        _stage(page, store, scene, runs)
        st.markdown(
            ":material/visibility: " + page.text(f"batch_size.problems.{store.value.problem}.about")
        )
        render_price(page, store.value, runs)
        render_ball(page, store.value, runs)
        _about(page, store.value)


def _switches(page: Page, store: PageStore) -> None:
    text = page.text
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        controls.segment(
            store, "axis", text("batch_size.by"), AXES,
            lambda name: text(f"batch_size.by_{name}"), label_visibility="collapsed",
        )  # fmt: skip
        for name in ("batch", "noise", "ball"):
            controls.switch(
                store, name, text(f"batch_size.show.{name}"),
                help=text(f"batch_size.show.{name}_help"),
            )  # fmt: skip


def _stage(page: Page, store: PageStore, scene: str | None, runs: list[NoisyRun]) -> None:
    from optviz.figures.batch_size import batch_styles, progress_figure
    from optviz.figures.trajectories import map_figure
    from optviz.ui.components.stage import Actor, stage

    text, state, theme = page.text, store.value, page.theme
    samples = samples_called(state.problem)
    surface = full_surface(samples)
    time = clock(state, runs)
    actors = [
        Actor(
            title=run_title(page, state.runs, i, len(samples)),
            path=_at(run.path, made),
            curvature=None,
            style=style,
            lr=run.spec.lr,
            bound=stability_bound(run.spec.optimizer, run.path.hyperparameters),
            outcome=text("batch_size.price_of", gradients=int(run.batches.ends[-1])),
            reached=f"{len(run.batches):,}",
        )
        for i, (run, made, style) in enumerate(
            zip(runs, time.made, batch_styles(theme, state.runs), strict=True)
        )
    ]

    def start_at(x: float, y: float) -> None:
        store.set(start=rounded_point(x, y, surface.size))

    stage(
        actors,
        key="batch_size.stage",
        map_figure=map_figure(surface, text=text, theme=theme, shade=False),
        map_revision=f"{surface.name} {theme.name} {text.code}",
        landscape_figure=None,
        history_figure=progress_figure(
            surface, runs, time.made, marks=time.marks, axis=state.axis, text=text, theme=theme
        ),
        start=state.start,
        steps=time.ticks,
        focus=state.focused or 0,
        hessian=False,
        # Another scene, clock or link places the scrubber anew.
        scene=f"{controls.last_scene('batch size', scene)} {state.problem} {state.axis} "
        f"{state.step}",
        step=state.step,
        text=text,
        theme=theme,
        on_start=start_at,
        on_focus=lambda i: store.set(focus=i),
        noise=_noise(page, state, samples, runs, time),
        says={
            word: text(f"batch_size.stage.{word}") for word in ("loss", "reached", "status", "drag")
        }
        | {
            "step": text(
                f"batch_size.stage.step_{'updates' if state.axis == 'updates' else 'seen'}"
            )
        },
    )


def _noise(
    page: Page, state: BatchSizeState, samples: Samples, runs: list[NoisyRun], time: Clock
) -> Any:
    from optviz.ui.components.stage_noise import noise_shown

    focus = state.focused
    if focus is None:
        return None
    run = runs[focus]
    ball = theory_of(state, run)
    return noise_shown(
        samples,
        run,
        time.made[focus],
        share_of(state, run.spec),
        batch=state.batch,
        noise=state.noise,
        centre=ball.centre,
        theory=ball.covariance,
        measured=late(run),
        ball=state.ball,
        text=page.text,
    )


def _at(path: Trajectory, made: NDArray[np.int64]) -> Trajectory:
    """The path as it stands at each tick of the clock."""
    return replace(
        path,
        points=path.points[made],
        losses=path.losses[made],
        grads=path.grads[made],
        grad_norms=path.grad_norms[made],
        distances=path.distances[made],
    )


def _about(page: Page, state: BatchSizeState) -> None:
    text, samples = page.text, samples_called(state.problem)
    with st.expander(text("batch_size.about"), icon=":material/function:"):
        st.latex(full_surface(samples).latex)
        st.markdown(text(f"batch_size.model.{MODELS[samples.model].name}"))
        st.latex(BATCH_LATEX)
        st.markdown(text("batch_size.exactness"))
        st.caption(text("batch_size.source", n=len(samples), source=samples.source))
