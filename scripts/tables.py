"""The README's tables of surfaces and optimizers: ``python -m scripts.tables`` writes them anew.

They are made from the registries and the English catalogue; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from optviz.core.optimizers import OPTIMIZERS
from optviz.core.surfaces import SURFACES
from optviz.language import ENGLISH

__all__ = ["TABLES", "with_tables"]

README = Path(__file__).parents[1] / "README.md"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def surfaces() -> str:
    """One row a surface: title, name in Python, known minima, what to notice."""
    return _table(
        ("Surface", "In Python", "Minima in the box", "What to notice"),
        (
            (
                ENGLISH(f"surface.{surface.name}.title"),
                f"`{surface.name}`",
                str(len(surface.all_minima)) if surface.complete else "many",
                ENGLISH(f"surface.{surface.name}.notice"),
            )
            for surface in SURFACES.values()
        ),
    )


def optimizers() -> str:
    """One row an optimizer: title, name in Python, torch's class, how it moves."""
    return _table(
        ("Optimizer", "In Python", "Class", "How it moves"),
        (
            (
                ENGLISH(f"optimizer.{spec.name}.title"),
                f"`{spec.name}`",
                f"`torch.optim.{spec.torch_class}`" if spec.torch_class else "ours",
                ENGLISH(f"optimizer.{spec.name}.explain"),
            )
            for spec in OPTIMIZERS.values()
        ),
    )


TABLES: Mapping[str, Callable[[], str]] = {"surfaces": surfaces, "optimizers": optimizers}
"""Name in the README's marks → what makes the table."""


def with_tables(text: str) -> str:
    """``text`` with each table between its marks made anew.

    Raises:
        ValueError: A table's marks are missing.
    """
    for name, make in TABLES.items():
        begin, end = f"<!-- table: {name} -->\n", "<!-- end -->"
        pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"no place for the table {name}")
        table = begin + make() + "\n" + end
        text = pattern.sub(lambda _, table=table: table, text)
    return text


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text("utf-8")), "utf-8")
