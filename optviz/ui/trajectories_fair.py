"""The folded part of the Trajectories page in which all compared runs are tuned alike."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from optviz.core.fair import AROUND, RATES, STARTS, Comparison, Verdict, best_of
from optviz.core.optimizers import get_optimizer
from optviz.core.problem import Problem
from optviz.core.surface import Point
from optviz.jobs import default_backend
from optviz.ui import controls
from optviz.ui.followed import Answered, Shelf
from optviz.ui.frame import Page
from optviz.ui.state import Store, guarded, remember
from optviz.ui.trajectories_controls import run_title
from optviz.ui.trajectories_state import (
    FAIR_VIEWS,
    Run,
    TrajectoriesState,
    settings_of,
)
from optviz.ui.waiting import keep_up, renewed, show_progress

__all__ = ["FairRequest", "Tuning", "adopted", "render_fair"]

PageStore = Store[TrajectoriesState]

_HEIGHT = 360
_KEPT = 12


@dataclass(frozen=True, slots=True)
class FairRequest:
    """What is tuned.

    Attributes:
        surface: Its name.
        runs: The compared runs without their rates; runs that differ in nothing else are one.
        start: The chosen start.
        steps: Of each single run.
    """

    surface: str
    runs: tuple[Run, ...]
    start: Point
    steps: int

    @classmethod
    def of(cls, state: TrajectoriesState) -> FairRequest:
        """What ``state`` compares."""
        runs = tuple(dict.fromkeys(_without_rate(run) for run in state.runs))
        return cls(state.surface_name, runs, state.start, state.steps)


def _without_rate(run: Run) -> Run:
    return Run(run.optimizer, tuple((name, v) for name, v in run.changed if name != "lr"))


class Tuning(Answered):
    """A comparison under way or done; ``result`` is what was found."""

    result: Comparison | None


def _begin(request: FairRequest) -> Tuning:
    job = default_backend().submit(
        "optviz.core.fair:fair_task",
        surface=request.surface,
        specs=[run.spec() for run in request.runs],
        start=request.start,
        steps=request.steps,
    )
    return Tuning(request, job)


def render_fair(page: Page, store: PageStore) -> None:
    """Draw the folded part: what is tuned, the button, and what came of it."""
    text, state = page.text, store.value
    with st.expander(text("fair.title"), icon=":material/balance:"):
        request = FairRequest.of(state)
        st.markdown(_lead(page, request))
        if not request.runs:
            st.caption(text("trajectories.first_add"))
            return
        every: Shelf[Tuning] = remember("fair", lambda: Shelf(_begin, _KEPT))
        every.recall(request)
        _actions(page, store, every, request)
        tuning = every.current
        if tuning is None:
            return
        renewed(_progress, every.busy)(page, tuning, every.busy)
        if tuning.result is not None:
            _result(page, state, tuning.request, tuning.result, tuning.request != request)


def _lead(page: Page, request: FairRequest) -> str:
    text = page.text
    words = text(
        "fair.lead", rates=len(RATES), low=f"{RATES[0]:g}", high=f"{RATES[-1]:g}",
        starts=STARTS, others=STARTS - 1, around=f"{100 * AROUND:g}", steps=request.steps,
    )  # fmt: skip
    closures = [run for run in request.runs if get_optimizer(run.optimizer).closure != "none"]
    return f"{words} {text('fair.work')}" if closures else words


def _actions(page: Page, store: PageStore, every: Shelf[Tuning], request: FairRequest) -> None:
    text, tuning = page.text, every.current
    known = tuning is not None and tuning.request == request and tuning.result is not None
    rates = adopted(store.value, tuning) if known and tuning is not None else store.value.runs
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if every.busy:
            st.button(
                text("fair.cancel"), key="fair.cancel", icon=":material/stop:",
                on_click=guarded(every.cancel),
            )  # fmt: skip
        else:
            budget = len(RATES) * STARTS * request.steps
            st.button(
                text("fair.tune", budget=budget), key="fair.tune", icon=":material/balance:",
                type="secondary" if known else "primary", disabled=known or request.steps == 0,
                on_click=guarded(every.start), args=(request,),
            )  # fmt: skip
        st.button(
            text("fair.use"), key="fair.use", icon=":material/done_all:", type="primary",
            disabled=rates == store.value.runs,
            on_click=guarded(lambda: store.set(runs=rates)),
        )  # fmt: skip
        controls.segment(
            store, "fair", text("fair.view"), FAIR_VIEWS, lambda name: text(f"fair.view_{name}"),
            label_visibility="collapsed",
        )  # fmt: skip


def adopted(state: TrajectoriesState, tuning: Tuning) -> tuple[Run, ...]:
    """The runs of ``state``, each with the rate that was best for it; failures as they are."""
    found = tuning.result
    if found is None:
        return state.runs
    best = {
        run: found.verdict(tuned).index
        for run, tuned in zip(tuning.request.runs, found.runs, strict=True)
    }
    runs = []
    for run in state.runs:
        index = best.get(_without_rate(run))
        if index is not None:
            run = run.with_setting("lr", float(found.rates[index]), state.surface_name)
        runs.append(run)
    return tuple(runs)


def _progress(page: Page, tuning: Tuning, working: bool) -> None:
    keep_up(tuning, working)
    if tuning.state == "failed":
        page.problem(tuning.problem or Problem("problem.fair.failed"))
    elif tuning.state == "cancelled":
        st.caption(page.text("fair.cancelled"))
    elif not tuning.finished:
        progress = tuning.job.progress
        words = page.text("fair.working")
        if progress is not None and progress.eta is not None and progress.eta >= 1:
            words += " " + page.text("fair.eta", seconds=progress.eta)
        show_progress(tuning.job, words)


def _result(
    page: Page, state: TrajectoriesState, request: FairRequest, found: Comparison, stale: bool
) -> None:
    from optviz.figures.fair import fair_figure
    from optviz.figures.trajectories import styles
    from optviz.ui.components import chart

    text = page.text
    titles = [run_title(page, request.runs, i, request.surface) for i in range(len(request.runs))]
    rates = {_without_rate(run): settings_of(run, state.surface_name)["lr"] for run in state.runs}
    present = [float(rates[run]) if run in rates else None for run in request.runs]
    if stale:
        st.caption(text("fair.stale"))
    chart(
        fair_figure(
            found, titles, styles(page.theme, [run.optimizer for run in request.runs]), present,
            view=state.fair, text=text, theme=page.theme, stale=stale,
        ),
        key="fair.chart", height=_HEIGHT,
    )  # fmt: skip
    verdicts = [found.verdict(run) for run in found.runs]
    st.caption(text("fair.read"))
    st.markdown(":material/visibility: " + _verdict(page, found, titles, verdicts))
    with st.container(key="frame-scroll-fair"):
        st.markdown(_table(page, found, titles, verdicts, present))
    unknown = "" if found.minimum is not None else " " + text("fair.unknown")
    st.caption(text("fair.columns") + unknown)


def _verdict(page: Page, found: Comparison, titles: list[str], verdicts: list[Verdict]) -> str:
    """Who wins, who is touchy, and how far that holds."""
    text, order = page.text, best_of(found)
    if not order:
        return text("fair.verdict.nobody")
    scope = text("fair.verdict.scope", starts=len(found.starts), steps=found.steps)
    first = verdicts[order[0]]
    assert first.index is not None
    kind = "alone"
    if len(order) > 1:
        # Where several get as low as can be told, the first one there is meant.
        close = found.floor is not None and verdicts[order[1]].loss <= found.floor
        kind = "first" if close and first.steps < float("inf") else "best"
    words = [
        text(
            f"fair.verdict.{kind}", run=titles[order[0]], steps=f"{first.steps:.0f}",
            rate=f"{found.rates[first.index]:.3g}",
        )
    ]  # fmt: skip
    if len(order) > 1:
        widths = [verdicts[i].decades for i in order]
        if max(widths) - min(widths) > 0.1:
            wide, narrow = order[widths.index(max(widths))], order[widths.index(min(widths))]
            words.append(
                text(
                    "fair.verdict.widths", wide=titles[wide], narrow=titles[narrow],
                    most=f"{max(widths):.1f}", least=f"{min(widths):.1f}",
                )
            )  # fmt: skip
    edges = [titles[i] for i in order if verdicts[i].edge]
    if edges:
        words.append(text("fair.verdict.edge", runs=text("fair.and").join(edges)))
    return " ".join([*words, scope])


def _table(
    page: Page,
    found: Comparison,
    titles: list[str],
    verdicts: list[Verdict],
    present: list[float | None],
) -> str:
    text = page.text
    loss = "loss" if found.minimum in (None, 0.0) else "above"
    names = ("run", "best", "present", loss, "steps", "width", "budget")
    rows = []
    for title, verdict, now in zip(titles, verdicts, present, strict=True):
        works = verdict.index is not None
        rate = f"{found.rates[verdict.index]:.3g}" if verdict.index is not None else "–"
        rows.append(
            [
                title,
                rate + (" ⇤" if verdict.edge else ""),
                "–" if now is None else f"{now:.3g}",
                f"{verdict.loss:.3g}" if works else "–",
                f"{verdict.steps:.0f}" if verdict.steps < float("inf") else "–",
                f"{verdict.decades:.1f}" if works else "–",
                f"{found.budget:,}",
            ]
        )
    return controls.number_table([text(f"fair.column.{name}") for name in names], rows)
