"""The Learning rate page's controls, in the order in which one thinks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.recommender.config import TrainConfig
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.learning_rate_state import (
    HIGHEST,
    LOWEST,
    MODELS,
    OPTIMIZERS,
    RECOMMENDERS,
    LearningRateState,
    suited,
)
from optviz.ui.own_surface import called_after, choose_surface
from optviz.ui.state import Store

__all__ = ["render_settings"]


def render_settings(
    page: Page,
    store: Store[LearningRateState],
    on_page: TrainConfig,
    problem: Problem | None,
) -> None:
    """Draw the controls.

    Args:
        page: The frame.
        store: The page's state.
        on_page: What the Recommender page is set to.
        problem: What is wrong with the settings taken together.
    """
    text, state = page.text, store.value

    def take_model(name: str) -> None:
        store.set(**suited(name, on_page))

    def look(name: str, /, **changes: Any) -> None:
        called_after(store.value, name, **changes)
        store.set(surface=name, **changes)

    controls.choose_part(
        store.key("model"), text("learning_rate.model.label"), MODELS, state.model, take_model,
        lambda name: text(f"learning_rate.model.{name}"),
        help=text(f"learning_rate.about.{state.model}"),
    )  # fmt: skip
    if state.model == "surface":
        choose_surface(
            page, state, state.surface, look,
            key="learning_rate.surface.pick", named="learning_rate.surface",
        )  # fmt: skip
    controls.segment(
        store, "optimizer", text("learning_rate.optimizer"), list(OPTIMIZERS),
        lambda name: text(f"learning_rate.optimizers.{name}"),
    )  # fmt: skip
    if state.optimizer == "sgd":
        controls.slider(
            store, "momentum", text("learning_rate.momentum"), 0.0, 0.999, 0.001, format="%.3g"
        )
    if state.model in RECOMMENDERS:
        st.caption(_recipe(page, state, on_page))
    controls.slider(
        store, "smoothing", text("learning_rate.smoothing.label"), 0.0, 0.999, 0.001,
        format="%.3g",
        help=text("learning_rate.smoothing.help", steps=1 / (1 - state.smoothing)),
    )  # fmt: skip
    controls.switch(
        store, "check", text("learning_rate.check.label"), help=text("learning_rate.check.help")
    )
    with st.expander(text("learning_rate.more"), icon=":material/tune:", expanded=bool(problem)):
        limits = text("learning_rate.limits", low=f"{LOWEST:g}", high=f"{HIGHEST:g}")
        controls.typed_number(store, "start_lr", text("learning_rate.start"), text, help=limits)
        controls.typed_number(store, "end_lr", text("learning_rate.end"), text, help=limits)
        if problem is not None:
            page.problem(problem)
        controls.typed_number(
            store, "n_iter", text("learning_rate.steps.label"), text, whole=True,
            help=text("learning_rate.steps.help"),
        )  # fmt: skip
        if state.model != "surface":
            controls.typed_number(
                store, "batch_size", text("learning_rate.batch"), text, whole=True,
                help=text("control.batch_size.help"),
            )  # fmt: skip
            controls.typed_number(
                store, "seed", text("learning_rate.seed.label"), text, whole=True,
                help=text("learning_rate.seed.help"),
            )  # fmt: skip


def _recipe(page: Page, state: LearningRateState, on_page: TrainConfig) -> str:
    """The rest of the recipe in words, and whose it is."""
    text = page.text
    recipe = state.recipe(on_page)
    own = on_page.model == state.model
    return text(
        "learning_rate.recipe.page" if own else "learning_rate.recipe.defaults",
        factors=recipe.n_factors,
        decay=f"{recipe.weight_decay:g}",
        batch=f"{recipe.batch_size:,}",
    )
