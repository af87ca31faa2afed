"""“Which settings work?”: the run looked at with thousands of other settings, in one map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from optviz.core.optimizers import default_hyperparameters
from optviz.core.problem import Problem
from optviz.core.settings_map import MapPlan, SettingsMap, axis, seconds_of, stability_edge
from optviz.jobs import Job, default_backend
from optviz.ui import controls
from optviz.ui.components.chart import Click, chart
from optviz.ui.followed import Asked, Shelf
from optviz.ui.frame import Page
from optviz.ui.state import Store, bind_value, remember
from optviz.ui.trajectories_state import Run, TrajectoriesState, settings_of
from optviz.ui.waiting import wait_with_progress

__all__ = ["CELLS", "MapRun", "Maps", "render_settings"]

PageStore = Store[TrajectoriesState]

CELLS = 100
"""Along each side of the map."""

_HEIGHT = 420


class MapRun(Asked):
    """One map, under way or done.

    Args:
        request: The plan.
        job: The job that walks it.

    Attributes:
        found: The map, once it is there.
        edge: Theory's limit in it.
    """

    request: MapPlan

    def __init__(self, request: MapPlan, job: Job) -> None:
        super().__init__(request, job)
        self.found: SettingsMap | None = None
        self.edge: Any = None

    def take_result(self, result: Any) -> None:
        """Take over the map."""
        self.found, self.edge = result, stability_edge(result)


class Maps(Shelf[MapRun]):
    """The session's maps: each change of what they depend on walks another."""

    def __init__(self) -> None:
        super().__init__(_begin, 12)
        self.last: MapRun | None = None

    def starts_by_itself(self, request: MapPlan) -> bool:
        """Yes: it takes about as long as to look there."""
        return True

    def look(self, request: MapPlan, scene: str | None = None) -> None:
        """Take in what is new; begin again what was given up when the map was folded."""
        super().look(request, scene)
        if self.current is not None and self.current.state == "cancelled":
            self.start(request)
        if self.current is not None and self.current.found is not None:
            self.last = self.current


def _begin(plan: MapPlan) -> MapRun:
    job = default_backend().submit("optviz.core.settings_map:settings_map_task", plan=plan)
    return MapRun(plan, job)


def render_settings(page: Page, store: PageStore) -> None:
    """Draw the part; nothing is computed while it is folded.

    Args:
        page: The frame.
        store: The page's state.
    """
    text = page.text
    maps: Maps = remember("settings maps", Maps)
    folded = st.expander(
        text("trajectories.maps.title"),
        icon=":material/grid_on:",
        **bind_value(
            f"trajectories.settings_map.open.{text.code}", store.value.settings_map,
            lambda is_open: store.set(settings_map=is_open),
        ),
    )  # fmt: skip
    if not store.value.settings_map:
        if maps.busy:
            maps.cancel()
        return
    with folded:
        focus = store.value.focused
        if focus is None:
            st.caption(text("trajectories.first_add"))
            return
        seconds = seconds_of(store.value.runs[focus].optimizer)
        if not seconds:
            name = text(f"optimizer.{store.value.runs[focus].optimizer}.title")
            page.problem(Problem("problem.trajectories_maps.alone", optimizer=name))
            return
        box, beside = st.columns([4, 6], gap="medium", vertical_alignment="bottom")
        with box:
            second = _second(page, store, seconds)
        try:
            _map(page, store, maps, _Looked(store.value, focus, second), beside)
        except Problem as problem:
            page.problem(problem)


@dataclass(frozen=True, slots=True)
class _Looked:
    """The run looked at, and the setting to vary beside its rate."""

    state: TrajectoriesState
    focus: int
    second: str

    @property
    def run(self) -> Run:
        return self.state.runs[self.focus]

    @property
    def settings(self) -> dict[str, Any]:
        return settings_of(self.run, self.state.surface_name)

    def plan(self) -> MapPlan:
        """The map about the run; where in it the run stands makes no difference."""
        optimizer, name, settings = self.run.optimizer, self.state.surface_name, self.settings
        suits = float(default_hyperparameters(optimizer, name)["lr"])
        return MapPlan(
            surface=name,
            optimizer=optimizer,
            settings=tuple((k, v) for k, v in settings.items() if k not in ("lr", self.second)),
            second=self.second,
            lrs=axis(optimizer, "lr", settings, CELLS, suits),
            values=axis(optimizer, self.second, settings, CELLS),
            start=self.state.start,
            steps=self.state.steps,
        )


def _second(page: Page, store: PageStore, seconds: tuple[str, ...]) -> str:
    """Which setting varies beside the rate: the one picked, or the first that there is."""
    text, state = page.text, store.value
    second = state.settings_by if state.settings_by in seconds else seconds[0]
    names = [text(f"hyperparameter.{name}.label") for name in seconds]
    # The browser tells choices apart by what they are called: other names, another box.
    controls.choose_part(
        f"trajectories.settings_by.{'|'.join(names)}", text("trajectories.maps.second"),
        seconds, second, lambda name: store.set(settings_by=name),
        lambda name: text(f"hyperparameter.{name}.label"),
    )  # fmt: skip
    return second


def _map(page: Page, store: PageStore, maps: Maps, looked: _Looked, beside: Any) -> None:
    """The picture and what to read off it; ``beside`` is where to say that it is to come."""
    plan = looked.plan()
    maps.look(plan)
    current, before = maps.current, maps.last
    assert current is not None
    picture = st.container(height=_HEIGHT + 4, border=False, key="trajectories-settings-map")
    if current.found is None and before is not None:
        # The last one stays until then, so that nothing jumps.
        _draw(page, store, before, looked, picture)
        with beside:
            _wait(page, maps, current)
        st.rerun()
    with beside:
        _wait(page, maps, current)
    _draw(page, store, current, looked, picture)


def _draw(page: Page, store: PageStore, shown: MapRun, looked: _Looked, picture: Any) -> None:
    text, found = page.text, shown.found
    assert found is not None
    with picture:
        _chart(page, store, shown, looked, stale=shown.request != looked.plan())
    st.markdown(_sentence(page, found))
    said = text("trajectories.maps.read", steps=shown.request.steps)
    more = "" if shown.edge is None else text("trajectories.maps.read_edge")
    st.caption(f"{said} {more}")


def _wait(page: Page, maps: Maps, current: MapRun) -> None:
    """Until the map is there.

    Raises:
        Problem: It failed; the next look tries again.
    """
    if current.found is not None:
        return
    words = page.text("trajectories.maps.working", count=f"{CELLS**2:,}")
    wait_with_progress(current.job, words)
    maps.look(current.request)
    if current.found is None:
        maps.current = None
        raise current.problem or Problem("problem.jobs.worker_died")


def _chart(page: Page, store: PageStore, shown: MapRun, looked: _Looked, stale: bool) -> None:
    from optviz.figures.settings_map import names, settings_figure

    text, found = page.text, shown.found
    assert found is not None
    plan = found.plan
    titles = text("hyperparameter.lr.label"), text(f"hyperparameter.{plan.second}.label")
    settings = looked.settings

    def load(click: Click) -> None:
        across, up = names(plan.lrs), names(plan.values)
        if stale or click.x not in across or click.y not in up:
            return
        row, column = up.index(click.y), across.index(click.x)
        runs = store.value.runs
        if looked.focus >= len(runs) or runs[looked.focus] != looked.run:
            return  # the browser speaks of a run that has gone meanwhile
        run = looked.run.with_setting("lr", plan.lrs[column], plan.surface)
        run = run.with_setting(plan.second, plan.values[row], plan.surface)
        store.set(runs=(*runs[: looked.focus], run, *runs[looked.focus + 1 :]))

    chart(
        settings_figure(
            found,
            now=(float(settings["lr"]), float(settings.get(plan.second, -1.0))),
            edge=shown.edge, titles=titles, text=text, theme=page.theme, stale=stale,
        ),
        key="trajectories.settings_map", height=_HEIGHT, on_click=load,
    )  # fmt: skip


def _sentence(page: Page, found: SettingsMap) -> str:
    """Which settings are best."""
    text, plan, best = page.text, found.plan, found.fastest
    if best is None:
        return text("trajectories.maps.none", steps=plan.steps)
    return text(
        "trajectories.maps.best",
        steps=found.settled[best],
        lr=f"{plan.lrs[best[1]]:g}",
        setting=text(f"hyperparameter.{plan.second}.label"),
        value=f"{plan.values[best[0]]:.10g}",
    )
