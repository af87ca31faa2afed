"""The README, CONTRIBUTING and CHANGELOG tell the truth."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optviz.language import ENGLISH
from optviz.ui.frame import PAGES
from scripts.tables import TABLES, with_tables

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
README = (ROOT / "README.md").read_text("utf-8")


def command(name: str) -> str:
    """The one line under ``<!-- command: name -->``."""
    found = re.findall(rf"<!-- command: {name} -->\n```bash\n(.*)\n```", README)
    assert len(found) == 1
    return str(found[0])


def test_both_commands_are_on_the_first_screen() -> None:
    screen = "\n".join(README.splitlines()[:22])
    assert command("run") in screen
    assert command("test") in screen
    assert screen.count("![") == 1


def test_continuous_integration_runs_the_readme_s_own_command(tmp_path: Path) -> None:
    script = (ROOT / ".ci/run").read_text("utf-8")
    extract = re.search(r"^command=\$\((.+)\)$", script, re.MULTILINE)
    assert extract
    if sys.platform == "win32":
        pytest.skip(".ci/run is for Linux")
    run = subprocess.run(
        ["bash", "-c", extract.group(1)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == command("test")
    assert 'bash -euo pipefail -c "$command"' in script


def test_the_test_command_runs_every_check() -> None:
    assert command("test").endswith(".venv/bin/python -m scripts.check")
    from scripts.check import CHECKS

    assert list(CHECKS) == ["lint", "format", "types", "layers", "tests"]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    for name in CHECKS:
        assert (f"entry: python -m scripts.check {name}\n" in hooks) == (name != "tests")


def test_development_installs_what_the_app_runs_on() -> None:
    lines = (ROOT / "requirements-dev.txt").read_text("utf-8").splitlines()
    assert {"-r requirements.txt", "-r requirements-cluster.txt"} <= set(lines)
    for name in ("requirements.txt", "requirements-cluster.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text("utf-8").splitlines():
            # openTSNE and UMAP are not made for every machine.
            where = r"(; (platform|python)_\w+ .*)?"
            pinned = rf"#.*|-r requirements(-cluster)?\.txt|[a-z0-9-]+==[0-9.]+{where}"
            assert re.fullmatch(pinned, line), line


def test_the_lines_of_python_run_and_keep_their_promises() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(block.splitlines()) <= 10
    names: dict[str, Any] = {}
    exec(block, names)

    t = names["t"]
    assert (t.points.shape, t.losses.shape, t.grad_norms.shape) == ((201, 2), (201,), (201,))
    assert t.status in ("moving", "converged", "diverged")
    assert names["own"].points.shape == (51, 2)
    assert list(names["rates"]) == ["valley", "steep", "minimum", "slide"]
    assert all(rate > 0 for rate in names["rates"].values())
    ratings, run = names["ratings"], names["run"]
    assert list(ratings.frame) == ["user_id", "item_id", "rating", "timestamp"]
    assert list(ratings.items) == ["item_id", "title", "year", "genres"]
    assert ratings.version == "latest-small 2016"
    assert run.history
    assert run.valid_mse < 0.8
    assert run.item_factors.shape[0] == run.item_bias.shape[0] == ratings.n_items
    assert np.isfinite(run.item_factors).all()


@pytest.mark.parametrize("page", [page for page in PAGES if page != "home"])
def test_every_page_has_its_question_and_its_picture(page: str) -> None:
    assert f"*{ENGLISH(f'{page}.question')}*" in README
    assert f"docs/pictures/{page}.png" in README


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_what_the_registries_say(name: str) -> None:
    assert f"<!-- table: {name} -->" in README
    assert with_tables(README) == README, "run `python -m scripts.tables`"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)\)|src=\"([^\"]+)\"", text)
    for target in ("".join(pair) for pair in targets):
        if not target.startswith(("http://", "https://")):
            assert (ROOT / target).is_file(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    known = r"(?:py|toml|md|txt|css|js|yaml|json|svg)"
    for quoted in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(rf"[\w./-]+/|(?:[\w.-]+/)*[\w-]+\.{known}|\.ci/run", quoted):
            assert (ROOT / quoted).exists(), quoted


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_that_are_named_exist(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    for module in re.findall(r"-m ((?:scripts|benchmarks)\.\w+)", text):
        assert (ROOT / (module.replace(".", "/") + ".py")).is_file(), module


def test_the_licences_stand_beside_what_they_cover() -> None:
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
    for words in ("Harper", "Konstan", "10.1145/2827872", "latest-small"):
        assert words in README
        assert words in (ROOT / "optviz/recommender/bundled/LICENCE.md").read_text("utf-8")
