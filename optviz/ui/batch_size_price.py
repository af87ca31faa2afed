"""What each choice cost: updates, gradients and wall-clock, the time measured when asked for."""

from __future__ import annotations

from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.core.sample_loss import full_surface
from optviz.core.stochastic import NoisyRun
from optviz.jobs import Job, default_backend
from optviz.ui import controls
from optviz.ui.batch_size_controls import run_title
from optviz.ui.batch_size_runs import asked
from optviz.ui.batch_size_state import BatchSizeState, samples_called
from optviz.ui.frame import Page
from optviz.ui.state import remember
from optviz.ui.waiting import wait_with_progress

__all__ = ["REPEATS", "render_price"]

REPEATS = 7
"""Timings of each loop, of which the median is shown."""


def render_price(page: Page, state: BatchSizeState, runs: list[NoisyRun]) -> None:
    """Draw the folded part: a table, and the button that times the very loops of the runs."""
    text = page.text
    with st.expander(text("batch_size.price.title"), icon=":material/timer:", expanded=True):
        if not runs:
            st.caption(text("batch_size.price.none"))
            return
        wanted = asked(state)
        kept: dict[Any, Any] = remember("batch size seconds", dict)
        with st.container(key="frame-scroll-price"):
            place = st.empty()
        place.markdown(_table(page, state, runs, kept.get(wanted)))
        if st.button(
            text("batch_size.price.measure"), key="batch_size.measure", icon=":material/timer:",
            help=text("batch_size.price.measure_help", repeats=REPEATS),
        ):  # fmt: skip
            kept["job"] = wanted, _submit(wanted)
        if "job" in kept and kept["job"][0] == wanted:
            try:
                job = kept["job"][1]
                wait_with_progress(job, text("batch_size.price.working"))
                kept[wanted] = job.result(timeout=0)
            except Problem as problem:
                page.problem(problem)
            del kept["job"]
            if wanted in kept:
                place.markdown(_table(page, state, runs, kept[wanted]))
        st.caption(text("batch_size.price.read"))


def _submit(wanted: tuple[Any, ...]) -> Job:
    problem, runs, start, updates, sampling, seed = wanted
    return default_backend().submit(
        "optviz.core.stochastic:seconds_task",
        samples=samples_called(problem),
        specs=runs,
        start=start,
        updates=updates,
        sampling=sampling,
        seed=seed,
        repeats=REPEATS,
    )


def _table(
    page: Page, state: BatchSizeState, runs: list[NoisyRun], seconds: list[float] | None
) -> str:
    text, samples = page.text, samples_called(state.problem)
    floor = full_surface(samples).minimum_value or 0.0
    names = ("run", "updates", "gradients", "above", "milliseconds", "each", "per_gradient")
    rows = []
    for i, run in enumerate(runs):
        updates, gradients = len(run.batches), int(run.batches.ends[-1])
        took = seconds[i] if seconds else None
        rows.append(
            [
                run_title(page, state.runs, i, len(samples)),
                f"{updates:,}",
                f"{gradients:,}",
                f"{run.path.losses[-1] - floor:.2g}",
                *(
                    ["–"] * 3 if took is None or not updates
                    else [
                        f"{1000 * took:.3g}",
                        f"{1e6 * took / updates:.3g}",
                        f"{1e6 * took / gradients:.2g}",
                    ]
                ),
            ]
        )  # fmt: skip
    return controls.number_table([text(f"batch_size.price.{name}") for name in names], rows)
