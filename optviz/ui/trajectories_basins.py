"""The basins of the run looked at: a job that the page waits for, its result remembered."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from optviz.core.basins import Basins
from optviz.core.optimizers import get_optimizer
from optviz.core.problem import Problem
from optviz.core.surface import Surface
from optviz.figures.heights import heights
from optviz.jobs import Job, default_backend
from optviz.language import Text
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.state import Store, remember
from optviz.ui.trajectories_controls import run_title
from optviz.ui.trajectories_state import BASINS_BY, TrajectoriesState, settings_of
from optviz.ui.waiting import wait_with_progress

__all__ = ["STARTS", "BasinsWatch", "render_basins"]

STARTS = 200
"""Along each side of the picture."""


class BasinsWatch:
    """One session's basins: the last ones found, and the job that finds the next.

    Args:
        state: Of the page.
        surface: On which all walk.

    Attributes:
        found: The basins that ``state`` asks for, once they are there.
        name: Tells these basins from others.
    """

    def __init__(self, state: TrajectoriesState, surface: Surface) -> None:
        self.found: Basins | None = None
        self.name = ""
        self._kept: dict[str, Any] = remember("basins", dict)
        focus = state.focused
        if focus is None:
            return
        run = state.runs[focus]
        asked = (surface.name, run, state.steps)
        self.name = repr(asked)
        if self._kept.get("asked") != asked:
            if "job" in self._kept:
                self._kept["job"].cancel()
            self._kept.clear()
            spec = get_optimizer(run.optimizer)
            if not spec.elementwise or spec.closure != "none":
                raise Problem(
                    "problem.core.not_elementwise", optimizer=spec.torch_class or "Newton"
                )
            grid = heights(surface)
            job = default_backend().submit(
                "optviz.core.basins:basins_task",
                surface=surface.name,
                optimizer=run.optimizer,
                hyperparameters=settings_of(run, surface.name),
                xs=np.linspace(grid.xs[0], grid.xs[-1], STARTS),
                ys=np.linspace(grid.ys[0], grid.ys[-1], STARTS),
                steps=state.steps,
            )
            self._kept.update(asked=asked, job=job)
        job = self._kept["job"]
        if job.state == "done":
            self.found = job.result(timeout=0)

    def wait(self, text: Text) -> None:
        """Show how far the job is, and draw the page anew when it has ended.

        Raises:
            Problem: The job failed.
        """
        job: Job | None = self._kept.get("job")
        if job is None or self.found is not None:
            return
        wait_with_progress(job, text("trajectories.basins.working"))
        if job.state == "done":
            st.rerun()
        self._kept.clear()  # the next look tries again
        raise job.error or Problem("problem.jobs.worker_died")


def render_basins(
    page: Page, store: Store[TrajectoriesState], surface: Surface
) -> BasinsWatch | None:
    """The basins of the run looked at, by what to colour them, and how to read them.

    Returns:
        None if the run has none.
    """
    text, state = page.text, store.value
    try:
        watch = BasinsWatch(state, surface)
    except Problem as problem:
        page.problem(problem)
        return None
    if state.focused is None:
        return watch
    controls.segment(
        store, "basins_by", text("trajectories.maps.basins.by"), BASINS_BY,
        lambda by: text(f"trajectories.maps.basins.{by}"), label_visibility="collapsed",
    )  # fmt: skip
    run = run_title(page, state.runs, state.focused, surface.name)
    if state.basins_by == "minimum" or watch.found is None:
        st.caption(text("trajectories.basins.read", run=run, steps=state.steps))
        return watch
    least, most = watch.found.fewest_and_most or ("–", "–")
    st.caption(
        text(
            "trajectories.maps.basins.read_steps",
            run=run, steps=state.steps, least=least, most=most,
        )
    )  # fmt: skip
    return watch
