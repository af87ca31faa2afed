"""A learning rate for each layer group: fastai's slices, read, spread and put into an optimizer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from optviz.core.problem import Problem

if TYPE_CHECKING:
    import torch

__all__ = ["Rates", "parse_rates", "regroup", "spread"]

LONGEST = 200
"""Characters that are read at all."""

_TOKEN = re.compile(r"\s*(?:(slice)|([0-9.]+(?:[eE][+-]?[0-9]+)?)|([()\[\],]))")


@dataclass(frozen=True, slots=True)
class Rates:
    """What was asked for, before it is known how many groups there are.

    Attributes:
        kind: ``"same"`` for one number, ``"slice"`` for ``slice(a, b)`` or ``slice(b)``,
            ``"list"`` for one number a group.
        values: The numbers.
    """

    kind: Literal["same", "slice", "list"]
    values: tuple[float, ...]


def spread(rates: Rates, groups: int) -> tuple[float, ...]:
    """One rate for each of ``groups`` layer groups, the first layers first.

    ``slice(a, b)`` goes from a to b by equal factors; ``slice(b)`` gives the last group b and
    all others a tenth of it; one number serves all (fastai's ``Learner.set_hypers``).

    Raises:
        Problem: A list is not as long as there are groups; the sentence says both lengths.

    Example:
        >>> spread(Rates("slice", (1e-4, 1e-2)), 3)
        (0.0001, 0.001, 0.01)
        >>> spread(Rates("slice", (0.1,)), 3)
        (0.01, 0.01, 0.1)
    """
    values = rates.values
    if rates.kind == "same":
        return values * groups
    if rates.kind == "list":
        if len(values) != groups:
            raise Problem("problem.groups.length", rates=len(values), groups=groups)
        return values
    last = values[-1]
    if len(values) == 1:
        return (last / 10,) * (groups - 1) + (last,)
    first = values[0]
    between = [
        float(f"{first * (last / first) ** (i / (groups - 1)):.15g}") for i in range(1, groups - 1)
    ]
    return (first, *between, last)[-groups:]


def parse_rates(written: str) -> Rates:
    """Read ``1e-3``, ``slice(1e-4, 1e-2)``, ``slice(1e-2)`` or ``[1e-4, 1e-3, 1e-2]``.

    Nothing is evaluated: numbers, ``slice``, brackets and commas are all there is.

    Raises:
        Problem: It reads otherwise; the sentence says where.

    Example:
        >>> parse_rates("slice(1e-4, 1e-2)")
        Rates(kind='slice', values=(0.0001, 0.01))
    """
    tokens = _tokens(written)
    return _Reader(written, tokens).rates()


def regroup(
    optimizer: torch.optim.Optimizer,
    groups: Sequence[Sequence[torch.Tensor]],
    rates: Sequence[float],
) -> None:
    """Divide an optimizer that has not stepped yet into parameter groups with rates of their own.

    Each group also notes its share of the largest rate, ``lr_share``: a schedule then moves all
    of them together (see :class:`~optviz.training.run.TrainingRun`).

    Args:
        optimizer: With its other settings as they should stay.
        groups: The parameters of each group; together those of the optimizer.
        rates: One a group.
    """
    optimizer.param_groups.clear()
    top = max(rates)
    for params, lr in zip(groups, rates, strict=True):
        optimizer.add_param_group({"params": list(params), "lr": lr, "lr_share": lr / top})


Token = tuple[str, int]
"""A piece of the text, and the number of its first character, counted from 1."""


def _tokens(written: str) -> list[Token]:
    if len(written) > LONGEST:
        raise Problem("problem.groups.long", length=len(written), limit=LONGEST)
    tokens, at = [], 0
    end = len(written.rstrip())
    while at < end:
        found = _TOKEN.match(written, at)
        if found is None:
            at += len(written[at:]) - len(written[at:].lstrip())
            raise Problem("problem.groups.character", at=at + 1, character=written[at])
        group = next(i for i in (1, 2, 3) if found.group(i) is not None)
        tokens.append((found.group(group), found.start(group) + 1))
        at = found.end()
    return tokens


class _Reader:
    """The grammar: number | slice ( number [, number] ) | [ number {, number} ]."""

    def __init__(self, written: str, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.end = len(written.rstrip()) + 1
        self.place = 0

    def rates(self) -> Rates:
        word, _ = self.next()
        kind: Literal["same", "slice", "list"]
        if word == "slice":
            self.expect("(")
            kind, values = "slice", self.numbers(")", most=2)
        elif word == "[":
            kind, values = "list", self.numbers("]", most=100)
        else:
            self.place -= 1
            kind, values = "same", (self.number(),)
        if self.place < len(self.tokens):
            extra, at = self.tokens[self.place]
            raise Problem("problem.groups.extra", at=at, found=extra)
        return Rates(kind, values)

    def next(self) -> Token:
        token = self.tokens[self.place] if self.place < len(self.tokens) else ("", self.end)
        self.place += 1
        return token

    def expect(self, wanted: str) -> None:
        found, at = self.next()
        if found != wanted:
            self.wrong(at, wanted, found)

    @staticmethod
    def wrong(at: int, wanted: str, found: str) -> None:
        raise Problem(
            "problem.groups.expected" if found else "problem.groups.ended",
            at=at, wanted=wanted, found=found,
        )  # fmt: skip

    def numbers(self, close: str, most: int) -> tuple[float, ...]:
        values = [self.number()]
        while True:
            found, at = self.next()
            if found == close:
                return tuple(values)
            if found != "," or len(values) == most:
                self.wrong(at, close if len(values) == most else f", {close}", found)
            values.append(self.number())

    def number(self) -> float:
        found, at = self.next()
        try:
            value = float(found)
        except ValueError:
            raise Problem(
                "problem.groups.number" if found else "problem.groups.number_ended",
                at=at, found=found,
            ) from None  # fmt: skip
        if not 1e-12 <= value <= 1e6:
            raise Problem("problem.groups.range", at=at, found=found)
        return value
