"""Whatever stands in a box and wherever a slider is: no traceback, and nothing that stands for one.

The tests find the controls by themselves, so that a new page or a new box is tried as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from optviz.ui.frame import PAGES

from .apps import check, open_app

NAMES = [name for name in PAGES if name != "home"]
WRITTEN = ("1e9", "-1e9", "0", "nan", "1e999", "abc", "", "<b>$x^2$ & “ü”</b>")

Take = Callable[[AppTest], Sequence[Any]]


def each(app: AppTest, take: Take, change: Callable[[Any], object]) -> int:
    """Change every control of a kind, one after the other; how many there were."""
    done: set[str] = set()
    while True:
        left = [one for one in take(app) if one.key not in done and not one.disabled]
        if not left:
            return len(done)
        done.add(left[0].key)
        change(left[0])
        app.run()
        check(app)


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("name", NAMES)
def test_anything_typed_anywhere(name: str, written: str) -> None:
    app = open_app(name)
    assert each(app, lambda app: app.text_input, lambda box: box.set_value(written))


@pytest.mark.parametrize("end", ["min", "max"])
@pytest.mark.parametrize("name", NAMES)
def test_every_slider_at_both_ends(name: str, end: str) -> None:
    app = open_app(name)
    found = each(app, lambda app: app.slider, lambda one: one.set_value(getattr(one, end)))
    assert found or not app.slider
