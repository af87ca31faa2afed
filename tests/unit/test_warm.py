"""What is imported ahead for the pages and their jobs."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from optviz.core.problem import Problem
from optviz.ui import frame, warm

ROOT = Path(__file__).parents[2]


def test_every_page_says_what_its_jobs_import() -> None:
    assert set(warm.MODULES) == set(frame.PAGES)


@pytest.mark.parametrize("module", sorted({m for ms in warm.MODULES.values() for m in ms}))
def test_modules_exist(module: str) -> None:
    assert find_spec(module) is not None


def test_the_page_hands_them_to_the_backend_later_once_and_does_not_wait() -> None:
    program = """
import sys, threading
from optviz.ui import warm
asked = []
class Backend:
    def warm(self, *modules): asked.append(modules)
warm.default_backend = Backend
warm.DELAY = 0.01
warm.HERE = ("colorsys", "no_such_module", "wave")
warm.warm_up("home"); warm.warm_up("home"); warm.warm_up("recommender")
for timer in threading.enumerate():
    if isinstance(timer, threading.Timer): timer.join()
assert sorted(asked) == sorted([warm.MODULES["home"], warm.MODULES["recommender"]]), asked
assert {"colorsys", "wave"} <= set(sys.modules)
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_backend_that_is_not_there_is_left_to_those_who_need_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise Problem("problem.jobs.unknown_backend", variable="X", name="y", known="z")

    monkeypatch.setattr(warm, "default_backend", missing)
    monkeypatch.setattr(warm, "HERE", ())
    warm._import("home")
