"""What an optimizer is here: a torch class, its settings, and how to check and build them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optviz.core.problem import Problem

if TYPE_CHECKING:
    import torch

__all__ = ["TUPLES", "Hyperparameter", "OptimizerSpec", "RunSpec", "Value"]

Value = float | int | bool
"""What a hyperparameter can be."""


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One setting of an optimizer.

    Attributes:
        name: torch's name; the members of torch's tuples have one of their own
            (``betas`` → ``beta1``, ``beta2``). The catalogue holds
            ``hyperparameter.<name>.label`` and ``.help``.
        default: torch's default, unless the entry in the registry says why not.
        minimum: Left end of a slider.
        maximum: Right end of a slider.
        kind: ``"float"``, ``"int"`` or ``"bool"``.
        log: Whether a slider should be logarithmic (zero then stands left of its scale).
        lower: Smallest value that makes sense at all, inclusive.
        upper: Values must stay below this; infinite for most.
    """

    name: str
    default: Value
    minimum: float = 0.0
    maximum: float = 1.0
    kind: str = "float"
    log: bool = False
    lower: float = 0.0
    upper: float = math.inf

    def check(self, value: Any) -> Value:
        """``value`` as this setting's type.

        Raises:
            Problem: It is no such number, or outside what the optimizer can use.
        """
        if self.kind == "bool":
            if isinstance(value, bool) or value in (0, 1):
                return bool(value)
            raise Problem("problem.core.not_bool", name=self.name, value=value)
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if self.kind == "int" and not number.is_integer():
            raise Problem("problem.core.not_whole", name=self.name, value=value)
        if not math.isfinite(number):
            raise Problem("problem.core.not_finite", name=self.name, value=value)
        if number < self.lower:
            raise Problem(
                "problem.core.too_small", name=self.name, value=value, limit=f"{self.lower:g}"
            )
        if number >= self.upper:
            raise Problem(
                "problem.core.too_large", name=self.name, value=value, limit=f"{self.upper:g}"
            )
        return int(number) if self.kind == "int" else number


@dataclass(frozen=True, slots=True)
class OptimizerSpec:
    """One way to move: a torch class, its settings, and how to make it.

    Attributes:
        name: Registry key; the catalogue holds ``optimizer.<name>.title`` and ``.explain``.
        torch_class: Name in ``torch.optim``; empty for Newton's method.
        hyperparameters: The settings, in the order in which one thinks of them.
        latex: The update rule, without dollar signs.
        source: Where it was published.
        elementwise: Whether each coordinate moves by its own gradient only, so that many
            starts in one (N, 2) parameter move exactly as each would alone.
        shape: Shape of the parameter. Muon takes matrices only and gets a 1×2 one.
        closure: How ``step`` gets the loss: ``"none"`` (gradients are set before the step),
            ``"backward"`` (as LBFGS: loss and gradients anew) or ``"graph"`` (as Newton: a
            loss that can be differentiated twice).
        arguments: Settings → keyword arguments of the class.
    """

    name: str
    torch_class: str
    hyperparameters: tuple[Hyperparameter, ...]
    latex: str
    source: str
    elementwise: bool = True
    shape: tuple[int, ...] = (2,)
    closure: str = "none"
    arguments: Callable[[Mapping[str, Value]], dict[str, Any]] = field(default=dict, repr=False)

    def check(self, hyperparameters: Mapping[str, Any]) -> dict[str, Value]:
        """All settings, checked, torch's tuples taken apart, the missing ones by default.

        Raises:
            Problem: A name is unknown, a value unusable, or a tuple too short.
        """
        known = {h.name: h for h in self.hyperparameters}
        given: dict[str, Any] = {}
        for name, value in hyperparameters.items():
            parts = TUPLES.get(name, ())
            if name not in known and parts and all(part in known for part in parts):
                if not isinstance(value, Sequence) or len(value) != len(parts):
                    raise Problem(
                        "problem.core.not_tuple", name=name, value=value, parts=", ".join(parts)
                    )
                given |= dict(zip(parts, value, strict=True))
            elif name in known:
                given[name] = value
            else:
                raise Problem(
                    "problem.core.unknown_hyperparameter",
                    optimizer=self.name,
                    name=name,
                    known=", ".join(known),
                )
        checked = {n: h.check(given[n]) if n in given else h.default for n, h in known.items()}
        if checked.get("step_min", 0) > checked.get("step_max", 0):
            raise Problem("problem.core.step_order")
        return checked

    def defaults(self) -> dict[str, Value]:
        """The settings when no surface is known."""
        return {h.name: h.default for h in self.hyperparameters}

    def keywords(self, **hyperparameters: Any) -> dict[str, Any]:
        """The keyword arguments for the class, from checked settings."""
        return self.arguments(self.check(hyperparameters))

    def build(
        self, params: Iterable[torch.Tensor], **hyperparameters: Any
    ) -> torch.optim.Optimizer:
        """The optimizer over ``params``, freshly made.

        Raises:
            Problem: As :meth:`check`.
        """
        return self.optimizer_class()(params, **self.keywords(**hyperparameters))

    def optimizer_class(self) -> Callable[..., torch.optim.Optimizer]:
        """The class itself (imports torch)."""
        if not self.torch_class:
            from optviz.core.newton import Newton

            return Newton
        import torch

        made: Callable[..., torch.optim.Optimizer] = getattr(torch.optim, self.torch_class)
        return made


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run of a comparison: which optimizer, with which settings."""

    optimizer: str
    hyperparameters: Mapping[str, Value] = field(default_factory=dict)


TUPLES: Mapping[str, tuple[str, ...]] = {
    "betas": ("beta1", "beta2"),
    "etas": ("eta_minus", "eta_plus"),
    "step_sizes": ("step_min", "step_max"),
}
"""torch's tuples and our names of their members."""
