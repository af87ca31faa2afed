"""What a slice of a real loss is, and is not, in words."""

from __future__ import annotations

from optviz.core.slices import LossSlice, load_slice, slice_error
from optviz.ui.frame import Page

__all__ = ["about_slice"]


def about_slice(page: Page, function: LossSlice) -> str:
    """Where the plane lies, where the loss is known, and how far off it is between."""
    data = load_slice(function.name)
    rows, columns = data.losses.shape
    median, worst = (f"{100 * error:.2g}" for error in slice_error(function.name))
    return page.text(
        "slice.about",
        axes=page.text(f"surface.{function.name}.axes"),
        parameters=f"{data.parameters:,}",
        trained=", ".join(f"({x:.3g}, {y:.3g})" for x, y in data.trained),
        examples=f"{data.examples:,}",
        columns=columns,
        rows=rows,
        held_out=len(data.held_out),
        median=median,
        worst=worst,
    )
