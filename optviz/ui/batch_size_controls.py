"""The controls beside the stage: data, compared choices, sampling, start, how long."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from optviz.core.batches import SAMPLINGS
from optviz.core.stochastic import SCHEDULES, WALKERS, BatchSpec, suitable_lr
from optviz.ui import controls
from optviz.ui.batch_size_state import (
    MOST_EPOCHS,
    MOST_RUNS,
    MOST_UPDATES,
    PROBLEMS,
    BatchSizeState,
    on_problem,
    samples_called,
)
from optviz.ui.frame import Page
from optviz.ui.points import read_point, write_point
from optviz.ui.state import Store, bind_value, guarded, remember

__all__ = ["render_controls", "run_title", "size_title"]

PageStore = Store[BatchSizeState]

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def render_controls(page: Page, store: PageStore) -> None:
    """Draw all controls."""
    text, state = page.text, store.value

    def pick(name: str) -> None:
        if name != state.problem:
            store.set(**on_problem(state, name))

    controls.choose_part(
        f"batch_size.problem.pick.{text.code}", text("batch_size.problem"), PROBLEMS,
        state.problem, pick, lambda name: text(f"batch_size.problems.{name}.title"),
        help=text("batch_size.problem_help"),
    )  # fmt: skip
    _runs(page, store)
    controls.choose(
        store, "sampling", text("batch_size.sampling"), SAMPLINGS,
        lambda name: text(f"batch_size.samplings.{name}"),
        help=text("batch_size.sampling_help"),
    )  # fmt: skip
    _start(page, store)
    if state.axis == "updates":
        controls.slider(store, "updates", text("batch_size.updates"), 1, MOST_UPDATES, 1)
    else:
        controls.slider(
            store, "epochs", text("batch_size.epochs"), 1, MOST_EPOCHS, 1,
            help=text("batch_size.epochs_help"),
        )  # fmt: skip


def size_title(page: Page, batch: int, n: int) -> str:
    """What to call a batch size."""
    if batch == 0 or batch >= n:
        return page.text("batch_size.all", n=n)
    if batch == 1:
        return page.text("batch_size.one")
    return page.text("batch_size.some", size=batch)


def run_title(page: Page, runs: Sequence[BatchSpec], index: int, n: int) -> str:
    """What to call a run: what sets it apart from the others."""
    run, text = runs[index], page.text
    parts = []
    if len({other.optimizer for other in runs}) > 1 or len(runs) == 1:
        parts.append(text(f"optimizer.{run.optimizer}.title"))
    if len({other.batch for other in runs}) > 1 or len(runs) == 1:
        parts.append(size_title(page, run.batch, n))
    if len({other.schedule for other in runs}) > 1:
        parts.append(text(f"batch_size.schedules.{run.schedule}"))
    twins = [
        other for other in runs
        if (other.optimizer, other.batch, other.schedule)
        == (run.optimizer, run.batch, run.schedule)
    ]  # fmt: skip
    if len(twins) > 1 or not parts:
        parts.append(f"lr {run.lr:g}")
    return " · ".join(parts)


def _runs(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value
    samples = samples_called(state.problem)
    focus = state.focused

    def add() -> None:
        twin = state.runs[focus] if focus is not None else BatchSpec("sgd", 1, 0.0)
        batch = 1 if twin.batch != 1 else 16
        rate = suitable_lr(samples, twin.optimizer, batch)
        store.set(runs=(*state.runs, BatchSpec(twin.optimizer, batch, rate)), focus=len(state.runs))

    def remove() -> None:
        assert focus is not None
        store.set(runs=(*state.runs[:focus], *state.runs[focus + 1 :]), focus=max(focus - 1, 0))

    def change(**changes: Any) -> None:
        assert focus is not None
        runs = list(store.value.runs)
        if focus >= len(runs):
            return  # the browser speaks of a run that has gone meanwhile
        runs[focus] = replace(runs[focus], **changes)
        store.set(runs=tuple(runs))

    def suit() -> None:
        assert focus is not None
        for run in store.value.runs[focus : focus + 1]:
            change(lr=suitable_lr(samples, run.optimizer, run.batch))

    if focus is None:
        st.caption(text("batch_size.no_runs"))
        st.button(
            text("batch_size.add"),
            icon=":material/add:",
            key="batch_size.add",
            on_click=guarded(add),
        )
        return
    # The browser tells choices apart by what they are called: other names, another box.
    names = [
        f"{i + 1} · {run_title(page, state.runs, i, len(samples))}" for i in range(len(state.runs))
    ]
    controls.choose_part(
        f"batch_size.edit.{'|'.join(names)}", text("batch_size.edit"), range(len(names)), focus,
        lambda i: store.set(focus=i), names.__getitem__, help=text("batch_size.edit_help"),
    )  # fmt: skip
    _editor(page, state.runs[focus], len(samples), f"batch_size.{focus}", change)
    with st.container(horizontal=True, gap="small"):
        for name, icon, act, off in (
            ("add", ":material/add:", add, len(state.runs) >= MOST_RUNS),
            ("suit", ":material/restart_alt:", suit, False),
            ("remove", ":material/delete:", remove, False),
        ):
            st.button(
                "", icon=icon, key=f"batch_size.{name}", on_click=guarded(act), disabled=off,
                help=text(f"batch_size.{name}"),
            )  # fmt: skip


def _editor(page: Page, run: BatchSpec, n: int, key: str, change: Callable[..., None]) -> None:
    text = page.text
    sizes = [
        *sorted({*(s for s in _SIZES if s < n), *([run.batch] if 0 < run.batch < n else [])}),
        0,
    ]
    size = run.batch if run.batch in sizes else 0
    st.select_slider(
        text("batch_size.size"), options=sizes, value=size,
        format_func=lambda size: str(size) if size else text("batch_size.all_short"),
        help=text("batch_size.size_help"),
        **bind_value(f"{key}.size", size, lambda size: change(batch=int(size))),
    )  # fmt: skip
    controls.choose_part(
        f"{key}.optimizer.{text.code}", text("batch_size.optimizer"), WALKERS, run.optimizer,
        lambda name: change(optimizer=name), lambda name: text(f"optimizer.{name}.title"),
    )  # fmt: skip
    left, right = st.columns([4, 5], gap="small")
    with left:
        controls.typed_text(
            f"{key}.lr.typed", text("batch_size.lr"), controls.format_number(run.lr),
            lambda written: change(lr=controls.read_number(written)), text,
            help=text("hyperparameter.lr.help"),
        )  # fmt: skip
    with right:
        controls.choose_part(
            f"{key}.schedule.{text.code}", text("batch_size.schedule"), SCHEDULES, run.schedule,
            lambda name: change(schedule=name), lambda name: text(f"batch_size.schedules.{name}"),
            help=text("batch_size.schedule_help"),
        )  # fmt: skip


def _start(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value
    source: random.Random = remember("batch size random", random.Random)

    def draw_anew() -> None:
        store.set(seed=source.randrange(10_000))

    box, button = st.columns([3, 1], vertical_alignment="bottom", gap="small")
    with box:
        controls.typed_text(
            "batch_size.start.typed", text("batch_size.start"), write_point(state.start),
            lambda written: store.set(start=_near(read_point(written))), text,
            help=text("batch_size.start_help"),
        )  # fmt: skip
    button.button(
        "", icon=":material/casino:", key="batch_size.draw", on_click=guarded(draw_anew),
        help=text("batch_size.draw", seed=state.seed), width="stretch",
    )  # fmt: skip


def _near(point: tuple[float, float]) -> tuple[float, float]:
    return BatchSizeState.codec("start").check(point)  # type: ignore[no-any-return]
