"""Gradient, Hessian and eigenvalues of a surface: in symbols from sympy, in numbers from torch."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from optviz.core.problem import Problem
from optviz.core.slices import LossSlice
from optviz.core.surface import Surface
from optviz.core.taylor import Taylor
from optviz.jobs import Job, default_backend
from optviz.ui.frame import Page
from optviz.ui.jacobian_hessian_state import OF_SURFACES, OWN_MAP, JacobianHessianState
from optviz.ui.own_surface import OWN_SURFACE
from optviz.ui.slices import about_slice
from optviz.ui.waiting import awaited

__all__ = ["render_map_symbols", "render_numbers", "render_symbols"]

_WIDEST = 18
"""Symbols and digits of an entry beyond which a matrix is written entry by entry."""


def render_numbers(page: Page, model: Taylor) -> None:
    """Draw what autograd gives at the point."""
    text = page.text
    x, y = (_number(part) for part in model.point)
    st.markdown(text("jacobian_hessian.numbers.title", x=_plain(x), y=_plain(y)))
    if not model.defined:
        st.markdown(text("trajectories.stage.kind_undefined"))
        return
    g, h = model.gradient, model.hessian
    first = rf"\nabla f={_column(*map(_number, g))},\quad H={_matrix(*map(_number, h.ravel()))}"
    st.latex(_stacked(first, _eigen(page, model, 0), _eigen(page, model, 1)))


def _eigen(page: Page, model: Taylor, i: int) -> str:
    """One eigenvalue with its eigenvector, in the colour of its line."""
    from optviz.figures.taylor import bend_colour

    scale = float(abs(model.eigenvalues).max()) or 1.0
    colour = bend_colour(page.theme, float(model.eigenvalues[i]), scale)
    vector = ",\\;".join(_number(part, 3) for part in model.eigenvectors[:, i])
    return (
        rf"\textcolor{{{colour}}}{{\lambda_{i + 1}={_number(model.eigenvalues[i], scale=scale)}"
        rf",\quad v_{i + 1}=({vector})}}"
    )


def render_symbols(page: Page, state: JacobianHessianState, surface: Surface) -> None:
    """Draw gradient and Hessian in symbols; waits for a worker the first time."""
    text = page.text
    if isinstance(surface.function, LossSlice):
        st.markdown(text("jacobian_hessian.symbols.none"))
        st.caption(about_slice(page, surface.function))
        return
    st.markdown(text("jacobian_hessian.symbols.title"))
    found = _asked(page, "derive", **_surface(state))
    if found is None:
        return
    fx, fy = (_or_dots(entry) for entry in found.gradient)
    xx, xy, yy = (_or_dots(entry) for entry in found.hessian)
    with st.container(key="frame-scroll-symbols"):
        if found.length <= _WIDEST:
            st.latex(_stacked(rf"\nabla f={_column(fx, fy)}", f"H={_matrix(xx, xy, xy, yy)}"))
        else:
            st.latex(_listed(fx, fy, xx, xy, yy))
    if "" in (*found.gradient, *found.hessian):
        st.caption(text("jacobian_hessian.symbols.long", length=found.length))


def render_map_symbols(page: Page, state: JacobianHessianState) -> None:
    """Draw the Jacobian of the map in symbols; waits for a worker the first time."""
    asked: dict[str, Any] = {"name": state.map}
    if state.map == OWN_MAP:
        asked |= {"u": state.u, "v": state.v}
    elif state.map in OF_SURFACES:
        asked |= _surface(state)
    if state.map == "step":
        asked["lr"] = state.lr
    found = _asked(page, "derive_map", **asked)
    if found is not None:
        with st.container(key="frame-scroll-jacobian"):
            st.latex(rf"J={_matrix(*map(_or_dots, found))}")


def _surface(state: JacobianHessianState) -> dict[str, str]:
    own = state.surface == OWN_SURFACE
    return {"formula": state.formula} if own else {"surface": state.surface}


def _asked(page: Page, task: str, **asked: Any) -> Any:
    """What a task of :mod:`optviz.core.symbolic` answers; None after its problem was said."""

    def submit() -> Job:
        return default_backend().submit(f"optviz.core.symbolic:{task}", **asked)

    try:
        return awaited(
            f"jacobian_hessian {task}", asked, submit, page.text("jacobian_hessian.symbols.working")
        )
    except Problem as problem:
        page.problem(problem)
        return None


def _or_dots(entry: str) -> str:
    return entry or r"\cdots"


def _stacked(*rows: str) -> str:
    return r"\begin{gathered}" + r"\\[3pt]".join(rows) + r"\end{gathered}"


_NAMES = (
    r"\tfrac{\partial f}{\partial x}",
    r"\tfrac{\partial f}{\partial y}",
    r"\tfrac{\partial^2 f}{\partial x^2}",
    r"\tfrac{\partial^2 f}{\partial x\,\partial y}",
    r"\tfrac{\partial^2 f}{\partial y^2}",
)


def _listed(*entries: str) -> str:
    """Both first and all second derivatives, one below the other."""
    rows = (f"{name}&={entry}" for name, entry in zip(_NAMES, entries, strict=True))
    return r"\begin{aligned}" + r"\\[3pt]".join(rows) + r"\end{aligned}"


def _column(a: str, b: str) -> str:
    return rf"\begin{{pmatrix}}{a}\\{b}\end{{pmatrix}}"


def _matrix(a: str, b: str, c: str, d: str) -> str:
    return rf"\begin{{pmatrix}}{a}&{b}\\{c}&{d}\end{{pmatrix}}"


def _number(value: float, figures: int = 4, scale: float = 0.0) -> str:
    """A number in LaTeX; what is nothing beside ``scale`` is 0."""
    value = float(value)
    if not math.isfinite(value):
        return r"\text{–}"
    if value == 0 or abs(value) <= 1e-12 * scale:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        written = f"{value:.{figures}g}"
        return f"{float(written):.0f}" if "e" in written else written
    mantissa, _, power = f"{value:.2e}".partition("e")
    return rf"{mantissa}\cdot 10^{{{int(power)}}}"


def _plain(latex: str) -> str:
    return latex.replace("-", "−").replace(r"\cdot 10^{", " · 10^").replace("}", "")
