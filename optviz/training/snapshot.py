"""Try something on a model and have everything back afterwards, exactly as it was."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import numpy as np
import torch

__all__ = ["AnyGenerator", "Stateful", "restored"]

AnyGenerator: TypeAlias = torch.Generator | np.random.Generator
Undo: TypeAlias = Callable[[], None]


class Stateful(Protocol):
    """Anything that can say and take back its state: schedulers, loaders, training runs."""

    def state_dict(self) -> Mapping[str, Any]:
        """The state."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Go back to a state."""


@contextmanager
def restored(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    generators: Sequence[AnyGenerator] = (),
    stateful: Sequence[Stateful] = (),
) -> Iterator[None]:
    """Whatever happens inside, everything is afterwards as it was before, to the last bit.

    That is: parameters, gradients and buffers (the same tensor objects, also where the model
    replaced one), train/eval mode of every module, the optimizer's state (an empty state is
    empty again) and its groups, the global random states of torch (CUDA too), numpy and
    Python, the given generators, and what is ``stateful``.

    Args:
        model: The model.
        optimizer: Its optimizer.
        generators: Random generators in use besides the global ones.
        stateful: Further objects with ``state_dict()`` and ``load_state_dict()``. They are
            put back first, so that nothing they do disturbs the rest.
    """
    undo = [
        *(_stateful(thing) for thing in stateful),
        _tensors(model, optimizer),
        _modes(model),
        _optimizer(optimizer),
        *(_generator(generator) for generator in generators),
        _global_random(),
    ]
    try:
        yield
    finally:
        for step in undo:
            step()


def _stateful(thing: Stateful) -> Undo:
    saved = copy.deepcopy(dict(thing.state_dict()))
    return lambda: thing.load_state_dict(copy.deepcopy(saved)) and None


def _tensors(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Undo:
    slots: list[tuple[dict[str, Any], dict[str, Any]]] = []
    tensors: dict[int, torch.Tensor] = {}
    for module in model.modules():
        for slot in (module._parameters, module._buffers):
            slots.append((slot, dict(slot)))
            tensors |= {id(t): t for t in slot.values() if t is not None}
    # A parameter may be optimised that is not (or no longer) part of the model.
    for group in optimizer.param_groups:
        tensors |= {id(t): t for t in group["params"]}
    copies = [(t, t.detach().clone(), t.requires_grad, t.grad) for t in tensors.values()]
    gradients = [None if grad is None else grad.detach().clone() for *_, grad in copies]

    def undo() -> None:
        for slot, saved in slots:
            slot.clear()
            slot.update(saved)
        with torch.no_grad():
            for (tensor, values, needs_grad, grad), grad_values in zip(
                copies, gradients, strict=True
            ):
                tensor.copy_(values)
                tensor.requires_grad_(needs_grad)
                if grad is not None and grad_values is not None:
                    grad.copy_(grad_values)
                tensor.grad = grad

    return undo


def _modes(model: torch.nn.Module) -> Undo:
    modes = [(module, module.training) for module in model.modules()]

    def undo() -> None:
        for module, training in modes:
            module.training = training

    return undo


def _optimizer(optimizer: torch.optim.Optimizer) -> Undo:
    # Keys are the parameters themselves, so they are looked up, not copied.
    state = {parameter: copy.deepcopy(values) for parameter, values in optimizer.state.items()}
    groups = [
        (group, {name: copy.copy(v) if isinstance(v, list) else v for name, v in group.items()})
        for group in optimizer.param_groups
    ]
    # A learning rate or beta may be a tensor, which is changed in place.
    tensors = [
        (value, value.clone())
        for _, saved in groups
        for value in saved.values()
        if isinstance(value, torch.Tensor)
    ]
    # Schedulers mark here that a step was taken, and warn by it.
    attributes = dict(vars(optimizer))

    def undo() -> None:
        vars(optimizer).clear()
        vars(optimizer).update(attributes)
        optimizer.state.clear()
        optimizer.state.update(state)
        optimizer.param_groups[:] = [group for group, _ in groups]
        for group, saved in groups:
            group.clear()
            group.update(saved)
        with torch.no_grad():
            for tensor, values in tensors:
                tensor.copy_(values)

    return undo


def _generator(generator: AnyGenerator) -> Undo:
    if isinstance(generator, torch.Generator):
        state, torch_generator = generator.get_state(), generator

        def undo_torch() -> None:
            torch_generator.set_state(state)

        return undo_torch
    bits = generator.bit_generator
    numpy_state = bits.state

    def undo() -> None:
        bits.state = numpy_state

    return undo


def _global_random() -> Undo:
    torch_state = torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None  # type: ignore[no-untyped-call]
    # The old global generator: models and data pipelines out there still draw from it.
    numpy_state = np.random.get_state()  # noqa: NPY002
    python_state = random.getstate()

    def undo() -> None:
        torch.set_rng_state(torch_state)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)

    return undo
