"""Surfaces to choose from, on whatever page: those of the registry, and the user's own formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import streamlit as st

from optviz.core.expression import FUNCTIONS, parse_expression
from optviz.core.own import own_name, own_parts
from optviz.core.problem import Problem
from optviz.core.surface import Point, Surface
from optviz.core.surfaces import SURFACES, get_surface
from optviz.ui import controls
from optviz.ui.fields import PageState, custom
from optviz.ui.frame import Page
from optviz.ui.points import check_point, read_point, write_point

__all__ = [
    "OWN_SURFACE",
    "OwnSurface",
    "about_found",
    "called_after",
    "choose_surface",
    "formula_field",
    "own_fields",
    "read_range",
    "type_formula",
    "type_ranges",
]

OWN_SURFACE = "own"
"""The choice of a surface that the user types."""

_FORMULA = "0.1*(x^2 + y^2) + sin(2*x)*cos(2*y)"
_BOX = (-4.0, 4.0)


def _check_range(value: Any) -> Point:
    low, high = check_point(value)
    if not low < high:
        raise Problem("problem.expression.box")
    return low, high


def read_range(written: str) -> Point:
    """The two ends of ``-4, 4``.

    Raises:
        Problem: They are no such two numbers.
    """
    try:
        return _check_range(read_point(written))
    except Problem:
        raise Problem("problem.expression.box") from None


def _range_field() -> Point:
    return custom(
        _BOX, check=_check_range, parse=read_point, write=lambda pair: ",".join(map(repr, pair))
    )


def formula_field(default: str) -> str:
    """A field: a function of x and y, as it was typed."""
    return custom(
        default, check=lambda value: parse_expression(str(value)).text, parse=str, write=str
    )


@dataclass(frozen=True)
class OwnSurface(PageState):
    """What a page keeps of a typed surface, whether or not it is the one looked at."""

    formula: str = formula_field(_FORMULA)
    x_range: Point = _range_field()  # noqa: RUF009
    y_range: Point = _range_field()  # noqa: RUF009

    def called(self, surface: str) -> str:
        """The name by which the core knows a chosen surface, be it of the registry or typed."""
        if surface != OWN_SURFACE:
            return surface
        return own_name(self.formula, self.x_range, self.y_range)


def called_after(state: OwnSurface, surface: str, **changes: Any) -> str:
    """The core's name of a chosen surface once ``changes`` of formula or box are made.

    Raises:
        Problem: It could not be used then.
    """
    name = replace(state, **changes).called(surface)
    get_surface(name)
    return name


def own_fields(name: str) -> dict[str, Any]:
    """The fields of a page's state that stand for a core's name: the choice, and what is typed."""
    if name in SURFACES:
        return {"surface": name}
    formula, x_range, y_range = own_parts(name)
    return {"surface": OWN_SURFACE, "formula": formula, "x_range": x_range, "y_range": y_range}


class Look(Protocol):
    """Takes over a chosen surface and what was typed of it; raises a Problem if it cannot."""

    def __call__(self, surface: str, /, **changes: Any) -> None:
        """Look at ``surface`` after ``changes`` of formula or box."""


def choose_surface(
    page: Page,
    state: OwnSurface,
    chosen: str,
    look: Look,
    *,
    key: str,
    names: Sequence[str] = tuple(SURFACES),
    named: str = "trajectories.surface",
) -> None:
    """A select box of surfaces and, for the user's own, its formula and its box.

    Args:
        page: The frame.
        state: Of the page.
        chosen: The choice that stands.
        look: Takes over another one.
        key: Of the select box; the typed ones begin with the page's name.
        names: Surfaces of the registry to choose from.
        named: What to call the select box: a key of the catalogue.
    """
    text = page.text

    def title(name: str) -> str:
        return text("own.title" if name == OWN_SURFACE else f"surface.{name}.title")

    def pick(name: str) -> None:
        if name != chosen:
            look(name)

    controls.choose_part(
        f"{key}.{text.code}", text(named), [*names, OWN_SURFACE], chosen, pick, title
    )
    if chosen != OWN_SURFACE:
        return

    type_formula(
        page, f"{page.name}.formula.typed", text("own.formula"), state.formula,
        lambda formula: look(OWN_SURFACE, formula=formula),
    )  # fmt: skip
    type_ranges(page, state, lambda name, ends: look(OWN_SURFACE, **{name: ends}))


def type_formula(page: Page, key: str, label: str, shown: str, take: Callable[[str], None]) -> None:
    """Draw a box for a function of x and y; ``take`` gets it once it can be read."""
    controls.typed_text(
        key, label, shown, lambda written: take(parse_expression(written).text), page.text,
        help=page.text("own.formula_help", functions=", ".join(FUNCTIONS)),
    )  # fmt: skip


def type_ranges(page: Page, state: OwnSurface, take: Callable[[str, Point], None]) -> None:
    """Draw the boxes for the ranges of x and y; ``take`` gets the field and its two ends."""

    def reader(name: str) -> Callable[[str], None]:
        return lambda written: take(name, read_range(written))

    for column, name in zip(st.columns(2, gap="small"), ("x_range", "y_range"), strict=True):
        with column:
            controls.typed_text(
                f"{page.name}.{name}.typed", page.text(f"own.{name}"),
                write_point(getattr(state, name)), reader(name), page.text,
            )  # fmt: skip


def about_found(page: Page, surface: Surface) -> str:
    """What was found on a typed surface, in words."""
    if not surface.complete:
        return page.text("own.many")
    return page.text(
        "own.found",
        minima=len(surface.all_minima),
        saddles=len(surface.saddles),
        maxima=len(surface.maxima),
    )
