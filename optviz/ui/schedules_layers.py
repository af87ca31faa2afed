"""The Schedules page's third part: a rate for each layer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from optviz.core.problem import Problem
from optviz.core.surfaces import get_surface
from optviz.recommender.layers import NET_GROUPS
from optviz.training.groups import parse_rates, spread
from optviz.training.layers import DIGITS_GROUPS
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.own_surface import called_after, choose_surface
from optviz.ui.points import read_point, rounded_point, write_point
from optviz.ui.schedules_jobs import Training, Trainings, trainings
from optviz.ui.schedules_state import LAYER_OPTIMIZERS, LAYERED, WITH_MINIMA, SchedulesState
from optviz.ui.state import Store, bind_value, guarded
from optviz.ui.waiting import renewed

__all__ = ["layer_controls", "render_layers"]

PageStore = Store[SchedulesState]

GROUPS = {"surface": ("x", "y"), "digits": DIGITS_GROUPS, "net": NET_GROUPS}
TASKS = {
    "digits": "optviz.training.layers:digits_task",
    "net": "optviz.recommender.layers:net_task",
}
SUITED: dict[str, dict[str, Any]] = {
    "surface": {"rates": "slice(0.5, 0.005)"},
    "digits": {"rates": "slice(1e-4, 1e-2)", "layer_epochs": 20},
    "net": {"rates": "slice(5e-4, 5e-3)", "layer_epochs": 5},
}
"""What to begin with on each."""


def layer_controls(page: Page, store: PageStore) -> None:
    """Draw what has layers, and their rates."""
    text, state = page.text, store.value
    st.radio(
        text("schedules.layered"), LAYERED, index=LAYERED.index(state.layered),
        format_func=lambda name: text(f"schedules.layered_{name}"),
        **bind_value(
            f"schedules.layered.pick.{text.code}", state.layered,
            lambda name: store.set(layered=name, **SUITED[name]),
        ),
    )  # fmt: skip
    count = len(GROUPS[state.layered])

    def read(written: str) -> None:
        spread(parse_rates(written), count)
        store.set(rates=written.strip())

    controls.typed_text(
        f"schedules.rates.{state.layered}", text("schedules.rates"), state.rates, read, text,
        help=text("schedules.rates_help", groups=count),
    )  # fmt: skip
    _spread_shown(page, state)
    if state.layered == "surface":
        _surface_controls(page, store)
        return
    controls.segment(
        store, "layer_optimizer", text("schedules.optimizer"), LAYER_OPTIMIZERS,
        lambda name: text(f"choice.optimizer.{name}"),
    )  # fmt: skip
    controls.slider(store, "layer_epochs", text("schedules.layer_epochs"), 1, 50)


def _spread_shown(page: Page, state: SchedulesState) -> None:
    """The rate that each group gets, in words."""
    try:
        rates = spread(parse_rates(state.rates), len(GROUPS[state.layered]))
    except Problem:
        return  # the stage says so
    shown = " · ".join(
        f"{_group(page, name)} {rate:.3g}"
        for name, rate in zip(GROUPS[state.layered], rates, strict=True)
    )
    st.caption(shown)


def _group(page: Page, name: str) -> str:
    return page.text(f"schedules.group.{name}")


def _surface_controls(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value

    def look(name: str, /, **changes: Any) -> None:
        called = called_after(store.value, name, **changes)
        _hessian(called)  # the rates are about the curvature at a minimum: there must be one
        store.set(layer_surface=name, layer_start=get_surface(called).start, **changes)

    choose_surface(
        page, state, state.layer_surface, look,
        key="schedules.layer_surface.pick", names=WITH_MINIMA,
    )  # fmt: skip
    try:
        diagonal = np.diag(_hessian(state.called(state.layer_surface)))
    except Problem:
        return  # the stage says so
    suited = f"[{', '.join(f'{1 / max(h, 1e-9):.4g}' for h in diagonal)}]"
    st.button(
        text("schedules.newton"), key="schedules.newton", icon=":material/auto_fix_high:",
        help=text("schedules.newton_help"), disabled=bool((diagonal <= 0).any()),
        on_click=guarded(lambda: store.set(rates=suited)),
    )  # fmt: skip
    controls.typed_text(
        "schedules.layer_start.typed", text("trajectories.start"), write_point(state.layer_start),
        lambda written: store.set(layer_start=read_point(written)), text,
        help=text("trajectories.start_help"),
    )  # fmt: skip
    controls.slider(store, "layer_steps", text("trajectories.steps"), 1, 300)


@lru_cache(maxsize=32)
def _hessian(surface: str) -> Any:
    """(2, 2) at the surface's first minimum.

    Raises:
        Problem: A typed surface cannot be used, or has no minimum in its box.
    """
    from optviz.core.curvature import curvature

    found = get_surface(surface)
    if not found.all_minima:
        raise Problem("problem.own.no_minimum")
    return curvature(found, found.all_minima[:1]).hessians[0]


def render_layers(page: Page, store: PageStore, scene: str | None) -> None:
    """Draw the stage of the surface, or the trainings of the networks."""
    state = store.value
    groups = GROUPS[state.layered]
    try:
        rates = spread(parse_rates(state.rates), len(groups))
    except Problem as problem:  # from a link
        page.problem(problem)
        return
    if state.layered == "surface":
        _stage(page, store, scene, (rates[0], rates[1]))
    else:
        _networks(page, state, rates, scene)
    with st.expander(page.text("schedules.slices"), icon=":material/menu_book:"):
        st.markdown(page.text("schedules.slices_body"))


@lru_cache(maxsize=64)
def _walked(
    surface: str, rates: tuple[float, float], same: float, start: tuple[float, float], steps: int
) -> list[Any]:
    from optviz.core.curvature import curvature
    from optviz.core.pace import Pace
    from optviz.core.scheduled import scheduled

    paces = [Pace(np.full((steps, 2), pair)) for pair in ((same, same), rates)]
    paths = scheduled(surface, "sgd", paces, start)
    found = get_surface(surface)
    return [
        (path, pace, curvature(found, path.points)) for path, pace in zip(paths, paces, strict=True)
    ]


def _stage(page: Page, store: PageStore, scene: str | None, rates: tuple[float, float]) -> None:
    from optviz.core.scheduled import condition_numbers
    from optviz.figures.schedules import over_time_figure
    from optviz.figures.theme import numbered_style
    from optviz.figures.trajectories import map_figure
    from optviz.ui.components.stage import Actor, stage

    text, state, theme = page.text, store.value, page.theme
    called = state.called(state.layer_surface)
    try:
        surface, hessian = get_surface(called), _hessian(called)
    except Problem as problem:  # from a link
        page.problem(problem)
        return
    before, after, best = condition_numbers(hessian, rates)
    walked = _walked(called, rates, best, state.layer_start, state.layer_steps)
    titles = [
        text("schedules.one_rate", lr=f"{best:.3g}"),
        text("schedules.two_rates", x=f"{rates[0]:.3g}", y=f"{rates[1]:.3g}"),
    ]
    styles = [numbered_style(theme, 0), numbered_style(theme, 1)]
    actors = [
        Actor(
            title=title, path=path, curvature=bent, style=style, lr=float(pace.rates.max()),
            bound=None, outcome=_outcome(page, path),
        )
        for title, style, (path, pace, bent) in zip(titles, styles, walked, strict=True)
    ]  # fmt: skip
    st.markdown(
        text("schedules.condition", before=_condition(before), after=_condition(after)),
    )
    stage(
        actors,
        key="schedules.layers.stage",
        map_figure=map_figure(surface, text=text, theme=theme, shade=False),
        map_revision=f"{surface.name} {theme.name} {text.code}",
        landscape_figure=None,
        history_figure=over_time_figure(
            surface, [path for path, _, _ in walked], [pace.rates for _, pace, _ in walked],
            styles, text=text, theme=theme,
        ),
        start=state.layer_start,
        steps=state.layer_steps,
        focus=1,
        hessian=False,
        scene=f"layers {controls.last_scene('schedules', scene)} {surface.name}",
        step=-1,
        text=text,
        theme=theme,
        on_start=lambda x, y: store.set(layer_start=rounded_point(x, y, surface.size)),
        on_focus=lambda i: None,
    )  # fmt: skip


def _condition(value: float) -> str:
    return f"{value:,.4g}" if np.isfinite(value) else "∞"


def _outcome(page: Page, path: Any) -> str:
    if path.status in ("converged", "diverged"):
        return page.text(f"trajectories.status.{path.status}", step=path.status_step)
    return page.text("trajectories.status.moving")


# ── networks ──


def _request(state: SchedulesState, rates: tuple[float, ...]) -> Any:
    return state.layered, rates, state.layer_optimizer, state.layer_epochs


def _networks(
    page: Page, state: SchedulesState, rates: tuple[float, ...], scene: str | None
) -> None:
    text = page.text
    every = trainings("layers")
    every.read()
    request = _request(state, rates)

    def start() -> None:
        shared = {"optimizer": state.layer_optimizer, "epochs": state.layer_epochs, "seed": 0}
        task = TASKS[state.layered]
        every.start(
            request,
            {
                "layers": (task, {"rates": rates, **shared}),
                "same": (task, {"rates": (max(rates),) * len(rates), **shared}),
            },
        )

    if every.begins(request, scene):
        start()
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            text("schedules.train_layers"), key="schedules.train_layers", type="primary",
            icon=":material/play_arrow:", disabled=every.busy, on_click=guarded(start),
        )  # fmt: skip
        st.button(
            text("schedules.cancel"), key="schedules.cancel_layers", icon=":material/stop:",
            disabled=not every.busy, on_click=guarded(every.cancel),
        )  # fmt: skip
    renewed(_live, every.busy)(page, state, rates, every, every.busy)


def _live(
    page: Page, state: SchedulesState, rates: tuple[float, ...], every: Trainings, working: bool
) -> None:
    from optviz.figures.schedules import moves_figure
    from optviz.ui.components import chart

    text = page.text
    every.read()
    if working and not every.busy:
        st.rerun()
    # Runs of another network have other layers: they are not shown.
    runs = every.runs if every.request and every.request[0] == state.layered else []
    stale = bool(runs) and every.request != _request(state, rates)
    names = [_group(page, name) for name in GROUPS[state.layered]]
    figure = moves_figure(
        [(run.moves, run.name == "same") for run in runs], names, state.layer_epochs,
        text=text, theme=page.theme, stale=stale,
    )  # fmt: skip
    chart(figure, key="schedules.moves", height=360)
    problem = next((run.problem for run in runs if run.problem), None)
    if problem is not None:
        page.problem(problem)
    elif not runs:
        st.progress(0.0, text("schedules.ready"))
    elif any(run.state == "failed" for run in runs):
        st.progress(0.0, text("schedules.failed"))
    elif any(run.state == "cancelled" for run in runs):
        st.progress(0.0, text("schedules.cancelled"))
    elif every.busy:
        st.progress(every.fraction, text("schedules.training", share=100 * every.fraction))
    else:
        words = text("schedules.layers.reached", **{run.name: _last(run) for run in runs})
        st.progress(1.0, f"{words} {text('schedules.stale')}" if stale else words)
        _table(page, every, names)
    st.caption(text(f"schedules.layers.read_{state.layered}"))


def _last(run: Training) -> str:
    return f"{run.valid[max(run.valid)]:.4f}" if run.valid else "–"


def _table(page: Page, every: Trainings, names: list[str]) -> None:
    """How far each group came from where it began, with its own rate and with one for all."""
    text = page.text
    own, same = every.runs
    st.dataframe(
        {
            text("schedules.layers.group"): names,
            text("schedules.layers.rate"): [f"{rate:.3g}" for rate in every.request[1]],
            text("schedules.layers.size"): [f"{size:.3g}" for size in own.moves.sizes],
            text("schedules.layers.moved"): [f"{d:.3g}" for d in own.moves.distances],
            text("schedules.layers.moved_same"): [f"{d:.3g}" for d in same.moves.distances],
        },
        hide_index=True,
        width="stretch",
    )
