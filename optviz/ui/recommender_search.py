"""The search for good settings: live curves, what mattered, and its best recipe measured once."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import streamlit as st

from optviz.core.problem import Problem
from optviz.figures.search import history_figure, slices_figure, trials_figure
from optviz.language import Text
from optviz.recommender.config import CONTROLS
from optviz.recommender.search_trials import SearchTrial, trials_to_csv, trials_to_json
from optviz.ui.components import chart
from optviz.ui.frame import Page
from optviz.ui.recommender_files import offer_tables
from optviz.ui.recommender_runs import Run, Runs
from optviz.ui.recommender_search_controls import render_search_controls
from optviz.ui.recommender_search_run import Search
from optviz.ui.recommender_state import RecommenderState, fields_of
from optviz.ui.state import Store, guarded, remember
from optviz.ui.waiting import renewed

__all__ = ["render_search"]

_REFRESH = 0.5
_STYLE = """
.st-key-frame-scroll-search-slices > div { min-width: 620px; }
"""


@dataclass(slots=True)
class _Kept:
    """The session's search, and which of its recipes was taken over.

    Attributes:
        search: The one shown.
        used: The trial whose recipe was taken over, and the run that measures it.
        problems: Why the last button did not work.
    """

    search: Search | None = None
    used: tuple[SearchTrial, Run] | None = None
    problems: list[Problem] = field(default_factory=list)


def _kept(every: Runs) -> _Kept:
    """What the session keeps; a search of other ratings than the present ones is over."""
    kept = remember("recommender search", _Kept)
    if kept.search is not None and kept.search.data is not every.data:
        kept.search.stop()
        kept.search, kept.used = None, None
    return kept


def render_search(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    """Draw the search, its controls beside it."""
    kept = _kept(every)
    st.html(f"<style>{_STYLE}</style>")
    st.caption(page.text("recommender.search.about"))
    stage, side = st.columns([10, 3], gap="small")
    with side:
        render_search_controls(page, store)
    with stage:
        search = kept.search
        # Before anything is drawn by it: what changes from now on, the live part will notice.
        state = search.state if search is not None else "none"
        busy = state in ("running", "paused")
        _buttons(page, store, every, kept, state)
        if search is None:
            text = page.text
            st.progress(0.0, text("recommender.search.ready", trials=store.value.search_trials))
            return
        renewed(_live, busy, _REFRESH)(
            page, search, state, every.data.searched_baselines(search.plan.config)
        )
        _best(page, store, every, kept, search)
        if not search.busy and _stale(store, search):
            st.caption(f":material/history: {page.text('recommender.search.stale')}")
        _export(page.text, search)


def _stale(store: Store[RecommenderState], search: Search) -> bool:
    """Whether another search is set up; one that begins from a recipe of this one is not."""
    plan = store.value.search_plan()
    known = {search.asked.config, *(trial.config for trial in search.trials)}
    return (
        plan.config not in known
        or dataclasses.replace(plan, config=search.asked.config) != search.asked
    )


def _begin(store: Store[RecommenderState], every: Runs, kept: _Kept) -> None:
    """Begin a search as it is set up; a double click begins one."""
    kept.problems.clear()
    if kept.search is not None and kept.search.busy:
        return
    try:
        kept.search, kept.used = Search(store.value.search_plan(), every.data), None
    except Problem as problem:
        kept.problems.append(problem)


def _buttons(
    page: Page, store: Store[RecommenderState], every: Runs, kept: _Kept, state: str
) -> None:
    """All buttons stand where they are at all times."""
    text, search = page.text, kept.search
    busy = state in ("running", "paused")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            text("recommender.search.begin"), key="recommender.search.begin", type="primary",
            icon=":material/manage_search:", disabled=busy, on_click=guarded(_begin),
            args=(store, every, kept),
        )  # fmt: skip
        if search is not None and state != "running":
            words = "resume" if state == "paused" else "more"
            st.button(
                text(f"recommender.search.{words}"), key="recommender.search.resume",
                icon=":material/resume:", on_click=guarded(search.go_on),
            )  # fmt: skip
        else:
            st.button(
                text("recommender.search.pause"), key="recommender.search.pause",
                icon=":material/pause:", disabled=not busy,
                on_click=guarded(search.pause) if search is not None else None,
            )  # fmt: skip
        st.button(
            text("recommender.search.stop"), key="recommender.search.stop",
            icon=":material/stop:", disabled=not busy,
            on_click=guarded(search.stop) if search is not None else None,
        )  # fmt: skip
    for problem in kept.problems:
        page.problem(problem)


def _live(page: Page, search: Search, state: str, baselines: dict[str, float]) -> None:
    if search.state != state:  # the buttons are to change
        st.rerun()
    text, theme = page.text, page.theme
    trials, plan = search.trials, search.plan
    ended = sum(trial.state != "running" for trial in trials)
    words = text("recommender.search.starting")
    if trials:
        pruned = sum(trial.state == "pruned" for trial in trials)
        words = text(
            "recommender.search.progress", ended=ended, trials=plan.n_trials, pruned=pruned,
            seconds=f"{search.seconds:.0f}",
        )  # fmt: skip
    if state == "paused":
        words += f" · {text('jobs.state.paused')}"
    st.progress(min(ended / plan.n_trials, 1.0), words)
    if search.problem is not None:
        page.problem(search.problem)
    left, right = st.columns(2, gap="small", vertical_alignment="bottom")
    with left:
        st.markdown(text("recommender.search.curves"))
        figure = trials_figure(trials, baselines, text=text, theme=theme)
        chart(figure, key="recommender.search.curves", height=360)
    with right:
        st.markdown(text("recommender.search.history"))
        figure = history_figure(trials, plan.n_trials, text=text, theme=theme)
        chart(figure, key="recommender.search.history", height=360)
    st.markdown(text("recommender.search.slices"))
    with st.container(key="frame-scroll-search-slices"):
        figure = slices_figure(
            trials, plan.ranges, search.importances,
            lambda name: text(f"control.{name}.label"), text=text, theme=theme,
        )  # fmt: skip
        chart(figure, key="recommender.search.slices", height=250)
    if search.importances:
        st.caption(text("recommender.search.shares"))
    st.caption(_protocol(text, search))
    st.markdown(_verdict(text, search))


def _protocol(text: Text, search: Search) -> str:
    plan, ratings = search.plan, search.data.ratings
    learnt, judged = search.sizes
    return text(
        "recommender.search.protocol", model=text(f"choice.model.{plan.config.model}"),
        data=ratings.label(text), judges=f"{judged:,}", train=f"{learnt + judged:,}",
        seed=plan.seed, at_once=plan.at_once,
    )  # fmt: skip


def _verdict(text: Text, search: Search) -> str:
    best = search.best
    if best is None or best.value is None:
        return text("recommender.search.none")
    settings = ", ".join(
        f"{text(f'control.{name}.label')} {_shown(text, name, value)}"
        for name, value in best.values.items()
    )
    return text(
        "recommender.search.best", trial=best.number + 1, mse=f"{best.value:.4f}",
        settings=settings,
    )  # fmt: skip


def _shown(text: Text, name: str, value: object) -> str:
    return text(f"choice.{name}.{value}") if CONTROLS[name].kind == "choice" else f"{value:g}"


def _use(store: Store[RecommenderState], every: Runs, kept: _Kept, trial: SearchTrial) -> None:
    """Take a recipe over, and train it as the page trains: on all training ratings."""
    kept.problems.clear()
    store.set(**fields_of(trial.config))
    try:
        every.start(trial.config)
    except Problem as problem:
        kept.problems.append(problem)
        return
    if every.run is not None:
        kept.used = trial, every.run


def _best(
    page: Page, store: Store[RecommenderState], every: Runs, kept: _Kept, search: Search
) -> None:
    """The button that takes the best recipe over, and what the measurement said."""
    text, best = page.text, search.best
    st.button(
        text("recommender.search.use"), key="recommender.search.use", icon=":material/check:",
        help=text("recommender.search.use_help"), disabled=best is None or search.busy,
        on_click=guarded(_use), args=(store, every, kept, best),
    )  # fmt: skip
    if kept.used is None:
        return
    trial, run = kept.used
    if run.busy:
        st.markdown(text("recommender.search.measuring", trial=trial.number + 1))
    elif run.fitted is not None and run.fitted.finite and not run.by_hand:
        count = sum(other.value is not None for other in search.trials)
        st.markdown(
            text(
                "recommender.search.measured", trial=trial.number + 1,
                searched=f"{trial.value:.4f}", measured=f"{run.fitted.valid_mse:.4f}",
                count=count,
            )
        )  # fmt: skip


def _export(text: Text, search: Search) -> None:
    tables = {
        "csv": lambda: trials_to_csv(search.trials),
        "json": lambda: trials_to_json(search.plan, search.trials),
    }
    with st.expander(text("recommender.search.table"), icon=":material/table:"):
        _table(text, search)
        st.caption(text("recommender.search.export_about"))
        with st.container(horizontal=True, gap="small"):
            offer_tables(text, "recommender.search", "search", tables)


def _table(text: Text, search: Search) -> None:
    """Every trial, the best first."""
    trials = sorted(search.trials, key=lambda t: (t.value is None, t.value or 0.0, t.number))
    columns = ("trial", "state", "mse", "epochs", "seconds")
    head = dict(zip(columns, (text(f"recommender.search.column.{name}") for name in columns),
                    strict=True))  # fmt: skip
    frame: dict[str, list[object]] = {
        head["trial"]: [trial.number + 1 for trial in trials],
        head["state"]: [text(f"recommender.search.state.{trial.state}") for trial in trials],
        head["mse"]: [trial.value for trial in trials],
        head["epochs"]: [len(trial.curve) for trial in trials],
        head["seconds"]: [round(trial.seconds, 2) for trial in trials],
    }
    for one in search.plan.ranges:
        values = [trial.values.get(one.name) for trial in trials]
        frame[text(f"control.{one.name}.label")] = [
            None if value is None else _shown(text, one.name, value) for value in values
        ]
    st.dataframe(
        frame, hide_index=True, width="stretch", height=280,
        column_config={head["mse"]: st.column_config.NumberColumn(format="%.4f")},
    )  # fmt: skip
