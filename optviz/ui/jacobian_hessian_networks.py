"""The part "networks" of the Jacobian and Hessian page: Hessians that are never formed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.jacobian_hessian_edge import render_edge
from optviz.ui.jacobian_hessian_networks_state import (
    ACTIVATIONS,
    LOSSES,
    MODELS,
    STUDIES,
    read_rates,
    write_rates,
)
from optviz.ui.jacobian_hessian_spectrum import render_spectrum
from optviz.ui.jacobian_hessian_studies import edge_studies, spectrum_studies
from optviz.ui.recommender_runs import runs
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.regularisation_norm import render_action
from optviz.ui.state import Store
from optviz.ui.waiting import renewed

__all__ = ["render_networks"]

_STYLE = """
.st-key-jacobian-networks-facts .stMarkdown p { max-width: none; }
.st-key-jacobian-networks-facts { gap: 0.2rem; }
"""


def render_networks(
    page: Page, store: Store[Any], scene: str | None, render_parts: Callable[[], None]
) -> None:
    """Draw the part.

    Args:
        page: The frame.
        store: The page's state.
        scene: The scene that the state is, if it is one.
        render_parts: Draws the switch between the page's parts.
    """
    st.html(f"<style>{_STYLE}</style>")
    text, state = page.text, store.value
    every: Any
    request: Any
    draw: Callable[[Page, Any, Any, bool], None]
    if state.net_study == "edge":
        every, request, draw = edge_studies(), state.edge_plan(), render_edge
    else:
        recipe = Store(RecommenderState, own_address=False).value.config()
        every, request = spectrum_studies(), state.spectrum(recipe, runs().source)
        draw = render_spectrum
    every.look(request, scene)
    stage, side = st.columns([76, 24], gap="small")
    with side:
        controls.segment(
            store, "net_study", text("jacobian_networks.study"), STUDIES,
            lambda name: text(f"jacobian_networks.study_{name}"),
        )  # fmt: skip
        _controls(page, store)
    with stage:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            render_parts()
            render_action(page, every, request, "jacobian-networks")
        renewed(draw, every.busy)(page, every, request, every.busy)
        with st.expander(text("jacobian_networks.about"), icon=":material/menu_book:"):
            st.markdown(text(f"jacobian_networks.{state.net_study}.read"))


def _controls(page: Page, store: Store[Any]) -> None:
    text, state = page.text, store.value
    edge = state.net_study == "edge"
    if edge:

        def take(written: str) -> None:
            store.set(net_rates=read_rates(written))

        controls.typed_text(
            "jacobian_networks.rates", text("jacobian_networks.edge.rates"),
            write_rates(state.net_rates), take, text,
            help=text("jacobian_networks.edge.rates_help"),
        )  # fmt: skip
        controls.slider(
            store, "net_momentum", text("hyperparameter.momentum.label"), 0.0, 0.99, 0.01,
            help=text("hyperparameter.momentum.help"),
        )  # fmt: skip
        controls.slider(store, "net_steps", text("jacobian_networks.edge.steps"), 100, 10_000, 100)
    else:
        controls.choose(
            store, "net_model", text("learning_rate.model.label"), MODELS,
            lambda name: text(f"learning_rate.model.{name}"),
        )  # fmt: skip
        controls.slider(store, "net_epochs", text("regularisation.norm.epochs"), 1, 30, 1)
    if edge or state.net_model == "digits":
        controls.segment(
            store, "net_loss", text("jacobian_networks.loss"), LOSSES,
            lambda name: text(f"jacobian_networks.loss_{name}"),
        )  # fmt: skip
        controls.segment(
            store, "net_activation", text("jacobian_networks.activation"), ACTIVATIONS,
            lambda name: text(f"jacobian_networks.activation_{name}"),
        )  # fmt: skip
        controls.slider(store, "net_depth", text("regularisation.norm.depth"), 1, 4, 1)
        controls.typed_number(
            store, "net_seed", text("learning_rate.seed.label"), text, whole=True,
            help=text("learning_rate.seed.help"),
        )  # fmt: skip
    else:
        st.caption(text("jacobian_networks.spectrum.recipe"))
