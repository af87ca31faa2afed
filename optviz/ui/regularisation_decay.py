"""Weight decay: the ground before and after, and two runs that agree or part."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import streamlit as st

from optviz.core.decay import RULES, Shift
from optviz.core.problem import Problem
from optviz.core.stability import largest_stable_lr, stability_bound
from optviz.core.surface import Point
from optviz.core.surfaces import get_surface
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.own_surface import called_after, choose_surface
from optviz.ui.points import read_point, rounded_point, write_point
from optviz.ui.regularisation_state import (
    GROUNDS,
    MOST_STEPS,
    RegularisationState,
    on_ground,
)
from optviz.ui.state import Store, bind_value

__all__ = ["render_decay"]

PageStore = Store[RegularisationState]

_DECAYS = (
    0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0,
)  # fmt: skip


def render_decay(
    page: Page, store: PageStore, scene: str | None, render_parts: Callable[[], None]
) -> None:
    """Draw the part.

    Args:
        page: The frame.
        store: The page's state.
        scene: The scene that the state is, if it is one.
        render_parts: Draws the switch between the page's parts.
    """
    stage, side = st.columns([76, 24], gap="small")
    with side:
        _controls(page, store)
    with stage:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            render_parts()
            controls.segment(
                store, "ground", page.text("regularisation.decay.ground"), GROUNDS,
                lambda name: page.text(
                    f"regularisation.decay.ground_{name}", decay=f"{store.value.decay:g}"
                ),
                label_visibility="collapsed",
            )  # fmt: skip
        _stage(page, store, scene)


# ── the controls ──


def _controls(page: Page, store: PageStore) -> None:
    text, state = page.text, store.value

    def look(name: str, /, **changes: Any) -> None:
        called = called_after(store.value, name, **changes)
        store.set(**on_ground(called, state.rule, surface=name, **changes))

    def pick_rule(rule: str | None) -> None:
        if rule is not None and rule != state.rule:
            kept = {"surface": state.surface, "start": state.start, "steps": state.steps}
            store.set(**on_ground(state.surface_name, rule, **kept))

    choose_surface(page, state, state.surface, look, key="regularisation.surface")
    st.segmented_control(
        text("regularisation.decay.rule"),
        list(RULES),
        default=state.rule,
        format_func=lambda rule: text(f"regularisation.decay.rule_{rule}"),
        **bind_value(f"regularisation.rule.{text.code}", state.rule, pick_rule),
    )
    ladder, box = st.columns([5, 3], vertical_alignment="bottom", gap="small")
    with ladder:
        st.select_slider(
            text("regularisation.decay.decay"),
            options=sorted({*_DECAYS, state.decay}),
            value=state.decay,
            format_func=lambda value: f"{value:g}",
            help=text("regularisation.decay.help"),
            **bind_value("regularisation.decay.slider", state.decay,
                         lambda value: store.set(decay=value)),
        )  # fmt: skip
    with box:
        controls.typed_number(
            store, "decay", text("trajectories.exact"), text, label_visibility="collapsed"
        )
    controls.typed_number(
        store, "lr", text("hyperparameter.lr.label"), text, help=text("hyperparameter.lr.help")
    )
    if state.rule == "momentum":
        controls.slider(
            store, "momentum", text("hyperparameter.momentum.label"), 0.0, 0.999, 0.001,
            format="%.3g",
        )  # fmt: skip
    controls.typed_text(
        "regularisation.start.typed", text("trajectories.start"), write_point(state.start),
        lambda written: store.set(start=read_point(written)), text,
        help=text("trajectories.start_help"),
    )  # fmt: skip
    controls.slider(store, "steps", text("trajectories.steps"), 1, MOST_STEPS, 1)


# ── the stage ──


@lru_cache(maxsize=64)
def _computed(
    surface: str, rule: str, decay: float, lr: float, momentum: float, start: Point, steps: int
) -> Any:
    """The pair of runs, the curvature of the decayed ground along each, and the shift."""
    from optviz.core.curvature import curvature
    from optviz.core.decay import decay_pair, decayed, shift

    pair = decay_pair(surface, rule, decay, start, steps, lr=lr, momentum=momentum)
    ground = decayed(surface, decay)
    bent = [curvature(ground, path.points) for path in (pair.l2, pair.decoupled)]
    return pair, bent, shift(surface, decay)


def _stage(page: Page, store: PageStore, scene: str | None) -> None:
    from optviz.core.decay import decayed, unit_square
    from optviz.figures.decay import decay_figure
    from optviz.figures.trajectories import history_figure, styles
    from optviz.ui.components.stage import Actor, stage

    text, state, theme = page.text, store.value, page.theme
    momentum = state.momentum if state.rule == "momentum" else 0.0
    try:
        pair, bent, moved = _computed(
            state.surface_name, state.rule, state.decay, state.lr, momentum, state.start,
            state.steps,
        )  # fmt: skip
    except Problem as problem:
        page.problem(problem)
        return
    ground = decayed(state.surface_name, state.decay)
    shown = ground if state.ground == "after" else get_surface(state.surface_name)
    square = unit_square(state.decay) if state.rule == "adam" and state.decay else None
    paths = (pair.l2, pair.decoupled)
    settings = {"lr": state.lr, "momentum": momentum}
    actors = [
        Actor(
            title=text(f"regularisation.decay.{state.rule}_{way}"),
            path=path,
            curvature=curved,
            style=style,
            lr=state.lr,
            bound=stability_bound(path.optimizer, settings),
            outcome=text(f"regularisation.decay.outcome.{path.status}", step=path.status_step),
        )
        for way, path, curved, style in zip(
            ("l2", "decoupled"), paths, bent, styles(theme, paths), strict=True
        )
    ]  # fmt: skip
    _facts(page, state, pair, moved)

    def start_at(x: float, y: float) -> None:
        store.set(start=rounded_point(x, y, ground.size))

    stage(
        actors,
        key="regularisation.stage",
        map_figure=decay_figure(shown, moved, state.decay, square, text=text, theme=theme),
        map_revision=f"{state.surface_name} {state.ground} {state.decay} {state.rule == 'adam'} "
        f"{theme.name} {text.code}",
        landscape_figure=None,
        history_figure=history_figure(ground, paths, text=text, theme=theme),
        start=state.start,
        steps=state.steps,
        focus=state.focus,
        hessian=False,
        scene=f"{scene} {state.surface_name} {state.rule} {state.step}",
        step=state.step,
        text=text,
        theme=theme,
        on_start=start_at,
        on_focus=lambda i: store.set(focus=i),
    )
    with st.expander(text("regularisation.decay.about"), icon=":material/function:"):
        st.latex(r"F(w) = f(w) + \tfrac{\lambda}{2}\lVert w\rVert^2,\qquad " + _latex(state.rule))
        st.markdown(text(f"regularisation.decay.about_{state.rule}"))
        st.markdown(text("regularisation.decay.about_all"))
        st.caption(text("regularisation.decay.sources"))


def _latex(rule: str) -> str:
    if rule == "adam":
        return (
            r"\text{L2: } g \leftarrow \nabla f + \lambda w,\quad \text{AdamW: } "
            r"w \leftarrow (1-\alpha\lambda)\,w - \alpha\,\frac{\hat m}{\sqrt{\hat v}+\epsilon}"
        )
    step = r"z \leftarrow \beta z + \nabla f" if rule == "momentum" else r"z = \nabla f"
    return (
        rf"\text{{L2: }} {step} + \lambda w,\quad w \leftarrow w - \alpha z;\qquad "
        rf"\text{{decoupled: }} {step},\quad w \leftarrow (1-\alpha\lambda)\,w - \alpha z"
    )


# ── the numbers ──


def _facts(page: Page, state: RegularisationState, pair: Any, moved: Shift | None) -> None:
    """What the decay does to the minimum, and how far the two runs come apart."""
    text = page.text
    with st.container(key="regularisation-facts"):
        st.markdown(_shift_sentence(page, state, moved))
        largest, step = pair.largest
        if not math.isfinite(largest):
            st.markdown(text("regularisation.decay.gap_none"))
            return
        reach = max(1.0, *map(abs, state.start))
        same = largest <= 1e-9 * reach
        st.markdown(
            text(
                f"regularisation.decay.gap_{'same' if same else 'apart'}",
                gap=f"{largest:.2g}" if same else f"{largest:.3g}",
                step=step,
                end=f"{pair.gaps[-1]:.3g}",
            )
        )


def _shift_sentence(page: Page, state: RegularisationState, moved: Shift | None) -> str:
    text = page.text
    if moved is None:
        return text("regularisation.decay.no_minimum")
    if not moved.followed:
        return text("regularisation.decay.vanished", decay=f"{state.decay:g}")
    kappa, new = moved.conditions
    limits = [
        largest_stable_lr("sgd", {}, float(values[1])) for values in (moved.before, moved.after)
    ]
    return text(
        "regularisation.decay.shift",
        x0=f"{moved.way[0, 0]:.3g}", y0=f"{moved.way[0, 1]:.3g}",
        x1=f"{moved.way[-1, 0]:.3g}", y1=f"{moved.way[-1, 1]:.3g}",
        distance=f"{moved.distance:.3g}",
        kappa=_short(kappa), new=_short(new),
        limit=f"{limits[0]:.3g}", new_limit=f"{limits[1]:.3g}",
    ).replace("-", "−")  # fmt: skip


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
