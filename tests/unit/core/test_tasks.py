"""A comparison as a task, and what it must not import."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from optviz.core.curvature import curvature
from optviz.core.optimizers import RunSpec
from optviz.core.surfaces import SURFACES
from optviz.core.task import SilentContext
from optviz.core.tasks import compare, compare_task

ALL = """
import sys
from optviz.core.optimizers import OPTIMIZERS, RunSpec
from optviz.core.tasks import compare
compare("rosenbrock", [RunSpec(name) for name in OPTIMIZERS], (-1.2, 1.0), 30)
print("torch._dynamo" in sys.modules)
"""


def test_paths_come_with_the_curvature_at_their_iterates() -> None:
    ((path, bent),) = compare("beale", [RunSpec("adam")], (1.0, 1.5), 20)
    assert path.points.shape == (21, 2)
    again = curvature(SURFACES["beale"], path.points)
    np.testing.assert_array_equal(bent.hessians, again.hessians)
    np.testing.assert_array_equal(bent.gradients, path.grads)


def test_the_task_gives_the_same() -> None:
    arguments = {"surface": "booth", "specs": [RunSpec("sgd")], "start": (0.0, 0.0), "steps": 5}
    ((path, _),) = compare_task(SilentContext(), **arguments)
    ((same, _),) = compare(**arguments)
    np.testing.assert_array_equal(path.points, same.points)


def test_no_comparison_loads_the_compiler() -> None:
    run = subprocess.run([sys.executable, "-c", ALL], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
