"""The Schedules page's first part: the curves, and the paths that they give on a surface."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from optviz.core.optimizers import default_hyperparameters
from optviz.core.problem import Problem
from optviz.core.surfaces import get_surface
from optviz.training.schedules import sgdr_restarts
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.own_surface import called_after, choose_surface
from optviz.ui.points import read_point, rounded_point, write_point
from optviz.ui.schedules_state import HIGHEST, LOWEST, MOVERS, STEPS_PER_EPOCH, SchedulesState
from optviz.ui.state import Store

__all__ = ["path_controls", "render_path"]

PageStore = Store[SchedulesState]

SEEDS = 100
NEAR = 0.1
"""Two losses closer than this are in the same basin, or as good as."""


def path_controls(page: Page, store: PageStore) -> None:
    """Draw where the schedules are tried."""
    text, state = page.text, store.value

    def look(name: str, /, **changes: Any) -> None:
        called = called_after(store.value, name, **changes)
        start, lr = get_surface(called).start, _suited(state.optimizer, called)
        store.set(surface=name, start=start, lr=lr, **changes)

    choose_surface(page, state, state.surface, look, key="schedules.surface.pick")
    controls.typed_number(store, "lr", text("schedules.lr"), text, help=text("schedules.lr_help"))
    controls.typed_number(
        store, "sigma", text("schedules.sigma"), text, help=text("schedules.sigma_help")
    )
    with st.expander(text("schedules.more"), icon=":material/tune:"):

        def move(name: str) -> None:
            store.set(optimizer=name, lr=_suited(name, state.called(state.surface)))

        controls.choose_part(
            f"schedules.optimizer.pick.{text.code}", text("schedules.optimizer"), MOVERS,
            state.optimizer, move, lambda name: text(f"optimizer.{name}.title"),
        )  # fmt: skip
        controls.typed_text(
            "schedules.start.typed", text("trajectories.start"), write_point(state.start),
            lambda written: store.set(start=read_point(written)), text,
            help=text("trajectories.start_help"),
        )  # fmt: skip
        controls.typed_number(
            store,
            "seed",
            text("schedules.seed"),
            text,
            whole=True,
            help=text("schedules.seed_help"),
        )
        controls.typed_number(
            store, "lr_min", text("schedules.lr_min"), text, help=text("schedules.lr_min_help")
        )


def _suited(optimizer: str, surface: str) -> float:
    """The rate to begin with; those for a typed function may be of any size."""
    rate = float(default_hyperparameters(optimizer, surface)["lr"])
    return min(max(rate, LOWEST), HIGHEST)


Asked = tuple[Any, ...]


def _asked(state: SchedulesState) -> Asked:
    return (
        state.called(state.surface), state.optimizer, state.schedules, tuple(state.options.items()),
        state.epochs, state.lr, state.start, state.sigma,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _paces(
    names: tuple[str, ...], options: tuple[tuple[str, float], ...], epochs: int, lr: float
) -> list[Any]:
    from optviz.training.schedules import torch_pace

    return [torch_pace(name, lr, epochs, STEPS_PER_EPOCH, **dict(options)) for name in names]


@lru_cache(maxsize=64)
def _walked(asked: Asked, seed: int) -> list[Any]:
    from optviz.core.curvature import curvature
    from optviz.core.scheduled import scheduled

    surface, optimizer, names, options, epochs, lr, start, sigma = asked
    paces = _paces(names, options, epochs, lr)
    paths = scheduled(surface, optimizer, paces, start, sigma=sigma, seed=seed)
    found = get_surface(surface)
    return [
        (path, pace, curvature(found, path.points)) for path, pace in zip(paths, paces, strict=True)
    ]


@lru_cache(maxsize=32)
def _many(asked: Asked) -> Any:
    from optviz.core.scheduled import final_losses

    surface, optimizer, names, options, epochs, lr, start, sigma = asked
    paces = _paces(names, options, epochs, lr)
    (finals,) = final_losses(surface, optimizer, paces, start, sigma=sigma, seeds=range(SEEDS))
    return finals


def render_path(page: Page, store: PageStore, scene: str | None) -> None:
    """Draw the stage, and what follows from it."""
    from optviz.figures.schedules import over_time_figure, schedule_style, with_restarts
    from optviz.figures.trajectories import map_figure
    from optviz.ui.components.stage import Actor, stage

    text, state, theme = page.text, store.value, page.theme
    try:
        surface = get_surface(state.called(state.surface))
    except Problem as problem:  # from a link
        page.problem(problem)
        return
    walked = _walked(_asked(state), state.seed)
    titles = [text(f"choice.schedule.{name}") for name in state.schedules]
    styles = [schedule_style(theme, name) for name in state.schedules]
    actors = [
        Actor(
            title=title, path=path, curvature=bent, style=style, lr=state.lr, bound=None,
            outcome=_outcome(page, path),
        )
        for title, style, (path, _, bent) in zip(titles, styles, walked, strict=True)
    ]  # fmt: skip
    ground = map_figure(surface, text=text, theme=theme, shade=False)
    marks = ""
    if "sgdr" in state.schedules:
        path = walked[state.schedules.index("sgdr")][0]
        at = [
            round(epoch * STEPS_PER_EPOCH)
            for epoch in sgdr_restarts(state.epochs, state.cycle_len, state.cycle_mult)
        ]
        with_restarts(ground, path, at, text=text, theme=theme)
        marks = str(hash((tuple(at), path.points[at].tobytes())))
    stage(
        actors,
        key="schedules.stage",
        map_figure=ground,
        map_revision=f"{surface.name} {theme.name} {text.code} {marks}",
        landscape_figure=None,
        history_figure=over_time_figure(
            surface, [path for path, _, _ in walked], [pace.rates for _, pace, _ in walked],
            styles, text=text, theme=theme,
        ),
        start=state.start,
        steps=state.epochs * STEPS_PER_EPOCH,
        focus=0,
        hessian=False,
        scene=f"path {controls.last_scene('schedules', scene)} {surface.name}",
        step=-1,
        text=text,
        theme=theme,
        on_start=lambda x, y: store.set(start=rounded_point(x, y, surface.size)),
        on_focus=lambda i: None,
    )  # fmt: skip
    st.caption(text("schedules.noise", sigma=f"{state.sigma:g}", each=STEPS_PER_EPOCH))
    if controls.switch(
        store, "many", text("schedules.many", seeds=SEEDS), disabled=state.sigma == 0,
        help=text("schedules.many_help"),
    ) and state.sigma > 0:  # fmt: skip
        _seeds(page, state, titles)


def _seeds(page: Page, state: SchedulesState, titles: list[str]) -> None:
    """The same comparison for many draws of the noise."""
    from optviz.figures.schedules import spread_figure
    from optviz.ui.components import chart

    text = page.text
    finals = _many(_asked(state))
    if "sgdr" in state.schedules:
        mine = finals[state.schedules.index("sgdr")]
        for name, title, other in zip(state.schedules, titles, finals, strict=True):
            if name != "sgdr":
                st.markdown(
                    text(
                        "schedules.seeds.count", other=title, seeds=SEEDS,
                        better=int((mine < other - NEAR).sum()),
                        worse=int((mine > other + NEAR).sum()), near=f"{NEAR:g}",
                    )
                )  # fmt: skip
    figure = spread_figure(titles, state.schedules, np.asarray(finals), text=text, theme=page.theme)
    chart(figure, key="schedules.seeds", height=90 + 55 * len(titles))


def _outcome(page: Page, path: Any) -> str:
    text = page.text
    if path.status in ("converged", "diverged"):
        return text(f"trajectories.status.{path.status}", step=path.status_step)
    return text("schedules.ended", loss=f"{path.losses[-1]:.4g}")
