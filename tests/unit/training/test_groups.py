"""Slices: what they mean, how they are read, and what becomes of them in an optimizer."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from optviz.core.problem import Problem
from optviz.core.task import SilentContext
from optviz.recommender.data import load_ratings
from optviz.recommender.layers import NET_GROUPS, net_run
from optviz.training.groups import Rates, parse_rates, regroup, spread
from optviz.training.layers import layered_run, watch_layers


def test_slices_mean_what_fastai_means() -> None:
    assert spread(parse_rates("slice(1e-4, 1e-2)"), 3) == (1e-4, 1e-3, 1e-2)
    assert spread(parse_rates("slice(1e-2)"), 4) == (1e-3, 1e-3, 1e-3, 1e-2)
    assert spread(parse_rates("0.3"), 3) == (0.3, 0.3, 0.3)
    assert spread(parse_rates("[1, 2, 3]"), 3) == (1, 2, 3)
    assert spread(parse_rates("slice(1, 8)"), 1) == (8,)
    assert spread(parse_rates("slice(1, 8)"), 2) == (1, 8)


@given(
    first=st.floats(1e-9, 1e3), last=st.floats(1e-9, 1e3), groups=st.integers(2, 12)
)  # fmt: skip
def test_a_slice_goes_by_equal_factors(first: float, last: float, groups: int) -> None:
    rates = spread(Rates("slice", (first, last)), groups)
    assert len(rates) == groups
    assert (rates[0], rates[-1]) == (first, last)
    factor = (last / first) ** (1 / (groups - 1))
    for a, b in pairwise(rates):
        assert b / a == pytest.approx(factor, rel=1e-9)


def test_a_list_of_another_length_names_both() -> None:
    with pytest.raises(Problem, match=r"2 rates for 3 groups"):
        spread(parse_rates("[1, 2]"), 3)


@pytest.mark.parametrize(
    ("written", "key", "at"),
    [
        ("slice(1e-4, 1e-2", "ended", 17),
        ("slice(1e-4; 1)", "character", 11),
        ("1e-3 4", "extra", 6),
        ("", "number_ended", 1),
        ("   ", "number_ended", 1),
        ("[1, 2", "ended", 6),
        ("slice(1, 2, 3)", "expected", 11),
        ("slice(,)", "number", 7),
        ("slice 1", "expected", 7),
        ("-1", "character", 1),
        ("0", "range", 1),
        ("1e400", "range", 1),
        ("1.2.3", "number", 1),
        ("__import__('os')", "character", 1),
    ],
)
def test_what_cannot_be_read_says_where(written: str, key: str, at: int) -> None:
    with pytest.raises(Problem) as caught:
        parse_rates(written)
    assert caught.value.key == f"problem.groups.{key}"
    assert caught.value.values["at"] == at


def test_long_text_is_not_read() -> None:
    with pytest.raises(Problem, match="10000 characters"):
        parse_rates("1" * 10_000)


@given(st.text(max_size=40))
def test_any_text_is_rates_or_a_problem(written: str) -> None:
    try:
        rates = parse_rates(written)
    except Problem as problem:
        assert problem.key.startswith("problem.groups.")
    else:
        assert all(1e-12 <= value <= 1e6 for value in rates.values)


def test_regroup_keeps_the_other_settings() -> None:
    a, b = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    optimizer = torch.optim.SGD([a, b], lr=9.0, momentum=0.7)
    regroup(optimizer, [[a], [b]], (0.1, 0.4))
    assert [g["lr"] for g in optimizer.param_groups] == [0.1, 0.4]
    assert [g["momentum"] for g in optimizer.param_groups] == [0.7, 0.7]
    assert [g["lr_share"] for g in optimizer.param_groups] == [0.25, 1.0]


def test_a_run_moves_each_layer_by_its_own_rate() -> None:
    """The first step of Adam moves every weight with a gradient by its rate."""
    rates = (1e-4, 2e-4, 4e-4, 8e-4)
    run, groups = layered_run(rates, optimizer="adam", epochs=1, seed=0)
    before = [[p.detach().clone() for p in params] for params in groups.values()]
    run.step()
    for rate, old, params in zip(rates, before, groups.values(), strict=True):
        moved = max(float((p.detach() - q).abs().max()) for p, q in zip(params, old, strict=True))
        assert moved == pytest.approx(rate, rel=1e-3)


def test_norms_are_those_of_a_loop_by_hand() -> None:
    rates = (1e-3, 2e-3, 4e-3, 8e-3)
    watched = watch_layers(SilentContext(), *layered_run(rates, optimizer="sgd", epochs=1, seed=3))
    run, groups = layered_run(rates, optimizer="sgd", epochs=1, seed=3)
    start = {name: [p.detach().clone() for p in params] for name, params in groups.items()}
    for k in range(run.total_steps):
        old = {name: [p.detach().clone() for p in params] for name, params in groups.items()}
        run.step()
        for i, (name, params) in enumerate(groups.items()):
            by_hand = sum(
                float(((p.detach() - q) ** 2).sum()) for p, q in zip(params, old[name], strict=True)
            )
            assert watched.norms[k, i] == pytest.approx(by_hand**0.5, rel=1e-4)
    for i, (name, params) in enumerate(groups.items()):
        far = sum(
            float(((p.detach() - q) ** 2).sum()) for p, q in zip(params, start[name], strict=True)
        )
        assert watched.distances[i] == pytest.approx(far**0.5, rel=1e-4)
    assert watched.valid.keys() == {1}


def test_the_recommenders_groups_are_all_its_weights() -> None:
    ratings = load_ratings()
    run, groups = net_run(ratings, (1e-4, 1e-3, 1e-2), optimizer="adam", epochs=1, seed=0)
    assert tuple(groups) == NET_GROUPS
    mine = {id(p) for params in groups.values() for p in params}
    assert mine == {id(p) for p in run.model.parameters()}
    run.step()
    assert [g["lr"] for g in run.optimizer.param_groups] == pytest.approx([1e-4, 1e-3, 1e-2])
