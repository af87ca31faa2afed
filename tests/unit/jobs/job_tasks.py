"""Tasks for the tests of the jobs; worker processes import them from this folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from optviz.core.problem import Problem
from optviz.core.task import TaskContext


def add(context: TaskContext, *, a: Any, b: Any) -> Any:
    return a + b


def pid(context: TaskContext) -> int:
    return os.getpid()


def tick(context: TaskContext, *, ticks: int = 10**9) -> int:
    """Tick a hundred times a second; stops, pauses and cancels as asked."""
    for tick in range(ticks):
        context.checkpoint()
        context.emit("tick", tick=tick)
        context.progress(tick + 1, ticks)
        if context.stop_requested:
            return tick
        time.sleep(0.01)
    return ticks


def listen(context: TaskContext, *, count: int) -> list[Any]:
    """Wait until so many messages have come."""
    heard: list[Any] = []
    context.emit("ready")
    while len(heard) < count:
        context.checkpoint()
        heard += context.messages()
        time.sleep(0.01)
    return heard


def changing_array(context: TaskContext) -> None:
    values = np.zeros(3)
    for _ in range(3):
        values += 1
        context.emit("values", values=values)


def storm(context: TaskContext, *, events: int) -> None:
    for number in range(events):
        context.emit("number", number=number)


def deaf(context: TaskContext) -> None:
    """Never looks at its context."""
    context.emit("pid", pid=os.getpid())
    time.sleep(3600)


def with_child(context: TaskContext) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    context.emit("pid", pid=child.pid)
    child.wait()


def chatty(context: TaskContext) -> str:
    sys.stdout.write("to stdout\n")
    os.write(1, b"to file descriptor 1\n")
    return sys.stdin.read()


def die(context: TaskContext) -> None:
    context.emit("alive")
    os._exit(3)


def problem(context: TaskContext) -> None:
    raise Problem("problem.jobs.worker_count", value=-1)


def problem_with_odd_value(context: TaskContext) -> None:
    raise Problem("problem.jobs.worker_count", value=lambda: None)


def bug(context: TaskContext) -> None:
    raise KeyError("no such thing")


def quit(context: TaskContext) -> None:
    raise SystemExit(2)


def no_memory(context: TaskContext) -> None:
    raise MemoryError


def unpicklable_result(context: TaskContext) -> Any:
    return lambda: None


class OnlyHere:
    """Known to the worker; the test forgets the module before it reads."""


def event_only_here(context: TaskContext) -> None:
    context.emit("odd", value=OnlyHere())
    time.sleep(3600)


def result_only_here(context: TaskContext) -> OnlyHere:
    return OnlyHere()


def imported(context: TaskContext, *, module: str) -> bool:
    return module in sys.modules


def threads(context: TaskContext) -> str:
    return os.environ["OMP_NUM_THREADS"]


def holding(context: TaskContext, *, every: int) -> int:
    """Tick, and pause itself after so many ticks; told so, more often."""
    ticks = 0
    while True:
        context.checkpoint()
        every = next((message["every"] for message in context.messages()), every)
        if context.stop_requested:
            context.hold()  # a task that is to end does not pause
            context.checkpoint()
            return ticks
        ticks += 1
        context.emit("tick", tick=ticks)
        if ticks % every == 0:
            context.hold()


def meet(context: TaskContext) -> int:
    """Tell who runs this process, and stay until told to go."""
    context.emit("here", pid=os.getpid(), parent=os.getppid())
    while not context.messages():
        context.checkpoint()
        time.sleep(0.01)
    return os.getpid()


def counted(context: TaskContext, *, to: int, gate: str) -> int:
    """Count; the first time, wait in the middle for the end that will come."""
    for number in range(to):
        context.emit("number", number=number, parent=os.getppid())
        context.progress(number + 1, to)
        if number == to // 2 and not Path(gate).exists():
            Path(gate).touch()
            time.sleep(3600)
    return to
