"""How each method puts its parts together: one formula a method, over torch's own state.

Every rule fills in the letters of

    step = −S·(c·(g + λw) + r·m) − e·w

from what the real optimizer held at each step (see :mod:`optviz.core.step_parts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from optviz.core.optimizer import OptimizerSpec
from optviz.core.optimizers import get_optimizer
from optviz.core.surface import Surface
from optviz.core.trajectory import Trajectory

__all__ = ["RULES", "Rule", "Walk", "walk_again"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """The optimizer's own state beside a path.

    Attributes:
        path: The run.
        after: (n, …) each tensor of the state after each step, by torch's names.
    """

    path: Trajectory
    after: Mapping[str, Array]

    @property
    def count(self) -> int:
        return len(self.path.points) - 1

    @property
    def points(self) -> Array:
        return self.path.points[:-1]

    @property
    def grads(self) -> Array:
        return self.path.grads[:-1]

    def setting(self, name: str, default: float = 0.0) -> float:
        return float(self.path.hyperparameters.get(name, default))

    def state(self, name: str) -> Array:
        """A tensor as each step left it; (n, 2), or (n,) for a number."""
        return self.after.get(name, np.zeros((self.count, 2)))

    def before(self, name: str, first: float = 0.0) -> Array:
        """A tensor as each step found it."""
        after = self.state(name)
        return np.concatenate([np.full_like(after[:1], first), after[:-1]])

    def unbiased(self, beta: float) -> Array:
        """(n,) 1 − βᵏ, rounded as Python's own power is, which torch takes."""
        return np.array([1 - beta ** (k + 1) for k in range(self.count)])


def walk_again(surface: Surface, path: Trajectory) -> Walk:
    """Walk the path once more, and note the optimizer's state on the way."""
    import torch

    from optviz.core.engine import mover, spare_the_compiler

    spare_the_compiler()
    spec: OptimizerSpec = get_optimizer(path.optimizer)
    p = torch.tensor(path.points[0]).view(spec.shape).requires_grad_()
    loss = torch.zeros((), dtype=torch.float64)
    p.grad = torch.zeros_like(p)
    slope = p.grad.numpy().reshape(2)
    optimizer = spec.build([p], **path.hyperparameters)
    move = mover(spec, optimizer, surface.function, p, loss)
    after: dict[str, Array] = {}
    seen: dict[str, Array] = {}
    count = len(path.points) - 1
    with torch.no_grad():
        for k in range(count):
            slope[:] = path.grads[k]
            loss.fill_(float(path.losses[k]))
            move()
            if k == 0 or spec.closure != "none":  # all others change their state in place
                seen = _numbers(optimizer.state[p])
            for name, value in seen.items():
                if name not in after:
                    after[name] = np.zeros((count, *value.shape))
                after[name][k] = value
    return Walk(path, after)


def _numbers(state: Mapping[str, Any]) -> dict[str, Array]:
    """Views of the tensors of an optimizer's state, pairs of numbers flat."""
    import torch

    found = {}
    for name, value in state.items():
        if isinstance(value, torch.Tensor) and value.numel() in (1, 2):
            plain = value.detach().numpy()
            found[name] = plain.reshape(2) if plain.size == 2 else plain.reshape(())
        elif isinstance(value, float):
            found[name] = np.asarray(value)
    return found


@dataclass(frozen=True, slots=True)
class Rule:
    """How one method puts its parts together; see the formula above.

    Attributes:
        rate: (n,) or a number: α with all corrections but the divisor.
        divisor: (n, 2) what each coordinate is divided by.
        direct: c.
        remembered: r.
        memory: (n, 2) m, before the step.
        kept: a, what the memory keeps of itself.
        added: b, what it takes of the gradient.
        coupled: λ.
        shrink: (n,) or a number: e.
        divided: Whether the memory is divided too; RMSprop's has been already.
        direction: (n, 2), see :class:`StepParts`.
        name: The rule's name.
    """

    rate: npt.ArrayLike
    divisor: Array | None = None
    direct: npt.ArrayLike = 1.0
    remembered: npt.ArrayLike = 0.0
    memory: Array | None = None
    kept: float = 0.0
    added: float = 0.0
    coupled: float = 0.0
    shrink: npt.ArrayLike = 0.0
    divided: bool = True
    direction: Array | None = field(default=None)
    name: str = "sum"


# ── one formula a method, in the order of the registry ──


def _sgd(walk: Walk) -> Rule:
    lr, beta, decay = walk.setting("lr"), walk.setting("momentum"), walk.setting("weight_decay")
    if not beta:
        return Rule(lr, coupled=decay)
    memory = walk.before("momentum_buffer")
    if walk.path.optimizer == "nesterov":
        return Rule(lr, None, 1 + beta, beta**2, memory, beta, 1.0, decay)
    fresh = 1 - walk.setting("dampening")
    direct = np.full(walk.count, fresh)
    direct[:1] = 1.0  # torch starts the memory with the whole first gradient
    return Rule(lr, None, direct, beta, memory, beta, fresh, decay)


def _adagrad(walk: Walk) -> Rule:
    made = np.arange(walk.count)
    rate = walk.setting("lr") / (1 + made * walk.setting("lr_decay"))
    divisor = np.sqrt(walk.state("sum")) + walk.setting("eps")
    return Rule(rate, divisor, coupled=walk.setting("weight_decay"))


def _adadelta(walk: Walk) -> Rule:
    eps = walk.setting("eps")
    recent = np.sqrt(walk.before("acc_delta") + eps)
    divisor = np.sqrt(walk.state("square_avg") + eps) / recent
    return Rule(walk.setting("lr"), divisor, coupled=walk.setting("weight_decay"))


def _rmsprop(walk: Walk) -> Rule:
    lr, beta, decay = walk.setting("lr"), walk.setting("momentum"), walk.setting("weight_decay")
    mean = walk.state("square_avg")
    if walk.setting("centered"):
        mean = mean - walk.state("grad_avg") ** 2
    divisor = np.sqrt(mean) + walk.setting("eps")
    if not beta:
        return Rule(lr, divisor, coupled=decay)
    memory = walk.before("momentum_buffer")
    return Rule(lr, divisor, 1.0, beta, memory, beta, 1.0, decay, divided=False)


def _adam(walk: Walk) -> Rule:
    lr, beta, decay = walk.setting("lr"), walk.setting("beta1"), walk.setting("weight_decay")
    squares = walk.state("max_exp_avg_sq" if walk.path.optimizer == "amsgrad" else "exp_avg_sq")
    corrected = np.sqrt(squares) / np.sqrt(walk.unbiased(walk.setting("beta2")))[:, None]
    divisor = corrected + walk.setting("eps")
    beside = walk.path.optimizer == "adamw"
    return Rule(
        lr / walk.unbiased(beta), divisor, 1 - beta, beta, walk.before("exp_avg"), beta, 1 - beta,
        coupled=0.0 if beside else decay, shrink=lr * decay if beside else 0.0,
    )  # fmt: skip


def _adamax(walk: Walk) -> Rule:
    beta = walk.setting("beta1")
    return Rule(
        walk.setting("lr") / walk.unbiased(beta), walk.state("exp_inf"), 1 - beta, beta,
        walk.before("exp_avg"), beta, 1 - beta, walk.setting("weight_decay"),
    )  # fmt: skip


def _nadam(walk: Walk) -> Rule:
    beta, slow = walk.setting("beta1"), walk.setting("momentum_decay")
    mean = walk.state("exp_avg_sq") / walk.unbiased(walk.setting("beta2"))[:, None]
    divisor = np.sqrt(mean) + walk.setting("eps")
    mu = np.array([beta * (1 - 0.5 * 0.96 ** (k * slow)) for k in range(1, walk.count + 2)])
    product = walk.state("mu_product").reshape(-1)[: walk.count]
    ahead = mu[1:] / (1 - product * mu[1:])
    direct = (1 - mu[:-1]) / (1 - product) + ahead * (1 - beta)
    return Rule(
        walk.setting("lr"), divisor, direct, ahead * beta, walk.before("exp_avg"), beta, 1 - beta,
        walk.setting("weight_decay"),
    )  # fmt: skip


def _radam(walk: Walk) -> Rule:
    beta, other = walk.setting("beta1"), walk.setting("beta2")
    rate = walk.setting("lr") / walk.unbiased(beta)
    left = walk.unbiased(other)
    made = np.arange(1, walk.count + 1)
    most = 2 / (1 - other) - 1
    rho = most - 2 * made * np.array([other**k for k in made.tolist()]) / left
    trusted = rho > 5
    safe = np.where(trusted, rho, 6.0)
    sure = np.sqrt((safe - 4) * (safe - 2) * most / ((most - 4) * (most - 2) * safe))
    divided = (np.sqrt(walk.state("exp_avg_sq")) + walk.setting("eps")) / (np.sqrt(left) * sure)[
        :, None
    ]
    # Too early to trust the mean square: nothing is divided.
    divisor = np.where(trusted[:, None], divided, 1.0)
    return Rule(
        rate, divisor, 1 - beta, beta, walk.before("exp_avg"), beta, 1 - beta,
        walk.setting("weight_decay"),
    )  # fmt: skip


def _asgd(walk: Walk) -> Rule:
    # The rate of the next step is ready after each; torch keeps it in single precision.
    eta = walk.state("eta").reshape(-1)[: walk.count]
    rate = np.concatenate([np.full_like(eta[:1], np.float32(walk.setting("lr"))), eta[:-1]])
    return Rule(rate, coupled=walk.setting("weight_decay"), shrink=walk.setting("lambd") * rate)


def _adafactor(walk: Walk) -> Rule:
    lr = walk.setting("lr")
    made = np.arange(1, walk.count + 1)
    size = np.hypot(*walk.points.T) / np.sqrt(2)
    rate = np.maximum(walk.setting("eps2"), size) * np.minimum(lr, 1 / np.sqrt(made))
    divisor = np.sqrt(np.maximum(walk.state("variance"), np.finfo(np.float64).eps ** 2))
    update = walk.grads / divisor
    rate = rate / np.maximum(1.0, np.hypot(*update.T) / (np.sqrt(2) * walk.setting("d")))
    return Rule(rate, divisor, shrink=lr * walk.setting("weight_decay"))


def _rprop(walk: Walk) -> Rule:
    # Where the sign has flipped, torch puts a zero in the gradient's place.
    direction = -np.sign(walk.state("prev"))
    return Rule(1.0, 1 / walk.state("step_size"), direction=direction, name="signs")


def _lbfgs(walk: Walk) -> Rule:
    if walk.setting("max_iter") > 1:
        return Rule(walk.setting("lr"), name="many")
    # A step that torch refused, for want of progress, leaves the last one's direction behind.
    rests = (np.diff(walk.path.points, axis=0) == 0).all(axis=1)
    direction = np.where(rests[:, None], 0.0, walk.state("d"))
    rate = walk.state("t").reshape(-1)[: walk.count]
    return Rule(rate, direction=direction, memory=direction, name="secant")


def _muon(walk: Walk) -> Rule:
    lr, beta = walk.setting("lr"), walk.setting("momentum")
    memory = walk.state("momentum_buffer")
    nesterov = bool(walk.setting("nesterov"))
    put_in = (1 - beta) * walk.grads + beta * memory if nesterov else memory
    shrink = lr * walk.setting("weight_decay")
    return Rule(lr, memory=memory, shrink=shrink, direction=-put_in, name="unit")


RULES: Mapping[str, Callable[[Walk], Rule]] = {
    "sgd": _sgd,
    "momentum": _sgd,
    "nesterov": _sgd,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "amsgrad": _adam,
    "adamw": _adam,
    "adamax": _adamax,
    "nadam": _nadam,
    "radam": _radam,
    "rprop": _rprop,
    "asgd": _asgd,
    "lbfgs": _lbfgs,
    "adafactor": _adafactor,
    "muon": _muon,
}
"""Optimizer → its rule; Newton's method needs the curvature instead of a state."""
