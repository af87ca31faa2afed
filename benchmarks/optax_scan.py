"""The work of ``benchmarks.three_ways`` as jitted optax scans; run by it, in an environment of
its own (jax is none of ours).

Reads what to do as JSON, writes the results as ``.npz`` beside it, and prints one line of JSON a
piece of work: seconds to compile, and to run when compiled.
"""

import json
import os
import sys
import time
from pathlib import Path

# One thread, as a worker of the page has it.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)

SURFACES = {
    "rosenbrock": lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2,
    "himmelblau": lambda p: (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2,
}
OPTIMIZERS = {
    "sgd": lambda s: optax.sgd(s["lr"]),
    "momentum": lambda s: optax.sgd(s["lr"], s["momentum"]),
    "nesterov": lambda s: optax.sgd(s["lr"], s["momentum"], nesterov=True),
    "adagrad": lambda s: optax.adagrad(s["lr"], initial_accumulator_value=0.0, eps=s["eps"] ** 2),
    "rmsprop": lambda s: optax.rmsprop(s["lr"], s["alpha"], s["eps"], eps_in_sqrt=False),
    "adam": lambda s: optax.adam(s["lr"], s["beta1"], s["beta2"], s["eps"]),
}


def walk(surface, optimizer, settings, start, steps, tolerance):
    """One run: its last iterate, and the step since which its gradient has been small."""
    gradient = jax.grad(SURFACES[surface])
    made = OPTIMIZERS[optimizer](settings)

    def step(carry, k):
        p, state, since = carry
        g = gradient(p)
        since = jnp.where(jnp.hypot(g[0], g[1]) <= tolerance, since, k + 1)
        updates, state = made.update(g, state, p)
        return (optax.apply_updates(p, updates), state, since), None

    begin = (start, made.init(start), jnp.asarray(0))
    (p, _, since), _ = jax.lax.scan(step, begin, jnp.arange(steps))
    return p, since


def path(surface, optimizer, settings, start, steps):
    """One run with everything that is drawn: iterates, losses, gradients."""
    look = jax.value_and_grad(SURFACES[surface])
    made = OPTIMIZERS[optimizer](settings)

    def step(carry, _):
        p, state = carry
        loss, g = look(p)
        updates, state = made.update(g, state, p)
        return (optax.apply_updates(p, updates), state), (p, loss, g)

    (p, _), (points, losses, gradients) = jax.lax.scan(
        step, (start, made.init(start)), None, length=steps
    )
    return jnp.concatenate([points, p[None]]), losses, gradients


def work(asked):
    """A function of arrays, and the arrays."""
    settings, steps = asked["settings"], asked["steps"]
    if asked["kind"] == "basins":
        starts = jnp.stack(jnp.meshgrid(*map(jnp.asarray, asked["grid"])), axis=-1)

        def basins(at):
            one = lambda start: walk(  # noqa: E731
                asked["surface"], asked["optimizer"], settings, start, steps, asked["tolerance"]
            )
            return jax.vmap(one)(at.reshape(-1, 2))

        return basins, (starts,)
    if asked["kind"] == "map":

        def cells(lrs, seconds):
            one = lambda lr, second: walk(  # noqa: E731
                asked["surface"], asked["optimizer"],
                settings | {"lr": lr, asked["second"]: second},
                jnp.asarray(asked["start"]), steps, asked["tolerance"],
            )  # fmt: skip
            return jax.vmap(jax.vmap(one, (0, None)), (None, 0))(lrs, seconds)

        return cells, (jnp.asarray(asked["lrs"]), jnp.asarray(asked["values"]))

    def comparison(start):
        return [path(asked["surface"], o, s, start, steps) for o, s in settings.items()]

    return comparison, (jnp.asarray(asked["start"]),)


def main():
    asked_file = Path(sys.argv[1])
    for number, asked in enumerate(json.loads(asked_file.read_text())):
        function, arguments = work(asked)
        began = time.perf_counter()
        compiled = jax.jit(function).lower(*arguments).compile()
        compile_seconds = time.perf_counter() - began
        seconds = []
        for _ in range(6):
            began = time.perf_counter()
            result = jax.block_until_ready(compiled(*arguments))
            seconds.append(time.perf_counter() - began)
        ends = [r[0] for r in result] if asked["kind"] == "drag" else result[0]
        np.save(asked_file.parent / f"{number}.npy", np.asarray(ends))
        print(json.dumps({"compile": compile_seconds, "run": min(seconds[1:])}), flush=True)


if __name__ == "__main__":
    main()
