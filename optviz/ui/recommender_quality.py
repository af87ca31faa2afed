"""How good a model is: its error beside the worth of its lists, and where either comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.quality import buckets_figure
from optviz.jobs import default_backend
from optviz.recommender.config import TrainConfig
from optviz.recommender.quality import LENGTHS, LISTS, Quality
from optviz.ui import controls
from optviz.ui.components import chart
from optviz.ui.followed import Answered, Shelf
from optviz.ui.frame import Page
from optviz.ui.recommender_runs import Run
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.state import Store, remember
from optviz.ui.waiting import begin_or_cancel, keep_up, renewed, show_progress

__all__ = ["render_quality", "verdict"]

TASK = "optviz.recommender.quality:quality_task"
_REFRESH = 0.4
_HEIGHT = 430
_MEASURES = ("precision", "recall", "ndcg", "mean_average_precision", "coverage", "novelty")
_SURE = 2
"""A difference of fewer standard errors could be due to who happened to be among the users."""

_BETTER_HIGH = _MEASURES[:4]
"""More coverage or novelty is not better as such."""


@dataclass(frozen=True, slots=True)
class Request:
    """A model to be judged. Equal data, recipe and number of steps make equal models.

    Attributes:
        source: Where a worker finds the ratings; None for the bundled ones.
        key: Of the ratings.
        config: The recipe.
        steps: How many steps of it were done.
        model: The ``FittedModel``.
    """

    source: str | None
    key: str
    config: TrainConfig
    steps: int
    model: Any = field(compare=False, repr=False)


class Judging(Answered):
    """One such judgement; ``result`` is what it found once it is there."""

    result: Quality | None


def _begin(request: Request) -> Judging:
    job = default_backend().submit(TASK, source=request.source, model=request.model)
    return Judging(request, job)


def render_quality(page: Page, store: Store[RecommenderState], run: Run) -> None:
    """Draw the button, then what came of it."""
    text, fitted = page.text, run.fitted
    shelf: Shelf[Judging] = remember("recommender quality", lambda: Shelf(_begin))
    steps = len(fitted.history.batches)
    request = Request(run.data.source, run.data.ratings.key, run.config, steps, fitted)
    shelf.recall(request)
    one = shelf.current if shelf.current and shelf.current.request == request else None
    st.markdown(f"**{text('recommender.quality.title')}**")
    st.caption(text("recommender.quality.about"))
    begin_or_cancel(
        shelf, request, done=one is not None and one.result is not None,
        begin=("recommender.quality.begin", text("recommender.quality.begin"),
               ":material/format_list_numbered:"),
        cancel=("recommender.quality.cancel", text("recommender.quality.cancel")),
    )  # fmt: skip
    if shelf.busy:
        renewed(_wait, True, _REFRESH)(page, shelf)
    elif one is None:
        return
    elif one.result is not None:
        _show(page, store, run, one.result)
    elif one.state == "failed":
        page.problem(one.problem or Problem("recommender.status.failed"))
    else:
        st.caption(text("recommender.quality.cancelled"))


def _wait(page: Page, shelf: Shelf[Judging]) -> None:
    one = shelf.current
    if one is None:
        return
    keep_up(one, working=True)
    show_progress(one.job, page.text("recommender.quality.working"))


def _show(page: Page, store: Store[RecommenderState], run: Run, quality: Quality) -> None:
    text = page.text
    if not quality.leads:
        st.markdown(text("recommender.quality.nobody", threshold=f"{quality.threshold:g}"))
        return
    left, right = st.columns([5, 6], gap="medium")
    with left:
        controls.segment(
            store, "list_length", text("recommender.quality.length"), [str(k) for k in LENGTHS]
        )
        k = int(store.value.list_length)
        st.markdown(verdict(quality, k, page))
        st.markdown(_table(page, quality, k))
        st.caption(
            text("recommender.quality.protocol", users=f"{quality.users:,}",
                 rows=f"{sum(bucket.rows for bucket in quality.buckets):,}",
                 threshold=f"{quality.threshold:g}", data=run.data.ratings.label(text))
        )  # fmt: skip
        with st.expander(text("recommender.quality.how"), icon=":material/function:"):
            st.markdown(text("recommender.quality.meaning"))
    with right:
        st.markdown(text("recommender.quality.read"))
        figure = buckets_figure(quality.buckets, k, text=text, theme=page.theme)
        chart(figure, key="recommender.quality", height=_HEIGHT)


def verdict(quality: Quality, k: int, page: Page) -> str:
    """Whether a low error and good lists go together here, in one sentence."""
    text, worth = page.text, {name: quality.rankings[name][k].ndcg for name in LISTS}
    rival = max(("bias", "popular"), key=worth.__getitem__)
    error = "low" if quality.rmse["model"] <= quality.rmse["bias"] else "high"
    lead, margin = quality.leads[rival][k]
    lists = "even" if abs(lead) <= _SURE * margin else "good" if lead > 0 else "bad"
    return text(
        f"recommender.quality.verdict.{error}_{lists}",
        rmse=f"{quality.rmse['model']:.3f}",
        bias=f"{quality.rmse['bias']:.3f}",
        k=k,
        ndcg=f"{worth['model']:.3f}",
        best=f"{worth[rival]:.3f}",
        margin=f"{_SURE * margin:.3f}",
        rival=text(f"recommender.quality.rival.{rival}"),
    )


def _table(page: Page, quality: Quality, k: int) -> str:
    """A measure a row; the best of each in bold, where more is better."""
    text = page.text
    head = [
        text("recommender.quality.measure"),
        *(text(f"recommender.quality.list.{name}") for name in LISTS),
    ]
    errors = {name: quality.rmse[name] for name in ("model", "bias")}
    rows = [["RMSE", *_numbers(errors, min(errors.values()), 3)]]
    for measure in _MEASURES:
        values = {name: getattr(quality.rankings[name][k], measure) for name in LISTS}
        best = max(values.values()) if measure in _BETTER_HIGH else None
        name = text(f"recommender.quality.measures.{measure}", k=k)
        rows.append([name, *_numbers(values, best, 2 if measure == "novelty" else 3)])
    return controls.number_table(head, rows)


def _numbers(values: Mapping[str, float], best: float | None, digits: int) -> list[str]:
    told = {name: f"{value:.{digits}f}" for name, value in values.items()}
    return [
        f"**{told[name]}**" if values.get(name) == best else told.get(name, "–") for name in LISTS
    ]
