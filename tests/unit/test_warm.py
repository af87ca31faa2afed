"""What is imported ahead for the pages' jobs."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from optviz.ui import frame, warm


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
    warm.warm_up("recommender")
    assert asked == list(warm.MODULES["recommender"])
