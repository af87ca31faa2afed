"""The edge of stability: the largest eigenvalue in training, against what the rate allows."""

from __future__ import annotations

import streamlit as st

from optviz.training.edge import EdgePlan, EdgeRun
from optviz.ui.components import chart
from optviz.ui.followed import Shelf
from optviz.ui.frame import Page
from optviz.ui.jacobian_hessian_studies import FollowedEdge
from optviz.ui.regularisation_norm import render_progress
from optviz.ui.waiting import keep_up

__all__ = ["render_edge"]

_HEIGHT = 430


def render_edge(page: Page, every: Shelf[FollowedEdge], request: EdgePlan, working: bool) -> None:
    """Draw the runs as far as they are; called again and again while they are under way.

    Args:
        page: The frame.
        every: The session's studies.
        request: What the settings ask for.
        working: Whether the study was under way when the page was last drawn as a whole.
    """
    from optviz.figures.spectrum import edge_figure

    text, one = page.text, every.current
    keep_up(one, working)
    stale = one is not None and one.request != request
    plan = one.request if one is not None else request
    runs = one.study.runs if one is not None else ()
    chart(
        edge_figure(plan, runs, text=text, theme=page.theme, stale=stale),
        key="jacobian-networks.edge", height=_HEIGHT,
    )  # fmt: skip
    render_progress(page, one, stale)
    with st.container(key="jacobian-networks-facts"):
        done = one is not None and one.state == "done"
        if not done:
            st.markdown(text("jacobian_networks.edge.not_yet"))
            return
        for run in runs:
            st.markdown(_facts(page, plan, run))
        st.caption(
            text(
                "jacobian_networks.edge.protocol",
                digits=plan.digits, every=plan.every, momentum=f"{plan.momentum:g}",
                residual=f"{100 * _worst(runs):.1g}", seconds=f"{one.study.seconds:.1f}"
                if one is not None else "",
            )
        )  # fmt: skip


def _worst(runs: tuple[EdgeRun, ...]) -> float:
    """The largest residual of all eigenvalues, as a part of the eigenvalue."""
    return max(float((run.residuals / abs(run.sharpness)).max()) for run in runs)


def _facts(page: Page, plan: EdgePlan, run: EdgeRun) -> str:
    text = page.text
    limit = plan.limit(run.rate)
    shared = {"lr": f"{run.rate:g}", "limit": f"{limit:.3g}"}
    if run.diverged is not None:
        return text(
            "jacobian_networks.edge.diverged",
            step=f"{run.diverged:,}", start=f"{run.sharpness[0]:.3g}", **shared,
        )  # fmt: skip
    entered = run.entered(limit)
    said = (
        text("jacobian_networks.edge.below", **shared)
        if entered is None
        else text("jacobian_networks.edge.entered", step=f"{entered:,}", **shared)
    )
    return said + " " + text(
        "jacobian_networks.edge.last",
        percent=f"{100 * run.hovering(limit):.0f}", rises=f"{100 * run.rises():.0f}",
        first=f"{run.losses[0]:.3g}", last=f"{run.losses[-1]:.3g}",
    )  # fmt: skip
