"""Every step of a run taken apart: gradient, memory, scale, decay, and what they make together.

The parts are read off the real optimizer's state while it walks the path once more, with the
gradients that the path recorded; nothing is computed in its place. What is ours is one formula a
method that says how torch puts them together, and the tests hold it to every step:

    step = −S·(c·(g + λw) + r·m) − e·w

with the scale S of each coordinate, the gradient g, the memory m as it was before the step, the
decay λ in the gradient or e beside it. Four methods make no such sum: Rprop looks at signs only,
L-BFGS and Newton's method turn the gradient, and Muon makes it a unit long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from optviz.core.curvature import Curvature, curvature
from optviz.core.optimizer import OptimizerSpec
from optviz.core.optimizers import get_optimizer
from optviz.core.stability import linear_bound
from optviz.core.surface import Surface
from optviz.core.trajectory import Trajectory

__all__ = ["StepParts", "stability_ratio", "step_parts"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StepParts:
    """A run's n steps in parts, all in the units of the plane.

    Attributes:
        rule: How the parts make the step: ``"sum"``: they add up to it. ``"signs"``,
            ``"secant"``, ``"newton"``: ``scale · direction`` is the step. ``"unit"``: the
            direction made a unit long. ``"many"``: several iterations in one, no parts.
        steps: (n, 2) what was really walked, w_{k+1} − w_k.
        gradient: (n, 2) the new gradient's own part; zero where nothing adds up.
        memory: (n, 2) the part of what was remembered before the step.
        decay: (n, 2) the part of weight decay, be it in the gradient or beside it.
        scale: (n, 2) S: how far a unit of what goes in moves each coordinate.
        divisor: (n, 2) what each coordinate is divided by; None where the method has none.
        direction: (n, 2) what is scaled; None where the parts add up.
        remembers: Whether the method has a memory of gradients.
        bound: (n,) the largest stable curvature in the scaled coordinates, S held fast (see
            :func:`stability_ratio`); None where theory has none.
        coupled: λ, weight decay in the gradient.
    """

    rule: str
    steps: Array
    gradient: Array
    memory: Array
    decay: Array
    scale: Array
    divisor: Array | None
    direction: Array | None
    remembers: bool
    bound: Array | None
    coupled: float


def step_parts(surface: Surface, path: Trajectory, bent: Curvature | None = None) -> StepParts:
    """Take every step of ``path`` apart.

    Args:
        surface: What it was walked on.
        path: The run.
        bent: The curvature along it, if it is at hand; Newton's method needs it.
    """
    with np.errstate(all="ignore"):
        steps = np.diff(path.points, axis=0)
        if path.optimizer == "newton":
            return _newton(path, steps, bent or curvature(surface, path.points))
        return _put_together(_RULES[path.optimizer](_walk(surface, path)), path, steps)


def stability_ratio(parts: StepParts, hessians: Array) -> Array | None:
    """How near each step is to its optimizer's limit: above 1, oscillations grow.

    The curvature that a step with scales S feels is that of S^½HS^½, whose largest eigenvalue
    is set against the largest one that the method bears with S held fast: 2 for plain descent,
    2 + 2β for heavy ball, (2 + 2β₁)/(1 − β₁) for Adam. Source: Cohen et al. (2022),
    arXiv:2207.14484.

    Args:
        parts: Of n steps.
        hessians: (n+1, 2, 2) along the path.

    Returns:
        (n,) the ratios, 0 where nothing curves up; None where theory has no limit.
    """
    if parts.bound is None:
        return None
    with np.errstate(all="ignore"):
        sx, sy = parts.scale.T
        felt = hessians[: len(parts.steps)]
        # 2×2: the larger eigenvalue is mean + radius.
        xx, yy = sx * (felt[:, 0, 0] + parts.coupled), sy * (felt[:, 1, 1] + parts.coupled)
        mixed = np.sqrt(sx * sy) * felt[:, 0, 1]
        largest = (xx + yy) / 2 + np.hypot((xx - yy) / 2, mixed)
        return np.asarray(np.maximum(largest, 0.0) / parts.bound, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Walk:
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


def _walk(surface: Surface, path: Trajectory) -> _Walk:
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
    return _Walk(path, after)


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
class _Rule:
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


def _column(value: npt.ArrayLike) -> Array:
    """Numbers a step, beside (n, 2)."""
    plain = np.asarray(value, dtype=np.float64)
    return plain[:, None] if plain.ndim == 1 else plain


def _put_together(rule: _Rule, path: Trajectory, steps: Array) -> StepParts:
    points, grads = path.points[:-1], path.grads[:-1]
    nothing = np.zeros_like(steps)
    rate = np.broadcast_to(_column(rule.rate), steps.shape)
    scale = rate if rule.divisor is None else rate / rule.divisor
    beside = -_column(rule.shrink) * points
    sums = rule.name == "sum"
    own = -scale * _column(rule.direct)
    memory = nothing
    if sums and rule.memory is not None:
        taken = scale if rule.divided else rate
        memory = -taken * _column(rule.remembered) * rule.memory
    bound = None
    if sums:
        bound = np.broadcast_to(
            linear_bound(rule.direct, rule.remembered, rule.kept, rule.added, rule.shrink),
            len(steps),
        )
    return StepParts(
        rule=rule.name,
        steps=steps,
        gradient=own * grads if sums else nothing,
        memory=memory,
        decay=(own * rule.coupled * points if rule.coupled else nothing) + beside,
        scale=np.asarray(scale, dtype=np.float64),
        divisor=rule.divisor,
        direction=rule.direction,
        remembers=rule.memory is not None,
        bound=bound,
        coupled=rule.coupled,
    )


# ── one formula a method, in the order of the registry ──


def _sgd(walk: _Walk) -> _Rule:
    lr, beta, decay = walk.setting("lr"), walk.setting("momentum"), walk.setting("weight_decay")
    if not beta:
        return _Rule(lr, coupled=decay)
    memory = walk.before("momentum_buffer")
    if walk.path.optimizer == "nesterov":
        return _Rule(lr, None, 1 + beta, beta**2, memory, beta, 1.0, decay)
    fresh = 1 - walk.setting("dampening")
    direct = np.full(walk.count, fresh)
    direct[:1] = 1.0  # torch starts the memory with the whole first gradient
    return _Rule(lr, None, direct, beta, memory, beta, fresh, decay)


def _adagrad(walk: _Walk) -> _Rule:
    made = np.arange(walk.count)
    rate = walk.setting("lr") / (1 + made * walk.setting("lr_decay"))
    divisor = np.sqrt(walk.state("sum")) + walk.setting("eps")
    return _Rule(rate, divisor, coupled=walk.setting("weight_decay"))


def _adadelta(walk: _Walk) -> _Rule:
    eps = walk.setting("eps")
    recent = np.sqrt(walk.before("acc_delta") + eps)
    divisor = np.sqrt(walk.state("square_avg") + eps) / recent
    return _Rule(walk.setting("lr"), divisor, coupled=walk.setting("weight_decay"))


def _rmsprop(walk: _Walk) -> _Rule:
    lr, beta, decay = walk.setting("lr"), walk.setting("momentum"), walk.setting("weight_decay")
    mean = walk.state("square_avg")
    if walk.setting("centered"):
        mean = mean - walk.state("grad_avg") ** 2
    divisor = np.sqrt(mean) + walk.setting("eps")
    if not beta:
        return _Rule(lr, divisor, coupled=decay)
    memory = walk.before("momentum_buffer")
    return _Rule(lr, divisor, 1.0, beta, memory, beta, 1.0, decay, divided=False)


def _adam(walk: _Walk) -> _Rule:
    lr, beta, decay = walk.setting("lr"), walk.setting("beta1"), walk.setting("weight_decay")
    squares = walk.state("max_exp_avg_sq" if walk.path.optimizer == "amsgrad" else "exp_avg_sq")
    corrected = np.sqrt(squares) / np.sqrt(walk.unbiased(walk.setting("beta2")))[:, None]
    divisor = corrected + walk.setting("eps")
    beside = walk.path.optimizer == "adamw"
    return _Rule(
        lr / walk.unbiased(beta), divisor, 1 - beta, beta, walk.before("exp_avg"), beta, 1 - beta,
        coupled=0.0 if beside else decay, shrink=lr * decay if beside else 0.0,
    )  # fmt: skip


def _adamax(walk: _Walk) -> _Rule:
    beta = walk.setting("beta1")
    return _Rule(
        walk.setting("lr") / walk.unbiased(beta), walk.state("exp_inf"), 1 - beta, beta,
        walk.before("exp_avg"), beta, 1 - beta, walk.setting("weight_decay"),
    )  # fmt: skip


def _nadam(walk: _Walk) -> _Rule:
    beta, slow = walk.setting("beta1"), walk.setting("momentum_decay")
    mean = walk.state("exp_avg_sq") / walk.unbiased(walk.setting("beta2"))[:, None]
    divisor = np.sqrt(mean) + walk.setting("eps")
    mu = np.array([beta * (1 - 0.5 * 0.96 ** (k * slow)) for k in range(1, walk.count + 2)])
    product = walk.state("mu_product").reshape(-1)[: walk.count]
    ahead = mu[1:] / (1 - product * mu[1:])
    direct = (1 - mu[:-1]) / (1 - product) + ahead * (1 - beta)
    return _Rule(
        walk.setting("lr"), divisor, direct, ahead * beta, walk.before("exp_avg"), beta, 1 - beta,
        walk.setting("weight_decay"),
    )  # fmt: skip


def _radam(walk: _Walk) -> _Rule:
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
    return _Rule(
        rate, divisor, 1 - beta, beta, walk.before("exp_avg"), beta, 1 - beta,
        walk.setting("weight_decay"),
    )  # fmt: skip


def _asgd(walk: _Walk) -> _Rule:
    # The rate of the next step is ready after each; torch keeps it in single precision.
    eta = walk.state("eta").reshape(-1)[: walk.count]
    rate = np.concatenate([np.full_like(eta[:1], np.float32(walk.setting("lr"))), eta[:-1]])
    return _Rule(rate, coupled=walk.setting("weight_decay"), shrink=walk.setting("lambd") * rate)


def _adafactor(walk: _Walk) -> _Rule:
    lr = walk.setting("lr")
    made = np.arange(1, walk.count + 1)
    size = np.hypot(*walk.points.T) / np.sqrt(2)
    rate = np.maximum(walk.setting("eps2"), size) * np.minimum(lr, 1 / np.sqrt(made))
    divisor = np.sqrt(np.maximum(walk.state("variance"), np.finfo(np.float64).eps ** 2))
    update = walk.grads / divisor
    rate = rate / np.maximum(1.0, np.hypot(*update.T) / (np.sqrt(2) * walk.setting("d")))
    return _Rule(rate, divisor, shrink=lr * walk.setting("weight_decay"))


def _rprop(walk: _Walk) -> _Rule:
    # Where the sign has flipped, torch puts a zero in the gradient's place.
    direction = -np.sign(walk.state("prev"))
    return _Rule(1.0, 1 / walk.state("step_size"), direction=direction, name="signs")


def _lbfgs(walk: _Walk) -> _Rule:
    if walk.setting("max_iter") > 1:
        return _Rule(walk.setting("lr"), name="many")
    # A step that torch refused, for want of progress, leaves the last one's direction behind.
    rests = (np.diff(walk.path.points, axis=0) == 0).all(axis=1)
    direction = np.where(rests[:, None], 0.0, walk.state("d"))
    rate = walk.state("t").reshape(-1)[: walk.count]
    return _Rule(rate, direction=direction, memory=direction, name="secant")


def _muon(walk: _Walk) -> _Rule:
    lr, beta = walk.setting("lr"), walk.setting("momentum")
    memory = walk.state("momentum_buffer")
    nesterov = bool(walk.setting("nesterov"))
    put_in = (1 - beta) * walk.grads + beta * memory if nesterov else memory
    shrink = lr * walk.setting("weight_decay")
    return _Rule(lr, memory=memory, shrink=shrink, direction=-put_in, name="unit")


def _newton(path: Trajectory, steps: Array, bent: Curvature) -> StepParts:
    """−(H + μI)⁻¹g, as :class:`~optviz.core.newton.Newton` computes it."""
    settings = path.hyperparameters
    values = bent.eigenvalues[:-1] + float(settings["damping"])
    vectors = bent.eigenvectors[:-1]
    size = np.abs(values)
    flat = size <= 1e-12 * size.max(axis=1, keepdims=True)
    along = np.einsum("nij,ni->nj", vectors, path.grads[:-1])
    along = np.where(flat, 0.0, -along / np.where(flat, 1.0, values))
    direction = np.einsum("nij,nj->ni", vectors, along)
    rule = _Rule(float(settings["lr"]), direction=direction, name="newton")
    return _put_together(rule, path, steps)


_RULES: Mapping[str, Callable[[_Walk], _Rule]] = {
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
