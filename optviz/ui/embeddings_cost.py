"""What the short way saves: both ways of looking up, timed on this machine as the table grows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from optviz.embedding.lookup_cost import WAYS, Cost, CostPlan
from optviz.figures.lookup_cost import cost_figure
from optviz.jobs import Job, default_backend
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.followed import Asked, Shelf
from optviz.ui.frame import Page
from optviz.ui.state import remember
from optviz.ui.waiting import begin_or_cancel, keep_up, renewed, show_progress

__all__ = ["render_costs"]

_HEIGHT = 330
_TASK = "optviz.embedding.lookup_cost:cost_task"


class Costs(Asked):
    """The tables measured so far, the smallest first."""

    def __init__(self, request: CostPlan, job: Job) -> None:
        super().__init__(request, job)
        self.found: list[Cost] = []

    def take(self, kind: str, data: Any) -> None:
        """Take in one table, one way."""
        if kind == "cost":
            self.found.append(Cost(**data))

    def take_result(self, result: Any) -> None:
        """Take over all of them."""
        self.found = list(result)


class CostShelf(Shelf[Costs]):
    """The measurement shown; each one asked for is a new one, as a clock never says twice the
    same."""

    def __init__(self) -> None:
        super().__init__(
            lambda plan: Costs(plan, default_backend().submit(_TASK, plan=plan)), most=1
        )


def render_costs(page: Page) -> None:
    """Draw the buttons, the two charts and what they say."""
    text = page.text
    shelf: CostShelf = remember("lookup costs", CostShelf)
    plan = CostPlan()
    if shelf.current is not None:
        shelf.current.read()
    st.markdown(text("embeddings.cost.lead", batch=plan.batch, dim=plan.dim))
    begin_or_cancel(
        shelf, plan, done=False,
        begin=("embeddings.cost.begin", text("embeddings.cost.begin"), ":material/timer:"),
        cancel=("embeddings.cost.cancel", text("embeddings.cancel")),
    )  # fmt: skip
    busy = shelf.busy
    renewed(_follow, busy)(page, shelf, busy)


def _follow(page: Page, shelf: CostShelf, working: bool) -> None:
    shown = shelf.current
    keep_up(shown, working)
    if shown is None:
        return
    text = page.text
    if not shown.finished:
        show_progress(shown.job, text("embeddings.cost.running"))
    if shown.problem is not None:
        page.problem(shown.problem)
    if not shown.found:
        return
    chart(
        cost_figure(shown.found, text=text, theme=page.theme), key="embeddings.cost.chart",
        height=_HEIGHT,
    )  # fmt: skip
    last = {cost.way: cost for cost in shown.found if cost.n == shown.found[-1].n}
    if set(last) != set(WAYS):
        return
    rows = [
        [text(f"embeddings.cost.{way}"), f"{1e3 * last[way].seconds:.3g}",
         f"{last[way].made_bytes / 1e6:.3g}",
         _times(last[way].seconds / last["sparse"].seconds)]
        for way in WAYS
    ]  # fmt: skip
    head = [
        text("embeddings.cost.at", n=f"{shown.found[-1].n:,}"), text("embeddings.cost.time"),
        text("embeddings.cost.memory"), text("embeddings.cost.times"),
    ]  # fmt: skip
    st.markdown(controls.number_table(head, rows))
    if shown.state == "done":
        st.markdown(text("embeddings.cost.notice"))
        repeats = shown.request.repeats
        st.caption(text("embeddings.cost.protocol", repeats=repeats))


def _times(factor: float) -> str:
    return f"{factor:,.0f} ×" if factor >= 100 else f"{factor:.3g} ×"
