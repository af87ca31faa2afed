"""What the Embeddings page says of points that are no films."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from optviz.language import Text
from optviz.ui.frame import Page

__all__ = ["PointText", "speaking_of_points"]


class PointText(Text):
    """The catalogue, with the words for points in place of those for films where there are any.

    They stand under ``embeddings.of_points``, by the rest of the key.
    """

    __slots__ = ()

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text under ``key``, or the one that speaks of points."""
        other = f"embeddings.of_points.{key.removeprefix('embeddings.')}"
        return Text.__call__(self, other if self.has(other) else key, **values)


def speaking_of_points(page: Page) -> Page:
    """The page with these words."""
    return replace(page, text=PointText(page.text.code))
