"""Whatever somebody types: it is computed or refused with a sentence, and never executed."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from optviz.core.expression import CONSTANTS, FUNCTIONS, LONGEST, parse_expression
from optviz.core.problem import Problem

HARMLESS = {"compile", "object.__getattr__", "object.__setattr__", "sys._getframe"}
"""What Python's own parser, which only makes a tree, and the interpreter at large report."""

_heard: list[str] | None = None


def _listen(event: str, arguments: Any) -> None:
    if _heard is not None and event not in HARMLESS and not event.startswith("gc."):
        _heard.append(event)


sys.addaudithook(_listen)


@contextmanager
def nothing_executed() -> Iterator[None]:
    """Python reports what touches the world: imports, files, processes, evaluated code."""
    global _heard
    heard: list[str] = []
    _heard = heard
    try:
        yield
    finally:
        _heard = None
    assert heard == []


X = torch.tensor([0.5, -1.5], dtype=torch.float64)
torch.sin(X)  # what torch loads at its first use is not the formula's doing

ATTACKS = [
    "__import__('os').system('true')",
    "__import__('os')",
    "eval('1')", "exec('1')", "compile('1', '', 'eval')", "open('/etc/passwd')",
    "globals()", "locals()", "vars(x)", "dir(x)", "getattr(x, 'data')", "setattr(x, 'a', y)",
    "breakpoint()", "input()", "print(x)", "exit()", "help()", "type(x)", "super()",
    "x.__class__", "x.__class__.__bases__[0].__subclasses__()", "().__class__", "x.grad_fn",
    "sin.__globals__", "sin.__self__", "(x).__dir__()", "x.numpy().tofile('f')", "''.join('x')",
    "lambda: x", "(lambda x: x)(y)", "lambda x=eval('1'): x",
    "[x for x in (1,)]", "{x for x in y}", "{x: y for x in y}", "(x for x in y)", "[*y]", "{**x}",
    "(x := y)", "x := 1", "x = 1", "x += 1", "x == y", "x < y", "x if y else x", "x and y",
    "f'{x}'", "f'{__import__(\"os\")}'", "b'x'", "'x'", "u'x'*2", "\"\"\"x\"\"\"", "...", "None",
    "True", "__debug__*x", "__name__", "__builtins__", "_", "self", "x[0]", "x[:]", "x[y]",
    "await x", "yield x", "yield from x", "*x", "**x", "sin(*x)", "sin(**x)", "sin(x=x)",
    "sin(x)(y)", "sin()(x)", "x(y)", "pi(x)", "x @ y", "x << y", "x | y", "x & y", "~x", "not x",
    "x; y", "x\ny = 1", "import os", "import os; x", "x #", "x # y", "x\\\n+y", "del x", "pass",
    "raise x", "assert x", "class x: pass", "def f(): pass", "@x", "x; __import__('os')",
    "ｅｖａｌ('1')", "ｘ.ｇｒａｄ", "__ｉｍｐｏｒｔ__('os')", "ехес('1')", "х + у", "𝘴ｉn(x",
    "ℯ + x;",
    "x\u200b+ y", "x\u202e+ y", "x\ufeff", "\u2028x", "x\0", "\0", "\x1b[31mx", "\ud800", "x\x7f",
    "9**9**9**9", "x**9**9**9", "9**9**9**9*x", "2**1000000000*x", "x**1e9", "x**(65)", "x**-65",
    "1e309*x", "9" * 299 + "j", "9" * 290 + "*x", "0x" + "f" * 250 + "*x", "1_0*x", "0o17*x",
    "(" * 10_000 + "x" + ")" * 10_000, "(" * 140 + "x" + ")" * 140, "-" * 10_000 + "x",
    "sin(" * 10_000, "sin(" * 60 + "x" + ")" * 60, "x+" * 140 + "x", "x^" * 140 + "x",
    "x" * 10_000, "1" * 10_000, " " * 10_000, "x" + " " * 10_000 + "y", "[" * 250, "{" * 250,
    "", " ", "(", ")", "()", ",", ".", "^", "^^", "x^", "^x", "x,", "x, y", "(x, y)", "%", "$x",
    "`x`",
    "x?", "!x", "x!", "1..real", "1.e", "1e", "e1", "1x", "x1", "xy", "yx", "inf*x", "nan*x", "I*x",
    "${jndi:ldap://x}", "<script>x</script>", "'; DROP TABLE x; --", "{{x}}", "{x}", "%s%s%n",
]  # fmt: skip
MAY_BE_READ = {
    "9**9**9**9*x", "9" * 290 + "*x", "0x" + "f" * 250 + "*x", "1_0*x", "0o17*x",
    "(" * 140 + "x" + ")" * 140, "x**9**9**9", "\u2028x", "x\\\n+y",
}  # fmt: skip
"""Odd, but formulas all the same: they mean numbers, and cost nothing."""


def tried(typed: str) -> bool:
    """Whether it is a formula; computed if it is. Anything but a Problem gets through."""
    try:
        with nothing_executed():
            found = parse_expression(typed)
    except Problem as problem:
        assert str(problem)
        return False
    with nothing_executed():
        value = found.function(X, X)
    assert value.shape == X.shape
    return True


@pytest.mark.parametrize("typed", ATTACKS, ids=[ascii(a)[:40] for a in ATTACKS])
def test_attacks_get_a_sentence(typed: str) -> None:
    assert not tried(typed) or typed in MAY_BE_READ


def test_what_the_hook_would_hear() -> None:
    """The watch itself can fail."""
    with pytest.raises(AssertionError, match="exec"), nothing_executed():
        eval("1")
    with pytest.raises(AssertionError, match="open"), nothing_executed(), Path(__file__).open():
        pass


words = st.sampled_from(
    [*FUNCTIONS, *CONSTANTS, *"xyz0123456789.+-*/^()[]{},:;=<>!@#%&|~'\"\\_ \n\t", "**", "//",
     "__class__", "__import__", "lambda", " if ", " else ", " for ", " in ", ":=", "import ", "π",
     "²", "−", "\0", "1e308", "e999"]
)  # fmt: skip


@given(st.lists(words, max_size=40).map("".join))
def test_any_mixture_of_signs(typed: str) -> None:
    tried(typed)


@given(st.text(max_size=LONGEST + 5))
@example("ｘ + ｙ")
def test_any_text(typed: str) -> None:
    tried(typed)


numbers = st.floats(-50, 50).map(lambda v: float(f"{v:.3g}"))
Meaning = tuple[str, Any]


def joined(children: st.SearchStrategy[Meaning]) -> st.SearchStrategy[Meaning]:
    signs = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
    }
    pairs = st.tuples(children, st.sampled_from(sorted(signs)), children).map(
        lambda t: (f"({t[0][0]} {t[1]} {t[2][0]})", _both(signs[t[1]], t[0][1], t[2][1]))
    )
    calls = st.tuples(st.sampled_from(["sin", "cos", "tanh", "atan"]), children).map(
        lambda t: (f"{t[0]}({t[1][0]})", _one(getattr(math, t[0]), t[1][1]))
    )
    return pairs | calls


def _both(sign: Any, a: Any, b: Any) -> Any:
    return lambda x, y: sign(a(x, y), b(x, y))


def _one(function: Any, a: Any) -> Any:
    return lambda x, y: function(a(x, y))


leaves = (
    numbers.map(lambda v: (f"({v!r})", lambda x, y: v))
    | st.just(("x", lambda x, y: x))
    | st.just(("y", lambda x, y: y))
)


@given(st.recursive(leaves, joined, max_leaves=8), st.floats(-3, 3), st.floats(-3, 3))
def test_formulas_mean_what_they_say(meaning: Meaning, x: float, y: float) -> None:
    typed, expected = meaning
    if len(typed) > LONGEST - 6:
        return
    point = torch.tensor([x], dtype=torch.float64), torch.tensor([y], dtype=torch.float64)
    found = parse_expression(f"{typed} + 0*x").function(*point)
    assert float(found) == pytest.approx(expected(x, y), rel=1e-9, abs=1e-9)
