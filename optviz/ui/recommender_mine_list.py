"""The newcomer's list: each movie, its stars, what they are made of, and which ratings did it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from optviz.figures.theme import Theme
from optviz.language import Text
from optviz.recommender.fold_in import Why

__all__ = ["because", "render_list", "signed"]

_PULLS = 3
_LEAST = 0.005
"""A pull that rounds to 0.00 is not told."""

_STYLE = """
.ov-why { font-size: 0.9rem; }
.ov-why > div { padding: 0.4rem 0 0.45rem; border-top: 1px solid var(--line); }
.ov-why-head { display: flex; gap: 0.6rem; align-items: baseline; }
.ov-why-head b { flex: 1; font-weight: 620; }
.ov-why-head span, .ov-why-head strong { white-space: nowrap; font-variant-numeric: tabular-nums; }
.ov-why-small { font-size: 0.8125rem; opacity: 0.8; font-variant-numeric: tabular-nums; }
.ov-why-small > span { display: inline-block; }
.ov-why-bar { position: relative; height: 15px; margin: 0.2rem 0; }
.ov-why-bar i { position: absolute; display: block; height: 4px; border-radius: 1px; }
.ov-why-bar i.line { height: 15px; width: 1px; top: 0; }
.ov-why-bar i.end { height: 9px; width: 9px; top: 8px; margin-left: -4.5px; border-radius: 9px; }
.ov-why-legend { display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; padding-bottom: 0.4rem;
  font-size: 0.8125rem; }
.ov-why-legend span { white-space: nowrap; }
.ov-why-legend i { display: inline-block; width: 18px; height: 4px; margin-right: 0.35rem;
  vertical-align: middle; border-radius: 1px; }
.ov-why-legend i.line { width: 1px; height: 13px; }
.ov-why-legend i.end { width: 9px; height: 9px; border-radius: 9px; }
"""


def signed(value: float, gap: str = "") -> str:
    """``+0.31`` or ``−0.05``, with a proper minus; ``gap`` comes behind the sign."""
    return f"{'−' if round(value, 2) < 0 else '+'}{gap}{abs(value):.2f}"


def because(
    pulls: NDArray[np.float64], titles: Sequence[str], stars: Sequence[float], text: Text
) -> str:
    """Which of the ratings moved a prediction most, as HTML, strongest first; empty if none did."""
    order = np.argsort(-np.abs(pulls), kind="stable")[:_PULLS]
    told = [
        "<span>"
        + escape(
            text(
                "recommender.mine.pull",
                title=titles[j],
                stars=f"{stars[j]:g}",
                pull=signed(pulls[j]),
            )
        )
        + "</span>"
        for j in order
        if abs(pulls[j]) >= _LEAST
    ]
    return text("recommender.mine.because", pulls=" · ".join(told)) if told else ""


def render_list(
    why: Why,
    titles: Sequence[str],
    ranks: Sequence[int],
    rated: Sequence[tuple[str, float]],
    *,
    text: Text,
    theme: Theme,
) -> None:
    """Draw the list.

    Args:
        why: The predictions, best first, taken apart.
        titles: Of the movies.
        ranks: Of the movies in the average user's list, from 1.
        rated: (title, stars) of the newcomer's own ratings, as ``why`` knows them.
        text: The catalogue.
        theme: Colours.
    """
    parts = np.column_stack([why.movie, why.you, why.taste])
    ends = np.column_stack([np.full(len(titles), why.mean), parts]).cumsum(1)
    low, high = float(ends.min()) - 0.05, float(ends.max()) + 0.1

    def place(value: float) -> str:
        return f"{100 * (value - low) / (high - low):.2f}%"

    rows = []
    for row, title in enumerate(titles):
        pieces = [f'<i class="line" style="left:{place(why.mean)};background:{theme.muted}"></i>']
        for part in range(3):
            left, right = sorted(ends[row, part : part + 2])
            width = 100 * (right - left) / (high - low)
            pieces.append(
                f'<i style="left:{place(left)};width:{width:.2f}%;top:{5 * part}px;'
                f'background:{theme.categories[part]}"></i>'
            )
        pieces.append(
            f'<i class="end" style="left:{place(ends[row, 3])};background:{theme.ink}"></i>'
        )
        total = text(
            "recommender.mine.sum", mean=f"{why.mean:.2f}",
            **{name: signed(value, ' ') for name, value in
               zip(("movie", "you", "taste"), parts[row], strict=True)},
        )  # fmt: skip
        reason = because(why.pulls[row], [t for t, _ in rated], [s for _, s in rated], text)
        rows.append(
            f'<div role="listitem"><div class="ov-why-head"><b>{row + 1}. {escape(title)}</b>'
            f'<span class="ov-why-small">'
            f"{escape(text('recommender.mine.rank', rank=f'{ranks[row]:,}'))}</span>"
            f"<strong>{why.predicted[row]:.2f} ★</strong></div>"
            f'<div class="ov-why-bar">{"".join(pieces)}</div>'
            f'<div class="ov-why-small">{escape(total)}</div>'
            f'<div class="ov-why-small">{reason}</div></div>'
        )
    names = [text(f"recommender.mine.part.{name}") for name in ("movie", "you", "taste")]
    legend = [
        f'<span><i class="line" style="background:{theme.muted}"></i>'
        f"{escape(text('recommender.mine.part.mean', mean=f'{why.mean:.2f}'))}</span>",
        *(
            f'<span><i style="background:{theme.categories[part]}"></i>{escape(name)}</span>'
            for part, name in enumerate(names)
        ),
        f'<span><i class="end" style="background:{theme.ink}"></i>'
        f"{escape(text('recommender.mine.part.predicted'))}</span>",
    ]
    st.html(
        f"<style>{_STYLE}</style>"
        f'<div class="ov-why-legend">{"".join(legend)}</div>'
        f'<div class="ov-why" role="list" style="--line:{theme.grid}">{"".join(rows)}</div>'
    )
