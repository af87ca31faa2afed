"""The real samples behind the batch-size page."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

from optviz.core import sample_loss

TABLES = {
    "diabetes": (load_diabetes, {"scaled": False}),
    "breast_cancer": (load_breast_cancer, {}),
}


@pytest.mark.parametrize("name", list(TABLES))
@pytest.mark.parametrize("moved", [False, True])
def test_tables_are_those_that_scikit_learn_gives(
    name: str, moved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, options = TABLES[name]
    if moved:  # as if a later scikit-learn kept them elsewhere
        monkeypatch.setattr(sample_loss, "find_spec", lambda package: None)
    found = sample_loss._table(name, load.__name__, **options)
    wanted = load(**options)
    np.testing.assert_array_equal(found, np.column_stack([wanted.data, wanted.target]))


def test_they_are_read_without_importing_scikit_learn() -> None:
    code = (
        "import sys\nfrom optviz.core.sample_loss import BUNDLED\n"
        "for make in BUNDLED.values(): make()\nprint('sklearn' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
