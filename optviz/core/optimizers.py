"""The optimizers of the laboratory: every class of ``torch.optim`` that can move two numbers.

SparseAdam is left out: it takes sparse gradients only. Newton's method, which torch does not
ship, is ours (:mod:`optviz.core.newton`). The registry is plain data and does not import torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from optviz.core.optimizer import TUPLES, Hyperparameter, OptimizerSpec, RunSpec, Value
from optviz.core.problem import Problem
from optviz.core.rates import RATES

__all__ = [
    "OPTIMIZERS",
    "TUPLES",
    "Hyperparameter",
    "OptimizerSpec",
    "RunSpec",
    "Value",
    "default_hyperparameters",
    "get_optimizer",
]


def _joined(settings: Mapping[str, Value]) -> dict[str, Any]:
    """Settings → keywords: members of tuples put together again."""
    keywords: dict[str, Any] = dict(settings)
    for name, parts in TUPLES.items():
        if parts[0] in keywords:
            keywords[name] = tuple(keywords.pop(part) for part in parts)
    return keywords


def _nesterov(settings: Mapping[str, Value]) -> dict[str, Any]:
    # Without momentum Nesterov's method is gradient descent, and torch refuses the pair.
    return {**settings, "nesterov": settings["momentum"] > 0}


def _lbfgs(settings: Mapping[str, Value]) -> dict[str, Any]:
    keywords: dict[str, Any] = dict(settings)
    searched = keywords.pop("strong_wolfe")
    return {**keywords, "line_search_fn": "strong_wolfe" if searched else None}


def _adafactor(settings: Mapping[str, Value]) -> dict[str, Any]:
    keywords: dict[str, Any] = dict(settings)
    second = keywords.pop("eps2")
    return {**keywords, "eps": (None, second)}


def _lr(default: float, maximum: float = 10.0) -> Hyperparameter:
    return Hyperparameter("lr", default, 1e-6, maximum, log=True)


def _eps(default: float) -> Hyperparameter:
    return Hyperparameter("eps", default, 1e-12, 1.0, log=True)


def _decay(default: float = 0.0) -> Hyperparameter:
    return Hyperparameter("weight_decay", default, 0.0, 1.0)


def _momentum(default: float = 0.9) -> Hyperparameter:
    return Hyperparameter("momentum", default, 0.0, 0.999)


_BETAS = (
    Hyperparameter("beta1", 0.9, 0.0, 0.999, upper=1.0),
    Hyperparameter("beta2", 0.999, 0.0, 0.9999, upper=1.0),
)
_ADAM = (_lr(1e-3), *_BETAS, _eps(1e-8))
_KINGMA = "Kingma & Ba, Adam (2015), arXiv:1412.6980"
_MOMENTS = r"m\leftarrow\beta_1m+(1-\beta_1)g,\quad v\leftarrow\beta_2v+(1-\beta_2)g^2,\quad "
_HATS = r"\hat m=\tfrac{m}{1-\beta_1^k},\ \hat v=\tfrac{v}{1-\beta_2^k}"

_SPECS = (
    OptimizerSpec(
        "sgd",
        "SGD",
        (_lr(1e-3), _decay()),
        r"w\leftarrow w-\alpha g",
        "Cauchy, Comptes rendus 25 (1847)",
    ),
    OptimizerSpec(
        "momentum",
        "SGD",
        (_lr(1e-3), _momentum(), Hyperparameter("dampening", 0.0, 0.0, 1.0), _decay()),
        r"z\leftarrow\beta z+g,\quad w\leftarrow w-\alpha z",
        "Polyak, USSR Computational Mathematics and Mathematical Physics 4 (1964)",
    ),
    OptimizerSpec(
        "nesterov",
        "SGD",
        (_lr(1e-3), _momentum(), _decay()),
        r"z\leftarrow\beta z+g,\quad w\leftarrow w-\alpha(g+\beta z)",
        "Nesterov (1983); in torch's form Sutskever et al., ICML (2013)",
        arguments=_nesterov,
    ),
    OptimizerSpec(
        "adagrad",
        "Adagrad",
        (
            _lr(1e-2),
            Hyperparameter("lr_decay", 0.0, 0.0, 1.0),
            Hyperparameter("initial_accumulator_value", 0.0, 0.0, 10.0),
            _eps(1e-10),
            _decay(),
        ),
        r"v\leftarrow v+g^2,\quad w\leftarrow w-\alpha\,\tfrac{g}{\sqrt v+\epsilon}",
        "Duchi, Hazan & Singer, JMLR 12 (2011)",
    ),
    OptimizerSpec(
        "adadelta",
        "Adadelta",
        (_lr(1.0, 1000.0), Hyperparameter("rho", 0.9, 0.0, 0.999, upper=1.0), _eps(1e-6), _decay()),
        r"v\leftarrow\rho v+(1-\rho)g^2,\quad \Delta=\tfrac{\sqrt{u+\epsilon}}{\sqrt{v+\epsilon}}g,"
        r"\quad u\leftarrow\rho u+(1-\rho)\Delta^2,\quad w\leftarrow w-\alpha\Delta",
        "Zeiler (2012), arXiv:1212.5701",
    ),
    OptimizerSpec(
        "rmsprop",
        "RMSprop",
        (
            _lr(1e-2),
            Hyperparameter("alpha", 0.99, 0.0, 0.999, upper=1.0),
            _eps(1e-8),
            _momentum(0.0),
            Hyperparameter("centered", False, kind="bool"),
            _decay(),
        ),
        r"v\leftarrow av+(1-a)g^2,\quad w\leftarrow w-\alpha\,\tfrac{g}{\sqrt v+\epsilon}",
        "Tieleman & Hinton, Coursera lecture 6.5 (2012)",
    ),
    OptimizerSpec(
        "adam",
        "Adam",
        (*_ADAM, _decay()),
        _MOMENTS + r"w\leftarrow w-\alpha\,\tfrac{\hat m}{\sqrt{\hat v}+\epsilon},\ " + _HATS,
        _KINGMA,
        arguments=_joined,
    ),
    OptimizerSpec(
        "amsgrad",
        "Adam",
        (*_ADAM, _decay()),
        _MOMENTS + r"u\leftarrow\max(u,v),\quad w\leftarrow w-\alpha\,"
        r"\tfrac{\hat m}{\sqrt{\hat u}+\epsilon}",
        "Reddi, Kale & Kumar, ICLR (2018), arXiv:1904.09237",
        arguments=lambda settings: {**_joined(settings), "amsgrad": True},
    ),
    OptimizerSpec(
        "adamw",
        "AdamW",
        (*_ADAM, _decay(1e-2)),
        _MOMENTS
        + r"w\leftarrow(1-\alpha\lambda)w-\alpha\,\tfrac{\hat m}{\sqrt{\hat v}+\epsilon},\ "
        + _HATS,
        "Loshchilov & Hutter, ICLR (2019), arXiv:1711.05101",
        arguments=_joined,
    ),
    OptimizerSpec(
        "adamax",
        "Adamax",
        (_lr(2e-3), *_BETAS, _eps(1e-8), _decay()),
        r"m\leftarrow\beta_1m+(1-\beta_1)g,\quad u\leftarrow\max(\beta_2u,|g|+\epsilon),\quad "
        r"w\leftarrow w-\tfrac{\alpha}{1-\beta_1^k}\,\tfrac mu",
        _KINGMA,
        arguments=_joined,
    ),
    OptimizerSpec(
        "nadam",
        "NAdam",
        (
            _lr(2e-3),
            *_BETAS,
            _eps(1e-8),
            Hyperparameter("momentum_decay", 4e-3, 0.0, 0.1),
            _decay(),
        ),
        _MOMENTS + r"w\leftarrow w-\tfrac{\alpha}{\sqrt{\hat v}+\epsilon}"
        r"\left(\tfrac{\mu_{k+1}m}{1-\prod_{i\le k+1}\mu_i}"
        r"+\tfrac{(1-\mu_k)g}{1-\prod_{i\le k}\mu_i}\right)",
        "Dozat, ICLR workshop (2016)",
        arguments=_joined,
    ),
    OptimizerSpec(
        "radam",
        "RAdam",
        (*_ADAM, _decay()),
        _MOMENTS + r"w\leftarrow w-\alpha\,\hat m\,\tfrac{r_k}{\sqrt{\hat v}+\epsilon}"
        r"\ \text{if }\rho_k>5,\ \text{else}\ w-\alpha\,\hat m",
        "Liu et al., ICLR (2020), arXiv:1908.03265",
        arguments=_joined,
    ),
    OptimizerSpec(
        "rprop",
        "Rprop",
        (
            _lr(1e-2),
            Hyperparameter("eta_minus", 0.5, 0.01, 0.99, lower=1e-6, upper=1.0),
            Hyperparameter("eta_plus", 1.2, 1.01, 3.0, lower=1.000001),
            Hyperparameter("step_min", 1e-6, 1e-9, 1.0, log=True),
            Hyperparameter("step_max", 50.0, 1e-3, 100.0, log=True),
        ),
        r"\delta\leftarrow\delta\cdot\eta_\pm\text{ by }\operatorname{sign}(g_{k-1}g_k),\quad "
        r"w\leftarrow w-\delta\operatorname{sign}(g)",
        "Riedmiller & Braun, IEEE ICNN (1993)",
        arguments=_joined,
    ),
    OptimizerSpec(
        "asgd",
        "ASGD",
        (
            _lr(1e-2),
            Hyperparameter("lambd", 1e-4, 0.0, 1.0),
            Hyperparameter("alpha", 0.75, 0.0, 1.0),
            Hyperparameter("t0", 1e6, 0.0, 1e6),
            _decay(),
        ),
        r"w\leftarrow(1-\lambda\eta_k)w-\eta_kg,\quad"
        r"\eta_k=\tfrac{\alpha}{(1+\lambda\alpha k)^{a}}",
        "Polyak & Juditsky, SIAM Journal on Control and Optimization 30 (1992)",
    ),
    OptimizerSpec(
        "lbfgs",
        "LBFGS",
        (
            _lr(1.0),
            # torch iterates up to 20 times inside one step; one makes each iteration visible.
            Hyperparameter("max_iter", 1, 1, 20, "int", lower=1),
            Hyperparameter("history_size", 10, 1, 100, "int", lower=1),
            Hyperparameter("strong_wolfe", False, kind="bool"),
            Hyperparameter("tolerance_grad", 1e-7, 1e-12, 1.0, log=True),
            Hyperparameter("tolerance_change", 1e-9, 1e-12, 1.0, log=True),
        ),
        r"w\leftarrow w-\alpha B_kg,\quad B_k\approx H^{-1}\text{ from the last steps}",
        "Liu & Nocedal, Mathematical Programming 45 (1989)",
        elementwise=False,
        closure="backward",
        arguments=_lbfgs,
    ),
    OptimizerSpec(
        "adafactor",
        "Adafactor",
        (
            _lr(1e-2),
            Hyperparameter("beta2_decay", -0.8, -1.0, -0.01, lower=-math.inf, upper=0.0),
            Hyperparameter("eps2", 1e-3, 1e-6, 10.0, log=True),
            Hyperparameter("d", 1.0, 1.0, 10.0, lower=1.0),
            _decay(),
        ),
        r"w\leftarrow w-\alpha_k\,\tfrac{u}{\max(1,\mathrm{RMS}(u)/d)},\quad u=\tfrac{g}{\sqrt v},"
        r"\quad\alpha_k=\max(\epsilon_2,\mathrm{RMS}(w))\min(\alpha,\tfrac1{\sqrt k})",
        "Shazeer & Stern, ICML (2018), arXiv:1804.04235",
        elementwise=False,
        arguments=_adafactor,
    ),
    OptimizerSpec(
        "muon",
        "Muon",
        (
            _lr(1e-3),
            _momentum(0.95),
            Hyperparameter("nesterov", True, kind="bool"),
            # torch's 0.1 suits large weight matrices; here it would only move the minimum.
            _decay(0.0),
            Hyperparameter("ns_steps", 5, 1, 10, "int", lower=1, upper=100),
        ),
        r"m\leftarrow\mu m+(1-\mu)g,\quad W\leftarrow W-\alpha\,\mathrm{NS}(\mu m+(1-\mu)g),\quad"
        r"\mathrm{NS}(M)\approx(MM^\top)^{-1/2}M",
        "Jordan et al. (2024), kellerjordan.github.io/posts/muon",
        elementwise=False,
        shape=(1, 2),
    ),
    OptimizerSpec(
        "newton",
        "",
        (_lr(1.0), Hyperparameter("damping", 0.0, 0.0, 100.0)),
        r"w\leftarrow w-\alpha\,(H+\mu I)^{-1}g",
        "Nocedal & Wright, Numerical Optimization (2006), chapter 3; not in torch, ours",
        elementwise=False,
        closure="graph",
    ),
)

OPTIMIZERS: Mapping[str, OptimizerSpec] = MappingProxyType({s.name: s for s in _SPECS})
"""Registry key → optimizer, from the simplest on."""


def get_optimizer(name: str) -> OptimizerSpec:
    """The optimizer called ``name``.

    Raises:
        Problem: There is none; the message lists those there are.
    """
    if name not in OPTIMIZERS:
        raise Problem(
            "problem.core.unknown_name", kind="optimizer", name=name, known=", ".join(OPTIMIZERS)
        )
    return OPTIMIZERS[name]


def default_hyperparameters(optimizer: str, surface: str) -> dict[str, Value]:
    """Settings of ``optimizer`` that tell its story on ``surface``.

    All are torch's defaults but ``lr``, which has been chosen for the surface's own start and
    steps; a typed one (``=…``) gets rules of thumb, an unknown one torch's.

    Raises:
        Problem: There is no such optimizer.
    """
    settings = get_optimizer(optimizer).defaults()
    if surface.startswith("="):
        from optviz.core.own import own_rates

        rate = own_rates(surface).get(optimizer)
    else:
        rate = RATES.get(surface, {}).get(optimizer)
    return settings if rate is None else settings | {"lr": rate}
