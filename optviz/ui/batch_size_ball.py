"""The noise ball: what theory says, beside what each run did late in its life."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.core.noise_ball import NoiseBall, nearest_minimum, noise_ball
from optviz.core.stochastic import NoisyRun
from optviz.ui import controls
from optviz.ui.batch_size_controls import run_title
from optviz.ui.batch_size_state import BatchSizeState, samples_called
from optviz.ui.frame import Page

__all__ = ["FEWEST", "late", "render_ball", "theory_of"]

FEWEST = 40
"""Iterates in the later half of a run, under which no spread is measured."""


def theory_of(state: BatchSizeState, run: NoisyRun) -> NoiseBall:
    """Theory for the rate that the run ends with, about the minimum that it ends near."""
    samples = samples_called(state.problem)
    rate = float(run.rates[-1]) if len(run.rates) else run.spec.lr
    end = run.path.points[-1] if np.isfinite(run.path.points[-1]).all() else state.start
    centre = nearest_minimum(samples, end)
    return noise_ball(samples, run.spec.optimizer, run.spec.size(len(samples)), rate, centre)


def late(run: NoisyRun) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Mean and covariance of the later half of the iterates; None for too few of them."""
    half = run.path.points[len(run.path.points) // 2 :]
    if len(half) < FEWEST or not np.isfinite(half).all():
        return None
    return half.mean(axis=0), np.cov(half.T, bias=True)


def render_ball(page: Page, state: BatchSizeState, runs: list[NoisyRun]) -> None:
    """Draw the folded part: formulas, what they assume, and a table."""
    text = page.text
    with st.expander(text("batch_size.ball.title"), icon=":material/blur_on:"):
        st.markdown(text("batch_size.ball.simple"))
        st.latex(
            r"\operatorname{E}\varepsilon_i^2\;\to\;"
            r"\frac{\alpha\,\sigma_i^2}{\lambda_i\,(2-\alpha\lambda_i)},\qquad"
            r"\sigma_i^2=\tfrac1B\,v_i^\top\Sigma\,v_i"
        )
        st.markdown(text("batch_size.ball.general"))
        st.latex(
            r"C=\operatorname{E}\big[(I-\alpha H_B)\,C\,(I-\alpha H_B)\big]"
            r"+\tfrac{\alpha^2}{B}\,\Sigma,\qquad C=\operatorname{E}\,\varepsilon\varepsilon^\top"
        )
        rows = [_row(page, state, runs, i) for i in range(len(runs))]
        head = [
            text(f"batch_size.ball.{name}")
            for name in ("run", "rate", "by_simple", "by_general", "measured")
        ]
        with st.container(key="frame-scroll-ball"):
            st.markdown(controls.number_table(head, rows))
        st.caption(text("batch_size.ball.caution", fewest=FEWEST))


def _row(page: Page, state: BatchSizeState, runs: list[NoisyRun], i: int) -> list[str]:
    text, run = page.text, runs[i]
    ball = theory_of(state, run)
    half = run.path.points[len(run.path.points) // 2 :]
    if len(half) < FEWEST or not np.isfinite(half).all():
        measured = "–"
    else:
        measured = f"{np.mean(np.sum((half - np.array(ball.centre)) ** 2, axis=1)):.3g}"
    n = len(samples_called(state.problem))

    def told(covariance: NDArray[np.float64] | None) -> str:
        return "–" if covariance is None else f"{np.trace(covariance):.3g}"

    general = told(ball.covariance)
    if ball.covariance is None and run.spec.optimizer in ("sgd", "momentum", "nesterov"):
        general = text("batch_size.ball.grows")
    rate = float(run.rates[-1]) if len(run.rates) else run.spec.lr
    return [run_title(page, state.runs, i, n), f"{rate:.3g}", told(ball.simple), general, measured]
