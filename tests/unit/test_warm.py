"""What is imported ahead for the pages and their jobs."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from optviz.ui import frame, warm

ROOT = Path(__file__).parents[2]


def test_every_page_says_what_its_jobs_import() -> None:
    assert set(warm.MODULES) == set(frame.PAGES)


@pytest.mark.parametrize("module", sorted({m for ms in warm.MODULES.values() for m in ms}))
def test_modules_exist(module: str) -> None:
    assert find_spec(module) is not None


def test_the_page_hands_them_to_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Backend:
        def warm(self, *modules: str) -> None:
            asked.extend(modules)

    monkeypatch.setattr(warm, "default_backend", Backend)
    monkeypatch.setattr(warm, "_import_here", lambda: None)
    warm.warm_up("recommender")
    assert asked == list(warm.MODULES["recommender"])


def test_this_process_imports_later_once_and_does_not_wait() -> None:
    program = """
import sys, threading
from optviz.ui import warm
class Backend:
    def warm(self, *modules): pass
warm.default_backend = Backend
warm.DELAY = 0.01
warm.HERE = ("colorsys", "no_such_module", "wave")
warm.warm_up("home"); warm.warm_up("home")
timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
assert len(timers) <= 1
for timer in timers: timer.join()
assert {"colorsys", "wave"} <= set(sys.modules)
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
