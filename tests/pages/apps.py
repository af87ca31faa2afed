"""What the page tests know of every page: how to open it, and what it says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from optviz.language import LANGUAGES, Text

__all__ = [
    "ROOT",
    "check",
    "components",
    "feed",
    "keys",
    "open_app",
    "open_tab",
    "picture",
    "said",
    "shown",
    "until",
]

ROOT = Path(__file__).parents[2]
FAILED = {Text(code)("frame.failed") for code in LANGUAGES}


def open_app(name: str, **query: str) -> AppTest:
    """A page, reached by a link; a session takes its language from its first address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if "lang" in query:
        app.query_params["lang"] = query["lang"]
    app.run()
    for field, value in query.items():
        app.query_params[field] = value
    app.switch_page(f"pages/{name}.py").run()
    check(app)
    return app


def open_tab(app: AppTest, label: str) -> AppTest:
    """Press a tab of those whose page draws only the open one."""
    states = app._tree.get_widget_states()
    row = next(
        block
        for block in _blocks(app._tree)
        if any(getattr(tab, "label", None) == label for tab in block.children.values())
    )
    pressed = states.widgets.add()
    pressed.id = row.proto.tab_container.id
    pressed.string_value = label
    app._run(states)
    check(app)
    return app


def check(app: AppTest) -> None:
    """No traceback, and not the sentence that stands for one."""
    assert not app.exception
    assert not FAILED & {error.value for error in app.error}


def until(app: AppTest, done: Callable[[], bool]) -> None:
    """Look again until ``done``, as a page does that follows a job; two minutes at the most."""
    end = time.monotonic() + 120
    while not done():
        assert time.monotonic() < end, "\n".join(
            [*(element.proto.text for element in app.get("progress")), said(app)]
        )
        time.sleep(0.1)
        app.run()
        check(app)


def said(app: AppTest) -> str:
    """All that is written on a page."""
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.warning])


def keys(app: AppTest) -> list[str | None]:
    """The keys of the buttons that are there."""
    return [button.key for button in app.button]


def _blocks(block: Any) -> Iterator[Any]:
    """A block and all in it."""
    yield block
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from _blocks(child)


def components(app: AppTest) -> list[dict[str, Any]]:
    """What our components in the browser were given."""
    return [
        json.loads(child.proto.mixed.json or child.proto.json)
        for block in _blocks(app._tree)
        for child in block.children.values()
        if child.type == "bidi_component"
    ]


def feed(app: AppTest) -> dict[str, Any]:
    """What the browser was sent of a moving map's frames."""
    (sent,) = [data for data in components(app) if "facts" in data]
    return sent


def picture(app: AppTest) -> dict[str, Any]:
    """What a moving map was drawn from."""
    (sent,) = [data for data in components(app) if "rows" in data]
    return sent


def shown(app: AppTest) -> dict[str, Any]:
    """What the stage was given."""
    (stage,) = [data for data in components(app) if "runs" in data]
    return stage
