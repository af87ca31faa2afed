"""All eigenvalues of a network's Hessian at once, before training and after."""

from __future__ import annotations

import numpy as np
import streamlit as st

from optviz.training.spectrum_tasks import WHEN, Effort, Spectrum, SpectrumStudy, outliers
from optviz.ui.components import chart
from optviz.ui.followed import Shelf
from optviz.ui.frame import Page
from optviz.ui.jacobian_hessian_studies import FollowedSpectrum, SpectrumRequest
from optviz.ui.regularisation_norm import render_progress
from optviz.ui.waiting import keep_up

__all__ = ["render_spectrum"]

_HEIGHT = 380

_APART = 1.5
"""A gap is worth a word if its two sides differ by such a factor."""

_NEAR = 0.01
"""An eigenvalue is near 0 below this part of the largest."""


def render_spectrum(
    page: Page, every: Shelf[FollowedSpectrum], request: SpectrumRequest, working: bool
) -> None:
    """Draw what is known; called again and again while the work is under way.

    Args:
        page: The frame.
        every: The session's studies.
        request: What the settings ask for.
        working: Whether the study was under way when the page was last drawn as a whole.
    """
    from optviz.figures.spectrum import WIDTH, density_figure

    text, one = page.text, every.current
    keep_up(one, working)
    stale = one is not None and one.request != request
    study = one.study if one is not None else SpectrumStudy()
    both = [(when, getattr(study, when)) for when in WHEN]
    chart(
        density_figure(
            [(_name(page, when, spectrum), spectrum) for when, spectrum in both],
            text=text, theme=page.theme, stale=stale,
        ),
        key="jacobian-networks.density", height=_HEIGHT,
    )  # fmt: skip
    render_progress(page, one, stale)
    with st.container(key="jacobian-networks-facts"):
        known = [s for _, s in both if s is not None and s.trace is not None]
        if not known:
            st.markdown(text("jacobian_networks.spectrum.not_yet"))
            return
        for spectrum in known:
            st.markdown(_facts(page, spectrum))
        _table(page, study)
        effort: Effort = one.request.effort if one is not None else request.effort
        st.caption(
            text(
                "jacobian_networks.spectrum.protocol",
                size=f"{known[0].size:,}", rows=f"{study.rows:,}" if study.rows else "…",
                probes=effort.probes, steps=effort.steps, width=f"{WIDTH:g}",
                vectors=effort.vectors,
                seconds=f"{study.seconds:.1f}" if np.isfinite(study.seconds) else "…",
            )
        )  # fmt: skip


def _name(page: Page, when: str, spectrum: Spectrum | None) -> str:
    if when == "before" or spectrum is None:
        return page.text(f"jacobian_networks.spectrum.{when}")
    return page.text("jacobian_networks.spectrum.after_epochs", epochs=spectrum.epoch)


def _facts(page: Page, spectrum: Spectrum) -> str:
    """One line: loss, largest and smallest eigenvalue, the gap if there is one, the trace."""
    text = page.text
    assert spectrum.top is not None and spectrum.bottom is not None
    assert spectrum.trace is not None and spectrum.density is not None
    largest = float(spectrum.top.values[0]) if len(spectrum.top.values) else 0.0
    smallest = float(spectrum.bottom.values[0]) if len(spectrum.bottom.values) else 0.0
    near = spectrum.density.weights[np.abs(spectrum.density.nodes) < _NEAR * abs(largest)].sum()
    count, gap = outliers(spectrum.top.values)
    other = spectrum.density.trace(spectrum.size)
    said = text(
        "jacobian_networks.spectrum.facts",
        name=_name(page, "after" if spectrum.epoch else "before", spectrum),
        loss=f"{spectrum.loss:.3g}", top=f"{largest:.3g}", bottom=f"{smallest:.2g}",
        near=f"{100 * near:.0f}", trace=f"{spectrum.trace.mean:.3g}",
        error=_rough(spectrum.trace.error),
        other=f"{other.mean:.3g}", other_error=_rough(other.error),
    )  # fmt: skip
    if gap >= _APART:
        apart = text("jacobian_networks.spectrum.gap", count=count, gap=f"{gap:.2g}")
    else:
        apart = text("jacobian_networks.spectrum.no_gap", next=len(spectrum.top.values))
    return f"{said} {apart}"


def _rough(error: float) -> str:
    """One figure is enough."""
    return f"{float(f'{error:.1g}'):g}"


def _table(page: Page, study: SpectrumStudy) -> None:
    """The largest eigenvalues one by one, each with what it may be wrong by."""
    text = page.text
    columns: dict[str, list[float | None]] = {}
    pairs = [(when, s.top) for when in WHEN if (s := getattr(study, when)) and s.top is not None]
    most = max(len(top.values) for _, top in pairs)
    for when, top in pairs:
        missing = [None] * (most - len(top.values))
        name = text(f"jacobian_networks.spectrum.{when}")
        columns[text("jacobian_networks.spectrum.value", name=name)] = [*top.values, *missing]
        columns[text("jacobian_networks.spectrum.residual", name=name)] = [
            *top.residuals, *missing,
        ]  # fmt: skip
    places = {text("jacobian_networks.spectrum.rank"): list(range(1, most + 1))}
    st.dataframe(
        places | columns,
        hide_index=True, width="stretch", height=36 * 6,
        column_config={
            name: st.column_config.NumberColumn(format="%.4g" if i % 2 == 0 else "%.0e")
            for i, name in enumerate(columns)
        },
    )  # fmt: skip
