"""Paths: equal to a student's own loop, honest about where they end."""

import math

import numpy as np
import pytest
import torch

from optviz.core.optimizers import OPTIMIZERS, RunSpec, default_hyperparameters
from optviz.core.problem import Problem
from optviz.core.surface import Surface
from optviz.core.surfaces import SURFACES
from optviz.core.trajectory import trajectories, trajectory

STEPS = 40


def plain_loop(surface, optimizer, settings, start, steps):
    """What one would write by hand: one parameter, one optimizer, nothing shared."""
    spec = OPTIMIZERS[optimizer]
    p = torch.tensor([start], dtype=torch.float64).reshape(spec.shape).requires_grad_()
    made = spec.optimizer_class()([p], **spec.keywords(**settings))

    def loss():
        flat = p.view(2)
        return surface.function(flat[0], flat[1])

    def closure():
        made.zero_grad()
        value = loss()
        value.backward()
        return value

    points = [p.detach().clone().view(2)]
    for _ in range(steps):
        if spec.closure == "graph":
            made.step(loss)
        elif spec.closure == "backward":
            made.step(closure)
        else:
            closure()
            made.step()
        points.append(p.detach().clone().view(2))
    return torch.stack(points).numpy()


@pytest.mark.parametrize("name", SURFACES)
def test_every_path_equals_a_plain_loop_bit_for_bit(name):
    surface = SURFACES[name]
    specs = [RunSpec(o, default_hyperparameters(o, name)) for o in OPTIMIZERS]
    for spec, path in zip(specs, trajectories(name, specs, surface.start, STEPS), strict=True):
        alone = plain_loop(surface, spec.optimizer, spec.hyperparameters, surface.start, STEPS)
        np.testing.assert_array_equal(path.points, alone, err_msg=spec.optimizer)


@pytest.mark.parametrize("name", SURFACES)
def test_a_path_alone_equals_the_path_among_others(name):
    specs = [RunSpec(o) for o in OPTIMIZERS]
    together = trajectories(name, specs, steps=STEPS)
    for o, path in zip(OPTIMIZERS, together, strict=True):
        alone = trajectory(name, o, steps=STEPS)
        for field in ("points", "losses", "grads"):
            np.testing.assert_array_equal(getattr(alone, field), getattr(path, field))


def test_no_run_takes_a_setting_from_its_neighbour():
    # Whatever comes first, and however many share a torch class.
    specs = [RunSpec(o) for o in reversed(OPTIMIZERS)]
    specs += [
        RunSpec("adagrad", {"initial_accumulator_value": 5.0}),
        RunSpec("adagrad"),
        RunSpec("nesterov", {"momentum": 0.5}),
        RunSpec("nesterov", {"momentum": 0.0}),
        RunSpec("rmsprop", {"momentum": 0.5, "centered": True}),
        RunSpec("adam", {"weight_decay": 0.1}),
        RunSpec("adadelta", {"rho": 0.5}),
        RunSpec("asgd", {"lr": 0.001, "t0": 3.0, "lambd": 0.1}),
        RunSpec("rprop", {"lr": 0.3}),
    ]
    for order in (specs, specs[::-1]):
        for spec, path in zip(order, trajectories("himmelblau", order, steps=STEPS), strict=True):
            alone = plain_loop(
                SURFACES["himmelblau"],
                spec.optimizer,
                default_hyperparameters(spec.optimizer, "himmelblau") | dict(spec.hyperparameters),
                SURFACES["himmelblau"].start,
                STEPS,
            )
            np.testing.assert_array_equal(path.points, alone, err_msg=str(spec))


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        ("momentum", {"momentum": 0.5, "dampening": 0.3, "weight_decay": 0.1}),
        ("nesterov", {"momentum": 0.0}),
        ("adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 1.0}),
        ("rmsprop", {"momentum": 0.5, "centered": True}),
        ("adam", {"beta1": 0.0, "beta2": 0.5, "weight_decay": 0.1}),
        ("rprop", {"eta_minus": 0.3, "step_max": 0.1}),
        ("asgd", {"t0": 3.0, "lambd": 0.1}),
        ("lbfgs", {"strong_wolfe": True, "max_iter": 5}),
        ("muon", {"nesterov": False, "weight_decay": 0.1}),
        ("adafactor", {"d": 2.0, "beta2_decay": -0.5}),
    ],
)
def test_other_settings_equal_a_plain_loop_too(optimizer, settings):
    full = OPTIMIZERS[optimizer].check({"lr": 1e-3} | settings)
    path = trajectory("rosenbrock", optimizer, (-1.2, 1.0), STEPS, **full)
    alone = plain_loop(SURFACES["rosenbrock"], optimizer, full, (-1.2, 1.0), STEPS)
    np.testing.assert_array_equal(path.points, alone)
    assert path.hyperparameters == full


def test_the_same_optimizer_twice_with_different_settings():
    specs = [RunSpec("adam", {"lr": 0.1}), RunSpec("adam", {"lr": 0.01}), RunSpec("amsgrad")]
    # Adagrad's own first sum is no part of its parameter groups.
    specs += [RunSpec("adagrad", {"initial_accumulator_value": value}) for value in (0.0, 2.0)]
    paths = trajectories("beale", specs, steps=20)
    for spec, path in zip(specs, paths, strict=True):
        alone = trajectory("beale", spec.optimizer, steps=20, **spec.hyperparameters)
        np.testing.assert_array_equal(path.points, alone.points)


@pytest.mark.parametrize(
    ("optimizer", "settings", "limit"),
    [
        ("sgd", {}, 2.0),
        ("momentum", {"momentum": 0.9}, 3.8),
        ("momentum", {"momentum": 0.9, "dampening": 0.9}, 38.0),
        ("nesterov", {"momentum": 0.9}, 3.8 / 2.8),
    ],
)
def test_stability_limits_on_a_quadratic(optimizer, settings, limit):
    """Goh, Distill (2017): stable up to this lr·λmax and no further; λmax = 100."""
    start = (1.0, 1.0)
    below = trajectory("ravine", optimizer, start, 5000, lr=0.99 * limit / 100, **settings)
    above = trajectory("ravine", optimizer, start, 5000, lr=1.01 * limit / 100, **settings)
    assert abs(below.points[-1, 1]) < 1e-6
    assert above.status == "diverged"


def test_gradient_descent_follows_its_closed_form():
    path = trajectory("ravine", "sgd", (2.0, 1.0), 30, lr=0.015)
    k = np.arange(31)
    np.testing.assert_allclose(path.points[:, 0], 2 * (1 - 0.015) ** k, rtol=1e-12)
    np.testing.assert_allclose(path.points[:, 1], (1 - 1.5) ** k, rtol=1e-12)


def test_the_optimal_rates_of_gradient_descent_and_heavy_ball():
    gd = trajectory("ravine", "sgd", (1.0, 1.0), 400, lr=2 / 101)
    ball = trajectory("ravine", "momentum", (1.0, 1.0), 400, lr=0.0330579, momentum=0.6694215)
    length = [np.hypot(*t.points.T) for t in (gd, ball)]
    assert length[0][400] / length[0][399] == pytest.approx(0.9801980, abs=1e-6)
    assert (length[1][300] / length[1][100]) ** (1 / 200) == pytest.approx(0.8181818, abs=5e-3)


def test_adams_first_step_is_the_rate_by_sign():
    path = trajectory("booth", "adam", steps=1, lr=0.1, eps=1e-3)
    g = path.grads[0]
    np.testing.assert_allclose(
        path.points[1] - path.points[0], -0.1 * g / (np.abs(g) + 1e-3), rtol=1e-10
    )


def test_newton_needs_one_step_on_a_quadratic():
    path = trajectory("tilted", "newton", (-3.5, -1.5), 3)
    assert (path.status, path.status_step, path.steps_to_tolerance) == ("converged", 1, 1)


@pytest.mark.parametrize("name", SURFACES)
def test_the_defaults_tell_a_story(name):
    """No default diverges but where there is no minimum to reach; most of them arrive."""
    surface = SURFACES[name]
    paths = trajectories(name, [RunSpec(o) for o in OPTIMIZERS])
    for o, path in zip(OPTIMIZERS, paths, strict=True):
        assert len(path.points) == surface.steps + 1
        if o != "newton" and surface.minima:
            assert path.status != "diverged", o
            assert path.losses[-1] < path.losses[0], o
    if surface.minima and name != "ackley":  # its minimum is a kink
        # Rosenbrock and Beale are hard: within their steps a few arrive, the others show why.
        few = {"rosenbrock": 3, "beale": 3}
        assert sum(p.status == "converged" for p in paths) >= few.get(name, len(paths) / 3)


@pytest.mark.parametrize("name", SURFACES)
def test_a_huge_rate_is_shown_as_it_happens(name):
    for path in trajectories(name, [RunSpec(o, {"lr": 1e9}) for o in OPTIMIZERS], steps=30):
        assert path.points.shape == (31, 2)
        assert path.status in {"moving", "converged", "diverged"}
    assert trajectory(name, "sgd", steps=5, lr=1e9).status == "diverged"


def test_divergence_names_the_step_at_which_it_left():
    path = trajectory("bowl", "sgd", (1.0, 0.0), 100, lr=3.0)  # x doubles and flips
    # The box is 6 wide: far is beyond 60, and 2⁶ is the first power of two past it.
    assert (path.status, path.status_step) == ("diverged", 6)
    assert path.points[-1, 0] == 2.0**100  # nothing is cut


def test_zero_steps():
    path = trajectory("rosenbrock", "adam", steps=0)
    assert path.points.shape == (1, 2)
    assert path.status == "moving"


def test_starting_on_a_minimum_a_maximum_and_a_saddle():
    at = {
        k: trajectory("himmelblau", "sgd", p, 0).end_kind
        for k, p in (
            ("minimum", (3.0, 2.0)),
            ("maximum", SURFACES["himmelblau"].maxima[0]),
            ("saddle", SURFACES["himmelblau"].saddles[0]),
        )
    }
    assert at == {k: k for k in at}
    assert trajectory("himmelblau", "sgd", SURFACES["himmelblau"].saddles[0], 3).status == "moving"


def test_a_surface_of_nan():
    nowhere = Surface("nowhere", lambda x, y: (x + y) * math.nan, (-1, 1), (-1, 1))
    for path in trajectories(nowhere, [RunSpec(o) for o in OPTIMIZERS], steps=5):
        assert (path.status, path.status_step) == ("diverged", 0)
        assert path.end_kind == "undefined"


def test_any_function_of_torch_numbers():
    path = trajectory(lambda x, y: x**2 + 10 * y**2, "adam", start=(1, 1), steps=200, lr=0.1)
    assert path.points.shape == (201, 2)
    assert path.losses[-1] < 1e-2
    assert np.isnan(path.distances).all()
    only_x = trajectory(lambda x, y: torch.exp(x), "sgd", start=(0, 2), steps=3, lr=0.1)
    assert (only_x.points[:, 1] == 2).all()
    branches = trajectory(lambda x, y: x * x if x > 0 else y * y, "newton", (1, 1), 3)
    assert branches.status == "moving"


@pytest.mark.parametrize(
    ("function", "key"),
    [
        (lambda x, y: 1.0, "type"),
        (lambda x, y: None, "type"),
        (lambda x, y: torch.tensor(1.0), "constant"),
        (lambda x, y: (x * y).detach(), "constant"),
        (lambda x, y: torch.stack([x, y]), "shape"),
        (lambda x, y: 1 / 0, "failed"),
        (lambda x: x, "failed"),
        (lambda x, y: torch.complex(x, y), "type"),
    ],
)
def test_unusable_functions_get_a_sentence(function, key):
    with pytest.raises(Problem) as caught:
        trajectory(function, "sgd", start=(1, 1), steps=2, lr=0.1)
    assert caught.value.key == f"problem.core.function_{key}"


@pytest.mark.parametrize(
    ("arguments", "settings", "key"),
    [
        (("nowhere", "sgd"), {}, "unknown_name"),
        (("bowl", "sgdd"), {}, "unknown_name"),
        ((3, "sgd"), {}, "not_surface"),
        (("bowl", "sgd"), {"lr": math.nan}, "not_finite"),
        (("bowl", "sgd"), {"lr": "fast"}, "not_finite"),
        (("bowl", "sgd"), {"lr": -1}, "too_small"),
        (("bowl", "adam"), {"beta1": 1.0}, "too_large"),
        (("bowl", "adam"), {"betas": 0.9}, "not_tuple"),
        (("bowl", "adam"), {"momentum": 0.9}, "unknown_hyperparameter"),
        (("bowl", "rprop"), {"step_min": 2.0, "step_max": 1.0}, "step_order"),
        (("bowl", "lbfgs"), {"max_iter": 1.5}, "not_whole"),
        (("bowl", "rmsprop"), {"centered": 2}, "not_bool"),
        (("bowl", "sgd", (1, 2, 3)), {}, "start_shape"),
        (("bowl", "sgd", 5), {}, "start_shape"),
        (("bowl", "sgd", (1, math.inf)), {}, "start_finite"),
        (("bowl", "sgd", (1, 1), -1), {}, "steps"),
        (("bowl", "sgd", (1, 1), 1.5), {}, "steps"),
        (("bowl", "sgd", (1, 1), True), {}, "steps"),
    ],
)
def test_unusable_input_gets_a_sentence(arguments, settings, key):
    with pytest.raises(Problem) as caught:
        trajectory(*arguments, **settings)
    assert caught.value.key == f"problem.core.{key}"
    assert "{" not in str(caught.value)


def test_torchs_own_tuples_are_understood():
    one = trajectory("bowl", "adam", steps=5, betas=(0.5, 0.9))
    two = trajectory("bowl", "adam", steps=5, beta1=0.5, beta2=0.9)
    np.testing.assert_array_equal(one.points, two.points)


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_every_slider_at_its_ends(end):
    for spec in OPTIMIZERS.values():
        for h in spec.hyperparameters:
            if h.kind == "bool":
                continue
            value = getattr(h, end)
            path = trajectory("rosenbrock", spec.name, steps=5, **{h.name: value})
            assert path.points.shape == (6, 2)


def test_a_path_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        trajectory("bowl", "sgd", steps=1).points[0] = 0
