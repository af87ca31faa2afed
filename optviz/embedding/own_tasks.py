"""Reading a user's embeddings, as a task that any backend can run."""

from __future__ import annotations

from collections.abc import Sequence

from optviz.core.problem import Problem
from optviz.core.task import TaskContext
from optviz.embedding.columns import Column
from optviz.embedding.own_files import Source, Sources, read_table, unpacked
from optviz.embedding.own_table import OwnTable, as_own, columns_of, with_labels

__all__ = ["about_task", "own_task"]


def own_task(context: TaskContext, files: Sequence[tuple[str, str]]) -> OwnTable:
    """Read vectors, and labels if a second file holds them.

    Args:
        context: Told how far the reading is.
        files: (name, path) of one file or two, or of a zip of these.

    Raises:
        Problem: They cannot be used; the sentence says where and what would be right.
        Cancelled: Its user cancelled it.
    """
    vectors, labels = _roles(unpacked(files))
    total = vectors.size + (labels.size if labels is not None else 0)

    def watch(share: float) -> None:
        context.checkpoint()
        context.progress(share * vectors.size, total)

    own = as_own(read_table(vectors, watch), vectors.name)
    context.checkpoint()
    if labels is not None:
        own = with_labels(own, read_table(labels, lambda share: None, len(own)))
    context.progress(total, total)
    return own


def about_task(context: TaskContext, files: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    """Read a table without vectors, all columns as they are.

    Raises:
        Problem: It cannot be read; the sentence says where and what would be right.
        Cancelled: Its user cancelled it.
    """
    found = unpacked(files)
    if len(found) != 1:
        raise Problem("problem.own.files", n=len(found))

    def watch(share: float) -> None:
        context.checkpoint()
        context.progress(share, 1.0)

    return columns_of(read_table(found[0], watch))


def _roles(found: Sources) -> tuple[Source, Source | None]:
    """Which file holds the vectors, and which the labels: by their names, else by their sizes."""
    if len(found) == 1:
        return found[0], None
    told = [one for one in found if any(word in one.stem for word in ("meta", "label"))]
    labels = told[0] if len(told) == 1 else min(found, key=lambda one: one.size)
    (vectors,) = (one for one in found if one is not labels)
    return vectors, labels
