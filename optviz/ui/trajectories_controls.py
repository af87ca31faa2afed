"""The controls beside the stage, in the order in which one thinks: surface, runs, start, steps."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import streamlit as st

from optviz.core.optimizers import OPTIMIZERS, Hyperparameter, Value, get_optimizer
from optviz.core.problem import Problem
from optviz.core.surfaces import get_surface
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.own_surface import OWN_SURFACE, choose_surface
from optviz.ui.points import read_point, write_point
from optviz.ui.state import Store, bind_value, guarded, remember
from optviz.ui.trajectories_state import (
    MOST_RUNS,
    MOST_STEPS,
    Run,
    TrajectoriesState,
    carried,
    on_own,
    on_surface,
    settings_of,
)

__all__ = ["render_controls", "run_title"]

PageStore = Store[TrajectoriesState]
Change = Callable[[str, Value], None]


def render_controls(page: Page, store: PageStore) -> None:
    """Draw all controls."""
    _surface(page, store)
    _runs(page, store)
    _start(page, store)


def run_title(page: Page, runs: tuple[Run, ...], index: int, surface: str) -> str:
    """What to call a run: its optimizer, and what sets it apart from its namesakes."""
    run = runs[index]
    title = page.text(f"optimizer.{run.optimizer}.title")
    twins = [other for other in runs if other.optimizer == run.optimizer]
    if len(twins) == 1:
        return title
    mine = settings_of(run, surface)
    apart = [name for name in mine if len({settings_of(twin, surface)[name] for twin in twins}) > 1]
    words = [
        f"{_short_name(page, name)} {controls.format_number(_rounded(mine[name]))}"
        for name in apart
    ]
    return f"{title} · {', '.join(words)}" if words else title


def _name_in_list(page: Page, runs: tuple[Run, ...], index: int) -> str:
    """A run's name that does not change with its settings: its optimizer, twins numbered."""
    optimizer = runs[index].optimizer
    title = page.text(f"optimizer.{optimizer}.title")
    twins = [i for i, run in enumerate(runs) if run.optimizer == optimizer]
    return title if len(twins) == 1 else f"{title} · {twins.index(index) + 1}"


def _short_name(page: Page, name: str) -> str:
    return "lr" if name == "lr" else page.text(f"hyperparameter.{name}.label")


def _rounded(value: Value) -> Value:
    return float(f"{value:.4g}") if isinstance(value, float) else int(value)


def _surface(page: Page, store: PageStore) -> None:
    state = store.value

    def look(name: str, /, **changes: Any) -> None:
        if name == OWN_SURFACE:
            store.set(**on_own(store.value, **changes))
        else:
            store.set(**on_surface(name, runs=carried(state.runs, state.surface_name, name)))

    choose_surface(page, state, state.surface, look, key="trajectories.surface.pick")


def _runs(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value

    def add(name: str | None) -> None:
        if name is not None and name in OPTIMIZERS:
            store.set(runs=(*state.runs, Run(name)), focus=len(state.runs))

    # A new key empties the box once its choice has been taken.
    st.selectbox(
        text("trajectories.add"),
        list(OPTIMIZERS),
        index=None,
        placeholder=text("trajectories.add_which"),
        format_func=lambda name: text(f"optimizer.{name}.title"),
        disabled=len(state.runs) >= MOST_RUNS,
        **bind_value(f"trajectories.add.{len(state.runs)}.{text.code}", None, add),
    )
    focus = state.focused
    if focus is None:
        st.caption(text("trajectories.no_runs"))
        return
    names = [_name_in_list(page, state.runs, i) for i in range(len(state.runs))]
    # The browser tells choices apart by what they are called: other names, another box.
    controls.choose_part(
        f"trajectories.edit.{'|'.join(names)}", text("trajectories.edit"), range(len(names)),
        focus, lambda i: store.set(focus=i), names.__getitem__, help=text("trajectories.edit_help"),
    )  # fmt: skip
    _editor(page, store, focus)


def _editor(page: Page, store: PageStore, focus: int) -> None:
    text, state = page.text, store.value
    run = state.runs[focus]
    spec = get_optimizer(run.optimizer)
    settings = settings_of(run, state.surface_name)

    def change(name: str, value: Value) -> None:
        runs = list(store.value.runs)
        if focus >= len(runs) or runs[focus].optimizer != run.optimizer:
            return  # the browser speaks of a run that has gone meanwhile
        runs[focus] = runs[focus].with_setting(name, value, store.value.surface_name)
        store.set(runs=tuple(runs))

    def duplicate() -> None:
        runs = store.value.runs
        store.set(runs=(*runs[: focus + 1], run, *runs[focus + 1 :]), focus=focus + 1)

    def remove() -> None:
        runs = store.value.runs
        store.set(runs=(*runs[:focus], *runs[focus + 1 :]), focus=max(focus - 1, 0))

    def suit() -> None:
        runs = store.value.runs
        if focus < len(runs):
            store.set(runs=(*runs[:focus], Run(run.optimizer), *runs[focus + 1 :]))

    refused: list[Problem] = remember("trajectories refused", list)

    def try_change(name: str, value: Value) -> None:
        refused.clear()
        try:
            change(name, value)
        except Problem as problem:  # two settings that exclude each other
            refused.append(problem)

    key = f"trajectories.{focus}.{run.optimizer}"
    first, *rest = spec.hyperparameters
    _setting(page, key, first, settings[first.name], try_change, change)
    for problem in refused:
        page.problem(problem)
    with st.expander(text("trajectories.more"), icon=":material/tune:"):
        for setting in rest:
            _setting(page, key, setting, settings[setting.name], try_change, change)
        st.latex(spec.latex)
        st.caption(f"{text(f'optimizer.{run.optimizer}.explain')} {spec.source}.")
    with st.container(horizontal=True, gap="small"):
        full = len(state.runs) >= MOST_RUNS
        for name, icon, act, off in (
            ("duplicate", ":material/content_copy:", duplicate, full),
            ("suit", ":material/restart_alt:", suit, not run.changed),
            ("remove", ":material/delete:", remove, False),
        ):
            st.button(
                "", icon=icon, key=f"trajectories.{name}", on_click=guarded(act), disabled=off,
                help=text(f"trajectories.{name}"),
            )  # fmt: skip


def _setting(
    page: Page,
    key: str,
    setting: Hyperparameter,
    value: Value,
    change: Change,
    change_typed: Change,
) -> None:
    """Draw one setting; ``change`` never raises, ``change_typed`` may raise a Problem."""
    text, name = page.text, setting.name
    label = text(f"hyperparameter.{name}.label")
    about = text(f"hyperparameter.{name}.help")

    def take(new: Value) -> None:
        change(name, new)

    if setting.kind == "bool":
        st.toggle(label, bool(value), help=about, **bind_value(f"{key}.{name}", bool(value), take))
        return
    if name == "lr":
        _rate(page, key, setting, float(value), take, change_typed)
    elif setting.log:
        st.select_slider(
            label, options=_ladder(setting, float(value)), value=float(value),
            format_func=lambda v: f"{v:g}", help=about,
            **bind_value(f"{key}.{name}", float(value), take),
        )  # fmt: skip
    elif setting.kind == "int":
        st.slider(
            label, int(setting.minimum), max(int(setting.maximum), int(value)), int(value), step=1,
            help=about, **bind_value(f"{key}.{name}", int(value), take),
        )  # fmt: skip
    else:
        low, high = min(setting.minimum, float(value)), max(setting.maximum, float(value))
        st.slider(
            label, low, high, float(value), step=(setting.maximum - setting.minimum) / 200,
            help=about, format="%.4g", **bind_value(f"{key}.{name}", float(value), take),
        )  # fmt: skip


def _rate(
    page: Page,
    key: str,
    setting: Hyperparameter,
    value: float,
    take: Callable[[Value], None],
    change_typed: Change,
) -> None:
    """The learning rate: a slider for the usual ones, a box beside it for any."""
    text = page.text
    slider, box = st.columns([5, 3], vertical_alignment="bottom", gap="small")
    with slider:
        st.select_slider(
            text("hyperparameter.lr.label"), options=_ladder(setting, value), value=value,
            format_func=lambda v: f"{v:g}", help=text("hyperparameter.lr.help"),
            **bind_value(f"{key}.lr", value, take),
        )  # fmt: skip
    with box:
        controls.typed_text(
            f"{key}.lr.typed",
            text("trajectories.exact"),
            controls.format_number(value),
            lambda written: change_typed("lr", controls.read_number(written)),
            text,
            label_visibility="collapsed",
        )


def _ladder(setting: Hyperparameter, value: float) -> list[float]:
    """1, 1.5, 2, 3, 5, 7 × 10ⁿ over the setting's range, and the value itself."""
    low, high = math.floor(math.log10(setting.minimum)), math.ceil(math.log10(setting.maximum))
    steps = {
        float(f"{digit}e{power}")
        for power in range(low, high + 1)
        for digit in (1, 1.5, 2, 3, 5, 7)
    }
    kept = {step for step in steps if setting.minimum <= step <= setting.maximum}
    if setting.lower <= 0:
        kept |= {0.0} if setting.name not in ("lr",) else set()
    return sorted(kept | {value})


def _start(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value
    source: random.Random = remember("trajectories random", random.Random)

    def anywhere() -> None:
        surface = get_surface(state.surface_name)
        x, y = (
            float(f"{source.uniform(low, high):.3g}")
            for low, high in (surface.x_range, surface.y_range)
        )
        store.set(start=(x, y))

    box, button = st.columns([3, 1], vertical_alignment="bottom", gap="small")
    with box:
        controls.typed_text(
            "trajectories.start.typed",
            text("trajectories.start"),
            write_point(state.start),
            lambda written: store.set(start=read_point(written)),
            text,
            help=text("trajectories.start_help"),
        )
    button.button(
        "", icon=":material/casino:", key="trajectories.random", on_click=guarded(anywhere),
        help=text("trajectories.random"), width="stretch",
    )  # fmt: skip
    controls.slider(store, "steps", text("trajectories.steps"), 0, MOST_STEPS, 10)
