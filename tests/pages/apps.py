"""What the page tests know of every page: how to open it, and what it says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
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


def components(app: AppTest) -> list[dict[str, Any]]:
    """What our components in the browser were given."""
    found: list[dict[str, Any]] = []

    def look(block: Any) -> None:
        for child in block.children.values():
            if hasattr(child, "children"):
                look(child)
            elif child.type == "bidi_component":
                found.append(json.loads(child.proto.mixed.json or child.proto.json))

    look(app._tree)
    return found


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
