"""The home page: a card with a picture for each page, the lesson, the data; in both languages."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from optviz.figures.theme import THEMES
from optviz.language import LANGUAGES, Text
from optviz.ui.frame import PAGES
from optviz.ui.home import _picture

ROOT = Path(__file__).parents[2]
ROOMS = [name for name in PAGES if name != "home"]


def open_home(code: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["lang"] = code
    app.run()
    assert not app.exception
    assert not app.error
    return app


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_room_has_a_card_with_its_question_and_picture(code: str) -> None:
    text, app = Text(code), open_home(code)
    said = "\n".join(element.value for element in [*app.title, *app.markdown, *app.subheader])
    drawn = "\n".join(element.proto.body for element in app.get("html"))
    links = [link.proto.label for link in app.get("page_link")]
    assert app.title[0].value == text("home.question")
    for name in ROOMS:
        assert text(f"{name}.question") in links
        assert text(f"home.card.{name}.sentence") in said
        assert text(f"home.card.{name}.picture") in drawn
    assert text("home.data.body") in said
    assert "45" in text("home.lesson.title")


def test_the_lesson_takes_the_time_it_says() -> None:
    for code in LANGUAGES:
        parts = [Text(code)(f"home.lesson.{i}") for i in range(1, 6)]
        minutes = [int(re.search(r"(\d+) *(?:min|分钟)", part).group(1)) for part in parts]
        assert sum(minutes) == 45


@pytest.mark.parametrize("name", ROOMS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_wears_the_colours_of_the_theme(name: str, theme: str) -> None:
    svg = base64.b64decode(_picture(name, THEMES[theme]).split(",")[1]).decode()
    ET.fromstring(svg)
    used = set(re.findall(r'(?:fill|stroke)="(#\w+|none)"', svg)) - {"none"}
    own = THEMES[theme]
    assert len(used) >= 3
    assert used <= {own.ink, own.muted, own.grid, own.accent, own.negative, own.panel,
                    *own.categories}  # fmt: skip


def test_home_needs_no_torch() -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        "app = AppTest.from_file('app.py', default_timeout=60).run(); assert not app.exception;"
        "loaded = {'torch', 'sklearn'} & set(sys.modules); print(loaded);"
        "sys.exit(bool(loaded))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_cluster_is_named_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    text, address = Text("en"), "tcp://127.0.0.1:1"
    caption = text("frame.cluster", address=address)
    assert caption not in [found.value for found in open_home("en").caption]
    monkeypatch.setenv("OPTVIZ_SCHEDULER", address)
    assert caption in [found.value for found in open_home("en").caption]
