"""The controls beside the stage: which ratings, which model, which recipe."""

from __future__ import annotations

import streamlit as st

from optviz.recommender.config import (
    CONTROLS,
    DEFAULTS,
    MODELS,
    SPLITS,
    TrainConfig,
    controls_shown,
)
from optviz.recommender.data import KNOWN_VERSIONS
from optviz.recommender.scale import SCALED, scaled, steps_per_epoch
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.recommender_runs import Runs
from optviz.ui.recommender_state import RecommenderState, fields_of
from optviz.ui.state import Store, guarded, remember
from optviz.ui.waiting import renewed

__all__ = ["render_settings"]

_REFRESH = 0.5
_MAIN = (
    "n_factors", "regularization", "hidden", "embedding_dropout", "dropout", "batch_norm",
    "optimizer", "lr", "weight_decay", "batch_size", "epochs",
)  # fmt: skip
"""The controls in sight, in this order; the rest is folded away."""


def render_settings(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    """Draw the data block and the controls."""
    _data(page, store, every)
    _model(page, store, every)
    config = store.value.config()
    # Train begins every fold; which one is looked at is chosen among the runs.
    shown = {control.name for control in controls_shown(config)} - {"model", "fold"}
    for name in _MAIN:
        if name in shown:
            _control(page, store, name)
    refused = every.data.refusal(config)
    with st.expander(
        page.text("recommender.more"), icon=":material/tune:", expanded=refused is not None
    ):
        for name in CONTROLS:
            if name in shown and name not in _MAIN:
                _control(page, store, name)
            if name == "official":  # the last of the settings that a split has
                if refused is not None:
                    page.problem(refused)
                st.caption(page.text(f"split.{config.split}.explain"))


def _data(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    text, data = page.text, every.data
    named = data.ratings.version in KNOWN_VERSIONS.values()  # else its label is its counts
    st.markdown(
        text(
            "recommender.data.now",
            name=data.ratings.label(text) if named else text("recommender.data.yours"),
            ratings=f"{data.ratings.n_ratings:,}",
            users=f"{data.ratings.n_users:,}",
            items=f"{data.ratings.n_items:,}",
        )
    )
    if data.source is not None:
        st.button(
            text("recommender.data.bundled"),
            key="recommender.bundled",
            icon=":material/undo:",
            on_click=guarded(_back),
            args=(store, every),
            width="stretch",
        )
        _suited(page, store.value.config(), data.ratings.n_ratings)
    # Open while there is something to read in it.
    with st.expander(
        text("recommender.data.own"),
        icon=":material/upload_file:",
        expanded=every.problem is not None or every.reading,
    ):
        given = st.file_uploader(
            text("recommender.data.upload"),
            key=f"recommender.upload.{every.given}",
            accept_multiple_files=True,
            help=text("recommender.data.help"),
        )
        seen: dict[str, tuple[str, ...]] = remember("recommender files seen", dict)
        ids = tuple(file.file_id for file in given)
        if ids and ids != seen.get("ids"):
            every.give([(file.name, file.getvalue()) for file in given])
            seen["ids"] = ids
        if every.reading:
            renewed(_reading, True, _REFRESH)(page, store, every)
        if every.problem is not None:
            page.problem(every.problem)


def _reading(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    before = every.data.ratings.n_ratings
    every.take_ratings()
    if not every.reading:
        _suit(store, before, every.data.ratings.n_ratings)
        st.rerun()
    st.markdown(f":material/hourglass_top: {page.text('recommender.data.reading')}")


def _back(store: Store[RecommenderState], every: Runs) -> None:
    before = every.data.ratings.n_ratings
    every.back()
    _suit(store, before, every.data.ratings.n_ratings)


def _suit(store: Store[RecommenderState], before: int, now: int) -> None:
    """Let the recipe follow a change of ratings in size, unless it was set by hand."""
    config = store.value.config()
    default = DEFAULTS[config.model]
    old, new = scaled(default, before), scaled(default, now)
    if all(getattr(config, name) == getattr(old, name) for name in SCALED):
        store.set(**{name: getattr(new, name) for name in SCALED})


def _suited(page: Page, config: TrainConfig, n_ratings: int) -> None:
    """Say how the defaults were made to suit many ratings."""
    suited = scaled(DEFAULTS[config.model], n_ratings)
    if suited != DEFAULTS[config.model]:
        st.caption(
            page.text(
                "recommender.data.large",
                batch=f"{suited.batch_size:,}",
                decay=f"{suited.weight_decay:g}",
                steps=f"{steps_per_epoch(suited, n_ratings):,}",
            )
        )


def _model(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    text = page.text

    def show_its_defaults() -> None:
        state = store.value
        # Each model has defaults of its own; how it is judged stays as it is.
        judged = {"split", "seed", *(name for names in SPLITS.values() for name in names)}
        kept = {field: getattr(state, field) for field in judged}
        suited = scaled(DEFAULTS[state.model], every.data.ratings.n_ratings)
        store.set(**fields_of(suited) | kept)

    controls.radio(
        store,
        "model",
        text("control.model.label"),
        list(MODELS),
        lambda name: text(f"choice.model.{name}"),
        then=show_its_defaults,
    )


def _control(page: Page, store: Store[RecommenderState], name: str) -> None:
    text, control = page.text, CONTROLS[name]
    label, about = text(f"control.{name}.label"), text(f"control.{name}.help")
    if control.kind == "choice":
        controls.choose(
            store, name, label, list(control.choices),
            lambda value: text(f"choice.{name}.{value}"), help=about,
        )  # fmt: skip
        if name == "schedule":
            st.caption(text(f"schedule.{store.value.schedule}.explain"))
        return
    low, high = control.usual
    whole = control.kind == "int"
    # A box where the scale is logarithmic, or where the value is beyond the slider's ends.
    if control.log or name == "seed" or not low <= getattr(store.value, name) <= high:
        limits = text("recommender.limits", low=f"{control.minimum:g}", high=f"{control.maximum:g}")
        controls.typed_number(
            store, name, label, text, whole=whole, help=f"{about} {limits}", width="stretch"
        )
    elif whole:
        controls.slider(store, name, label, int(low), int(high), 1, help=about)
    else:
        controls.slider(store, name, label, float(low), float(high), 0.01, help=about)
