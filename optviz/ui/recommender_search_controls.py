"""What to search, within which ranges and for how long: the controls of the search."""

from __future__ import annotations

import dataclasses

import streamlit as st

from optviz.recommender.config import CONTROLS
from optviz.recommender.search_space import Range, ranges_for, searchable, usual_range
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.recommender_state import RecommenderState
from optviz.ui.state import Store, bind_value

__all__ = ["render_search_controls"]


def render_search_controls(page: Page, store: Store[RecommenderState]) -> None:
    """Draw them below each other; the page's state keeps what they say."""
    text, state = page.text, store.value
    config = state.config()
    ranges = ranges_for(config, state.searched)
    names = [one.name for one in ranges]
    known = {one.name: one for one in (*state.searched, *ranges)}

    def take(chosen: list[str]) -> None:
        if chosen:  # at least one: an empty list would mean the model's first ones
            mine = [known.get(name) or usual_range(name, config.model) for name in chosen]
            store.set(searched=[*mine, *_of_other_models(store, ranges)])

    st.multiselect(
        text("recommender.search.what"),
        searchable(config, names),
        default=names,
        format_func=lambda name: text(f"control.{name}.label"),
        wrap=True,
        # Other options, another widget: the browser knows them by their words.
        **bind_value(f"recommender.searched.{text.code}.{config.model}", names, take),
    )
    for one in ranges:
        if one.options:
            _choices(page, store, ranges, one)
        else:
            _ends(page, store, ranges, one)
    controls.typed_number(
        store, "search_trials", text("recommender.search.trials"), text, whole=True
    )
    controls.typed_number(
        store, "search_seconds", text("recommender.search.seconds"), text,
        help=text("recommender.search.seconds_help"),
    )  # fmt: skip
    controls.slider(
        store, "search_at_once", text("recommender.search.at_once"), 1, 16, 1,
        help=text("recommender.search.at_once_help"),
    )  # fmt: skip
    controls.switch(
        store, "search_pruning", text("recommender.search.pruning"),
        help=text("recommender.search.pruning_help"),
    )  # fmt: skip
    controls.typed_number(store, "search_seed", text("recommender.search.seed"), text, whole=True)


def _of_other_models(store: Store[RecommenderState], ranges: tuple[Range, ...]) -> list[Range]:
    """What was chosen for other models, who come back to it."""
    able = searchable(store.value.config(), [one.name for one in ranges])
    return [one for one in store.value.searched if one.name not in able]


def _replace(store: Store[RecommenderState], ranges: tuple[Range, ...], changed: Range) -> None:
    mine = [changed if one.name == changed.name else one for one in ranges]
    store.set(searched=[*mine, *_of_other_models(store, ranges)])


def _choices(
    page: Page, store: Store[RecommenderState], ranges: tuple[Range, ...], one: Range
) -> None:
    text = page.text

    def take(options: list[str]) -> None:
        _replace(store, ranges, dataclasses.replace(one, options=tuple(options)).checked())

    st.multiselect(
        text("recommender.search.options", name=text(f"control.{one.name}.label")),
        CONTROLS[one.name].choices,
        default=list(one.options),
        format_func=lambda value: text(f"choice.{one.name}.{value}"),
        wrap=True,
        **bind_value(f"recommender.searched.{text.code}.{one.name}", list(one.options), take),
    )


def _ends(
    page: Page, store: Store[RecommenderState], ranges: tuple[Range, ...], one: Range
) -> None:
    """Two boxes side by side; an end that cannot be stays in its box, with a sentence."""
    text, whole = page.text, CONTROLS[one.name].kind == "int"
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for end in ("low", "high"):

            def read(written: str, end: str = end) -> None:
                value = controls.read_number(written, whole=whole)
                changed = (
                    Range(one.name, value, one.high)
                    if end == "low"
                    else Range(one.name, one.low, value)
                )
                _replace(store, ranges, changed.checked())

            controls.typed_text(
                f"recommender.searched.{one.name}.{end}",
                text(f"recommender.search.{end}", name=text(f"control.{one.name}.label")),
                f"{getattr(one, end):.12g}", read, text, width=105,
            )  # fmt: skip
