"""The library as a notebook sees it: the names, the shapes, and what importing it costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import optviz
from optviz.core.problem import Problem
from optviz.core.trajectory import Trajectory

ROOT = Path(__file__).parents[2]

HEAVY = {"torch", "streamlit", "plotly", "sklearn", "scipy", "pandas", "pyarrow", "sympy", "optuna"}
"""What costs a notebook or a page seconds, and must wait until it is used."""


def loaded_after(program: str) -> set[str]:
    """The modules in a fresh Python that has run ``program``."""
    code = f"import json, sys\n{program}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(run.stdout))


def test_import_brings_nothing_heavy() -> None:
    assert loaded_after("import optviz") & (HEAVY | {"numpy"}) == set()


def test_names_are_listed_before_they_are_loaded() -> None:
    assert set(optviz.__all__) <= set(dir(optviz))
    assert loaded_after("import optviz; dir(optviz)") & HEAVY == set()


def test_registries_need_no_torch() -> None:
    program = "import optviz; assert optviz.SURFACES and optviz.OPTIMIZERS"
    assert loaded_after(program) & HEAVY == set()


@pytest.mark.parametrize("module", ["optviz.ui.frame", "optviz.ui.home", "optviz.jobs"])
def test_the_app_starts_without_torch_and_scikit_learn(module: str) -> None:
    assert loaded_after(f"import {module}") & {"torch", "sklearn", "scipy"} == set()


def test_optuna_waits_for_the_first_search() -> None:
    assert "optuna" not in loaded_after("import optviz.ui.recommender_page")


def test_public_names() -> None:
    assert optviz.__all__ == [
        "OPTIMIZERS",
        "SURFACES",
        "load_ratings",
        "suggest_lr",
        "train",
        "trajectory",
    ]
    for name in optviz.__all__:
        assert getattr(optviz, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = optviz.no_such_name


def check(path: Trajectory, steps: int) -> None:
    assert path.points.shape == (steps + 1, 2)
    assert path.losses.shape == path.grad_norms.shape == (steps + 1,)
    assert {path.points.dtype, path.losses.dtype} == {np.dtype(np.float64)}


def test_trajectory_on_a_named_surface() -> None:
    path = optviz.trajectory(
        "rosenbrock", "momentum", start=(-1.2, 1.0), steps=200, lr=1e-3, momentum=0.9
    )
    check(path, 200)
    assert path.points[0].tolist() == [-1.2, 1.0]
    assert path.losses[0] == pytest.approx(24.2)
    assert path.losses[-1] < path.losses[0]
    assert path.status == "moving"


def test_trajectory_on_a_function() -> None:
    path = optviz.trajectory(lambda x, y: x**2 + 10 * y**2, "adam", start=(1, 1), steps=50, lr=0.1)
    check(path, 50)
    assert path.losses[0] == 11
    # Adam's first step is as long as its rate in every coordinate.
    assert path.points[1] == pytest.approx([0.9, 0.9], abs=1e-6)


@pytest.mark.parametrize(
    ("surface", "lr", "status"),
    [("bowl", 0.1, "converged"), ("bowl", 1e9, "diverged"), ("bowl", 1e-9, "moving")],
)
def test_status_says_how_it_ended(surface: str, lr: float, status: str) -> None:
    assert optviz.trajectory(surface, "sgd", steps=500, lr=lr).status == status


def test_zero_steps_are_the_start_alone() -> None:
    check(optviz.trajectory("bowl", "sgd", steps=0), 0)


def test_suggest_lr_answers_by_rule() -> None:
    lrs = np.logspace(-5, 0, 101)
    losses = (np.log10(lrs) + 2) ** 2
    found = optviz.suggest_lr(lrs, losses)
    assert list(found) == ["valley", "steep", "minimum", "slide"]
    assert found["minimum"] == pytest.approx(1e-3)
    with pytest.raises(Problem):
        optviz.suggest_lr([1e-3, 1e-2], [1.0, 0.5])


def test_bundled_ratings() -> None:
    ratings = optviz.load_ratings()
    assert list(ratings.frame) == ["user_id", "item_id", "rating", "timestamp"]
    assert list(ratings.items) == ["item_id", "title", "year", "genres"]
    assert len(ratings.frame) == 100_004
    assert ratings.version == "latest-small 2016"


@pytest.mark.parametrize("model", ["als", "joint", "dot_bias", "net"])
def test_train(model: str) -> None:
    ratings = optviz.load_ratings()
    run = optviz.train(model, ratings, seed=0, epochs=1, n_factors=4)
    assert run.history
    assert 0.5 < run.valid_mse < 1.2
    assert run.item_factors.shape == (ratings.n_items, 4)
    if model != "net":  # the network has no biases of its own
        assert run.item_bias.shape == (ratings.n_items,)


def test_train_names_what_it_does_not_know() -> None:
    ratings = optviz.load_ratings()
    with pytest.raises(Problem):
        optviz.train("no_such_model", ratings)
    with pytest.raises(Problem):
        optviz.train("als", ratings, no_such_control=1)
