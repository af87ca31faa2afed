"""The formulas of a prediction hold the numbers that it was worked out with."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from optviz.recommender.config import make_config
from optviz.recommender.specs import MODELS
from optviz.recommender.worked import CODE, Layers, Product, code_of
from optviz.ui.recommender_worked import formulas

VECTOR = np.array([0.5, -0.25, 0.1, 2.0])
PRODUCT = Product(
    user=VECTOR, item=VECTOR, products=VECTOR**2, dot=4.3225, user_bias=-0.1, item_bias=0.2,
    score=4.4225, share=0.9881, low=0.5, high=5.0, mean=None, predicted=4.9464,
)  # fmt: skip
LAYERS = Layers(
    user=VECTOR, item=VECTOR, of_user=np.array([0.5, -1.0]), of_item=np.array([0.25, 0.5]),
    offsets=np.array([-0.05, 0.1]), hidden=np.array([0.7, 0.0]), weights=np.array([2.0, 1.0]),
    products=np.array([1.4, 0.0]), offset=-0.4, score=1.0, share=0.7311, low=0.0, high=5.5,
    predicted=4.0208,
)  # fmt: skip


def test_every_step_has_its_formula() -> None:
    als = dataclasses.replace(PRODUCT, share=None, mean=3.5)
    joint = dataclasses.replace(als, user_bias=None)
    dot = dataclasses.replace(joint, mean=None, item_bias=None)
    shown = {"als": als, "joint": joint, "dot": dot, "dot_bias": PRODUCT, "net": LAYERS}
    assert set(shown) == set(CODE) == set(MODELS)
    for model, worked in shown.items():
        assert list(formulas(worked)) == [step for step, _ in CODE[model]]
    bare = make_config("net", batch_norm="on", sigmoid="off")
    normed = dataclasses.replace(
        LAYERS, share=None, normalisation=(np.array([2.0, 1.0]), np.array([-0.5, 0.0]))
    )
    assert list(formulas(normed)) == [step for step, _ in code_of(bare)]
    assert r"2.0000 \cdot 0.7000 - 0.5000 = 0.9000" in formulas(normed)["norm"]
    assert r"\bar h_j" in formulas(normed)["output"]
    assert r"\mu + b_i + s" in formulas(joint)["movie_mean"]
    assert formulas(dot)["plain"] == r"\hat r = s = 4.9464"


def test_the_largest_terms_are_written_out_with_their_signs() -> None:
    written = formulas(PRODUCT)
    assert "4.0000 + 0.2500 + 0.0625 + \\dots = 4.3225" in written["sum"]
    assert "4.3225 - 0.1000 + 0.2000 = 4.4225" in written["bias"]
    assert "e^{-4.4225}" in written["sigmoid"]
    assert r"0.5 + 4.5 \cdot 0.9881 = 4.9464" in written["scaling"]


def test_a_hidden_unit_is_what_it_gets_from_both_sides() -> None:
    written = formulas(LAYERS)
    assert r"h_{1} &= \max(0,\;0.5000 + 0.2500 - 0.0500) = 0.7000" in written["hidden"]
    assert "1.4000 + 0.0000 - 0.4000 = 1.0000" in written["output"]


@pytest.mark.parametrize("worked", [PRODUCT, LAYERS])
def test_braces_are_closed(worked: Product | Layers) -> None:
    for latex in formulas(worked).values():
        assert latex.count("{") == latex.count("}")
        assert not re.search(r"--|\+ -", latex)
