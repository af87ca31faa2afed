from __future__ import annotations

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.embedding.lookup import check_with_torch, look_up

MATRIX = np.array([[0.9, -0.2, 0.4], [-0.7, 0.8, 0.1], [0.3, 0.3, -0.0], [1e-30, -3e30, 0.1]])


@pytest.mark.parametrize("index", range(4))
def test_the_product_is_the_row(index: int) -> None:
    found = look_up(index, MATRIX)
    assert found.product.tolist() == found.row.tolist() == MATRIX[index].astype("f4").tolist()
    assert found.terms.sum(axis=0).tolist() == found.product.tolist()


@pytest.mark.parametrize("index", range(4))
def test_torch_gives_the_same_bits_and_gradients(index: int) -> None:
    check = check_with_torch(index, MATRIX)
    assert check.same_bits
    assert check.same_gradient
    assert check.layer == tuple(look_up(index, MATRIX).row.tolist())


@pytest.mark.parametrize(
    ("index", "matrix", "key"),
    [
        (4, MATRIX, "no_row"),
        (-1, MATRIX, "no_row"),
        (0, [[1.0, float("inf")]], "cell"),
        (0, [[1.0, None]], "cell"),
        (0, [["x"]], "cell"),
        (0, [[1e300]], "cell"),
        (0, [], "cell"),
    ],
)
def test_what_cannot_be_looked_up(index: int, matrix, key: str) -> None:
    with pytest.raises(Problem) as caught:
        look_up(index, matrix)
    assert caught.value.key == f"problem.embedding.{key}"
