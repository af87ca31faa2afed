"""The lesson's recipes: what it printed, what they reach here, and a way to set each up."""

from __future__ import annotations

import streamlit as st

from optviz.recommender.presets import PRESETS, Preset, preset_of
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.recommender_runs import Runs
from optviz.ui.recommender_state import RecommenderState, fields_of
from optviz.ui.state import Store, guarded, remember

__all__ = ["render_lesson"]


def render_lesson(page: Page, store: Store[RecommenderState], every: Runs) -> None:
    """Draw the folded part; nothing beside ratings on which the lesson printed nothing."""
    if every.data.source is not None:
        return
    text = page.text
    with st.expander(text("recommender.lesson.title"), icon=":material/school:"):
        head = [
            text(f"recommender.lesson.{name}") for name in ("recipe", "printed", "ours", "here")
        ]
        rows = [
            [text(f"preset.{name}"), _told(preset.printed, text("recommender.lesson.unknown")),
             f"{preset.reached:.4f}", _told(_here(every, preset), "–")]
            for name, preset in PRESETS.items()
        ]  # fmt: skip
        with st.container(key="frame-scroll-recommender-lesson"):
            st.markdown(controls.number_table(head, rows))
        st.caption(text("recommender.lesson.known"))
        chosen: dict[str, str] = remember("recommender lesson", dict)
        name = chosen.get("name", next(iter(PRESETS)))
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            controls.choose_part(
                f"recommender.lesson.{text.code}", text("recommender.lesson.recipe"),
                list(PRESETS), name, lambda picked: chosen.update(name=picked),
                lambda option: text(f"preset.{option}"), width=280,
            )  # fmt: skip
            st.button(
                text("recommender.lesson.set_up"), key="recommender.lesson.set_up",
                icon=":material/tune:",
                on_click=guarded(lambda: store.set(**fields_of(PRESETS[name].config))),
            )  # fmt: skip


def _told(loss: float | None, without: str) -> str:
    return without if loss is None else f"{loss:.4f}".rstrip("0")


def _here(every: Runs, preset: Preset) -> float | None:
    """What the latest run of this recipe in this session reached after its last epoch."""
    ended = [run for run in every.shown if run.fitted is not None and not run.by_hand]
    alike = [run for run in ended if preset_of(run.config) is preset and run.last is not None]
    whole = [run.last for run in alike if run.last and run.last[0] == run.config.epochs]
    return whole[-1][1] if whole else None
