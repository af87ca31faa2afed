"""What a surface is: a function of two variables and everything known about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["Point", "Surface"]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Surface:
    """A function of two variables to minimise, and everything known about it.

    Attributes:
        name: Registry key; the catalogue holds ``surface.<name>.title`` and ``.notice``.
        function: ``function(x, y)`` of two tensors of any one shape, elementwise, written with
            tensor operators and methods only (so this module does not import torch).
        x_range: Left and right edge of the drawn box.
        y_range: Lower and upper edge of the drawn box.
        latex: The formula, without dollar signs.
        source: Where the function was published.
        minima: All *global* minimisers in the drawn box; empty if unbounded below.
        minimum_value: Their value; ``None`` if the surface is unbounded below.
        local_minima: The other minimisers in the drawn box.
        saddles: Critical points in the box that are neither minimum nor maximum.
        maxima: Local maximisers in the box.
        complete: Whether the four lists hold every critical point of the drawn box. Where it
            is ``False`` there are too many to mark, and only some are listed.
        start: An instructive starting point.
        steps: How many steps show the story.
        gradient_tolerance: A gradient norm at or under this counts as zero. It is far below
            the gradients met in the box (a test compares it with their median).
        log_levels: Whether contour levels should be spaced logarithmically above the minimum.
    """

    name: str
    function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    latex: str = ""
    source: str = ""
    minima: tuple[Point, ...] = ()
    minimum_value: float | None = None
    local_minima: tuple[Point, ...] = ()
    saddles: tuple[Point, ...] = ()
    maxima: tuple[Point, ...] = ()
    complete: bool = True
    start: Point = (1.0, 1.0)
    steps: int = 100
    gradient_tolerance: float = 1e-4
    log_levels: bool = False

    @property
    def centre(self) -> Point:
        """The middle of the drawn box."""
        return sum(self.x_range) / 2, sum(self.y_range) / 2

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawn box."""
        return self.x_range[1] - self.x_range[0], self.y_range[1] - self.y_range[0]

    @property
    def all_minima(self) -> tuple[Point, ...]:
        """Global minimisers first, then the local ones."""
        return self.minima + self.local_minima

    def contains(self, point: Point) -> bool:
        """Whether ``point`` lies in the drawn box."""
        x, y = point
        return self.x_range[0] <= x <= self.x_range[1] and self.y_range[0] <= y <= self.y_range[1]
