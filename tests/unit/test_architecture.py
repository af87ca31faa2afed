"""Who may import what, and where things may stand.

Everything is read off the source (``ast``), so that nothing need be imported and a forbidden
line is found even where no test would run it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = sorted((ROOT / "optviz").rglob("*.py"))
SCRIPTS = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
SOURCES = [*PACKAGE, *SCRIPTS]

MOST_LINES = 450
MOST_PAGE_LINES = 100


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), name(path))


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}:{node.lineno} imports relatively"
            found.add((node.module or "").partition(".")[0])
    return found


def importers(package: str) -> set[str]:
    return {name(path) for path in SOURCES if package in imported(path)}


def is_command(path: Path) -> bool:
    """Whether the file is run (``python -m …``), not imported."""
    return any(
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        for node in tree(path).body
    )


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Every call of a plain or dotted name, with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def test_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, run.stdout


def test_only_the_ui_imports_streamlit() -> None:
    allowed = ("optviz/ui/", "pages/", "app.py")
    assert {path for path in importers("streamlit") if not path.startswith(allowed)} == set()


def test_only_figures_import_plotly() -> None:
    assert {p for p in importers("plotly") if not p.startswith("optviz/figures/")} == set()


def test_nothing_imports_pages_tests_scripts_or_benchmarks() -> None:
    for package in ("pages", "app", "tests", "scripts", "benchmarks"):
        assert importers(package) == set(), package


def test_parts_that_look_again_are_made_in_one_module() -> None:
    # It keeps each of them in a container of its own, see optviz.ui.waiting.renewed.
    made = {name(path) for path in SOURCES for call, _ in calls(path) if call == "st.fragment"}
    assert made == {"optviz/ui/waiting.py"}


def test_session_state_and_query_parameters_are_touched_in_one_module() -> None:
    touched = {
        f"{name(path)}:{node.lineno}"
        for path in SOURCES
        if name(path) != "optviz/ui/state.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute | ast.alias)
        and (node.attr if isinstance(node, ast.Attribute) else node.name)
        in ("session_state", "query_params")
    }
    assert touched == set()


def test_every_callback_of_a_widget_is_guarded() -> None:
    bare = {
        f"{name(path)}:{word.value.lineno} {ast.unparse(word.value)}"
        for path in SOURCES
        for node in ast.walk(tree(path))
        # A chart guards what it is given, as all components do.
        if isinstance(node, ast.Call) and ast.unparse(node.func) != "chart"
        for word in node.keywords
        if word.arg in ("on_click", "on_change") or str(word.arg).endswith("_change")
        for value in [word.value.body if isinstance(word.value, ast.IfExp) else word.value]
        if not isinstance(value, ast.Constant)
        and not (isinstance(value, ast.Call) and ast.unparse(value.func).endswith("guarded"))
    }
    assert bare == set()


# A colour written out: #rgb, #rrggbb(aa), rgb(…), rgba(…), hsl(…). Fully transparent is none.
COLOUR = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b|\b(?:rgb|hsl)a?\((?!0,0,0,0\))")
# An icon is a picture, and cannot ask which theme it is seen in.
ICONS = {"optviz/ui/icon.svg"}


def test_colours_are_written_in_the_theme_only() -> None:
    written: set[str] = set()
    for path in SOURCES:
        if name(path) == "optviz/figures/theme.py":
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole = node.value.replace(" ", "").lower()
                if COLOUR.search(whole) and len(whole) < 60:  # longer ones are prose
                    written.add(f"{name(path)}:{node.lineno}")
    for path in (ROOT / "optviz").rglob("*"):
        if path.suffix in (".css", ".js", ".svg", ".html") and name(path) not in ICONS:
            for line, text in enumerate(path.read_text("utf-8").splitlines(), 1):
                if COLOUR.search(text.replace(" ", "").lower()):
                    written.add(f"{name(path)}:{line}")
    assert written == set()


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_module_is_long(path: Path) -> None:
    most = MOST_PAGE_LINES if path in SCRIPTS else MOST_LINES
    assert len(path.read_text("utf-8").splitlines()) <= most


def test_no_module_is_called_utils() -> None:
    vague = {"utils", "util", "helpers", "helper", "misc", "common"}
    assert [name(path) for path in SOURCES if path.stem in vague] == []


# What runs text or bytes as code, and the few places that may, with the reason.
RUNS_CODE = {"eval", "exec", "compile", "__import__", "torch.load", "pickle.loads", "pickle.load"}
MAY_RUN_CODE = {
    # Messages between this server and worker processes that it started itself, or a cluster.
    ("optviz/jobs/frames.py", "pickle.loads"),
    # A program written by the module itself, from operations it knows; no name comes from outside.
    ("optviz/core/tape.py", "exec"),
}


def test_nothing_runs_what_it_reads() -> None:
    found = {(name(path), call) for path in SOURCES for call, _ in calls(path) if call in RUNS_CODE}
    assert found == MAY_RUN_CODE


def test_pickle_is_imported_by_no_reader_of_files() -> None:
    # make.py rebuilds the bundled ratings, and reads with an unpickler that refuses all but
    # eleven harmless names; the product never runs it.
    assert importers("pickle") == {"optviz/jobs/frames.py", "optviz/recommender/bundled/make.py"}


def test_nothing_prints() -> None:
    printing = {
        f"{name(path)}:{line}"
        for path in SOURCES
        if not is_command(path)
        for call, line in calls(path)
        if call in ("print", "breakpoint")
    }
    assert printing == set()


def public(path: Path) -> list[str]:
    """The functions and classes that a module defines for others."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [
        node.name
        for node in tree(path).body
        if isinstance(node, kinds) and not node.name.startswith("_")
    ]


def exported(path: Path) -> list[str] | None:
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
            assert isinstance(names, list)
            return names
    return None


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_public_modules_say_what_is_public(path: Path) -> None:
    names = exported(path)
    if names is None:
        assert is_command(path) or public(path) == [], "__all__ is missing"
        return
    assert len(names) == len(set(names))
    module = tree(path)
    known = {getattr(node, "name", None) for node in module.body}
    for node in ast.walk(module):
        if isinstance(node, ast.alias):
            known.add(node.asname or node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
    assert set(names) <= known


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_what_is_exported_is_documented(path: Path) -> None:
    module = tree(path)
    if module.body:
        assert ast.get_docstring(module), "the module has no docstring"
    names = exported(path) or []
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            assert ast.get_docstring(node), node.name
