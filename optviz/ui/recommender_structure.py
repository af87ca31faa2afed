"""What a model is made of, drawn: from two rows that are looked up to the stars."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import streamlit as st

from optviz.figures.theme import Theme
from optviz.recommender.config import MODELS, TrainConfig, reach_of
from optviz.recommender.structure import Box, Part, flow, formula, n_parameters, parts
from optviz.ui.frame import Page

__all__ = ["render_structure"]

# The formula keeps to its column, also on a phone.
_STYLE = """
.st-key-recommender-structure { gap: 0.35rem; }
.st-key-recommender-structure .katex-display { margin: 0.5em 0 1em; overflow: auto hidden; }
@media (max-width: 640px) { .st-key-recommender-structure .katex { font-size: 0.92em; } }
.ov-flow { display: flex; flex-wrap: wrap; align-items: center; justify-content: center;
  gap: 0.5rem 0.35rem;
  margin: 0.6rem 0 0.3rem; font-size: 0.82rem; line-height: 1.25; }
.ov-flow > span { color: var(--muted); }
.ov-flow > div { display: flex; flex-direction: column; gap: 0.35rem; }
.ov-flow b { display: block; font-weight: 550; }
.ov-flow small { color: var(--muted); font-size: 0.92em; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.ov-flow .box { border: 1px solid var(--line); border-radius: 4px; padding: 0.25rem 0.5rem;
  text-align: center; }
.ov-flow .table { background: repeating-linear-gradient(var(--panel) 0 6px, var(--line) 6px 7px);
  position: relative; }
.ov-flow .table > * { position: relative; background: var(--panel); padding: 0 0.2rem; }
.ov-flow .table small { display: inline-block; }
.ov-flow .vector { border-color: var(--accent); }
.ov-flow .vector i { display: block; height: 4px; margin: 0.2rem auto 0; border-radius: 1px;
  background: var(--accent); }
.ov-flow .layer { background: var(--panel); border-color: var(--ink); }
.ov-flow .step { border-radius: 999px; }
.ov-flow .stars { border-color: var(--accent); border-width: 2px; }
"""


def render_structure(page: Page, config: TrainConfig, ratings: Any) -> None:
    """Draw the model as a formula and as boxes, with the shapes that the controls give it.

    Args:
        page: The frame.
        config: The recipe.
        ratings: An ``optviz.recommender.data.Ratings``.
    """
    text, users, items = page.text, ratings.n_users, ratings.n_items
    low, high = ratings.rating_range
    with st.container(key="recommender-structure"):
        st.html(f"<style>{_STYLE}</style>")
        st.latex(formula(config))
        st.html(_drawn(page, config, ratings))
        learnt = [part for part in parts(config, users, items) if part.learnt]
        shapes = " · ".join(_shape(page, config, part) for part in learnt)
        st.caption(
            text(
                "recommender.structure",
                shapes=shapes,
                parameters=f"{n_parameters(config, users, items):,}",
                low=f"{low:g}",
                high=f"{high:g}",
            )
        )
        with st.expander(text("recommender.formula"), icon=":material/function:"):
            st.markdown(text(f"model.{config.model}.explain"))
            st.caption(text("recommender.source", source=MODELS[config.model].source))


def _drawn(page: Page, config: TrainConfig, ratings: Any) -> str:
    theme: Theme = page.theme
    stages = flow(config, ratings.n_users, ratings.n_items)
    drawn = "<span>→</span>".join(
        f"<div>{''.join(_box(page, config, ratings, box) for box in stage)}</div>"
        for stage in stages
    )
    colours = (
        f"--line:{theme.grid};--muted:{theme.muted};--panel:{theme.panel};"
        f"--accent:{theme.accent};--ink:{theme.ink}"
    )
    return f'<div class="ov-flow" style="{colours}">{drawn}</div>'


def _box(page: Page, config: TrainConfig, ratings: Any, box: Box) -> str:
    name, told = box.name, [" × ".join(f"{size:,}" for size in box.shape)] if box.shape else []
    if box.kind in ("table", "layer"):
        name = _part_name(page, config, box.name)
    if box.kind == "stars":
        (low, high), reach = ratings.rating_range, reach_of(config)
        told = ["★" if reach is None else f"{low - reach:g} … {high + reach:g} ★"]
    if box.dropped:
        told.append(page.text("recommender.dropped", share=f"{100 * box.dropped:.0f}"))
    bar = ""
    if box.kind == "vector":  # its length, so that it grows with the control
        bar = f'<i style="width:{8 + 16 * math.log2(1 + box.shape[0] / 8):.0f}px"></i>'
    small = f"<small>{escape(' · '.join(told))}</small>" if told else ""
    return f'<div class="box {box.kind}"><b>{escape(name)}</b>{small}{bar}</div>'


def _part_name(page: Page, config: TrainConfig, part: str) -> str:
    name = part.replace(".", "_")
    if name == "item_bias" and MODELS[config.model].bias_means == "mean":
        name = "item_mean"
    return page.text(f"part.{name}")


def _shape(page: Page, config: TrainConfig, part: Part) -> str:
    sizes = "&nbsp;×&nbsp;".join(f"{size:,}" for size in part.shape)
    return f"{_part_name(page, config, part.name)}&nbsp;{sizes}"
