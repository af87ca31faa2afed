"""Training to hold in the hand: one batch, one epoch, back to an epoch, another learning rate."""

from __future__ import annotations

import streamlit as st

from optviz.recommender.specs import MODELS
from optviz.ui import controls
from optviz.ui.frame import Page
from optviz.ui.recommender_runs import Run, Runs
from optviz.ui.state import guarded, remember

__all__ = ["render_hand"]


def render_hand(page: Page, every: Runs, run: Run) -> None:
    """Draw the folded part; nothing for a model that was not trained here.

    Args:
        page: The page.
        every: The session's runs.
        run: The one looked at.
    """
    if run.folder is None:
        return
    text, busy = page.text, run.busy
    with st.expander(text("recommender.hand.title"), icon=":material/front_hand:"):
        st.caption(text("recommender.hand.about"))
        with st.container(
            horizontal=True, gap="small", vertical_alignment="bottom", key="recommender-hand"
        ):
            for until, icon in (("batch", "skip_next"), ("epoch", "fast_forward")):
                st.button(
                    text(f"recommender.hand.{until}"), key=f"recommender.hand.{until}",
                    icon=f":material/{icon}:", disabled=not busy,
                    on_click=guarded(run.go_on), args=(until,),
                )  # fmt: skip
            if "lr" in MODELS[run.config.model].controls:
                controls.typed_text(
                    f"recommender.hand.lr.{run.place}", text("recommender.hand.lr"),
                    controls.format_number(run.lr),
                    lambda written: run.set_lr(controls.read_number(written)),
                    text, disabled=not busy, width=140,
                )  # fmt: skip
            _back(page, every, run)


def _back(page: Page, every: Runs, run: Run) -> None:
    """Where to go back to, and the button; the best epoch is there to begin with."""
    text, epochs = page.text, run.checkpoints
    chosen: dict[int, int] = remember("recommender back to", dict)
    best = run.entry(text).best
    first = best.epoch if best is not None and best.epoch in epochs else epochs[-1]
    epoch = chosen.get(run.place, first)
    if epoch not in epochs:
        epoch = first
    controls.choose_part(
        f"recommender.hand.to.{text.code}.{run.place}", text("recommender.hand.to"), epochs,
        epoch, lambda picked: chosen.update({run.place: picked}),
        lambda option: text("recommender.hand.epoch_of", epoch=option) if option
        else text("recommender.hand.start"), width=160,
    )  # fmt: skip
    st.button(
        text("recommender.hand.back"), key="recommender.hand.back", icon=":material/undo:",
        on_click=guarded(every.rewind), args=(run, epoch),
    )  # fmt: skip
