"""All checks: ``python -m scripts.check``, or only some: ``python -m scripts.check types``.

``--fast`` leaves out the browser tests. Every check runs, whatever the others say; the exit
status is 0 only if all of them passed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.browser import NoBrowser, ensure_browser

ROOT = Path(__file__).parents[1]
PYTHONS = ((3, 11), (3, 13))
"""The first and the last Python that all pinned packages are made for."""


def _beside(program: str) -> str:
    """A program of this very environment, whatever the PATH says."""
    folder = str(Path(sys.executable).parent)
    return shutil.which(program, path=folder) or program


CHECKS: Mapping[str, Sequence[str]] = {
    "lint": (sys.executable, "-m", "ruff", "check", "."),
    "format": (sys.executable, "-m", "ruff", "format", "--check", "."),
    "types": (sys.executable, "-m", "mypy"),
    "layers": (_beside("lint-imports"),),
    "tests": (sys.executable, "-m", "pytest"),
}
"""Name → command, in the order in which they run: the quick ones first."""


def run(command: Sequence[str]) -> bool:
    """Run one command in the repository's root, its output shown as it comes."""
    print("$", *(Path(command[0]).name, *command[1:]), flush=True)
    try:
        return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0
    except OSError as error:
        print(error, file=sys.stderr)
        return False


BROWSER_TESTS = "tests/e2e"

SIDE_BY_SIDE = ("--numprocesses=logical", "--maxprocesses=4", "--dist=worksteal")
"""What has no browser runs on all cores; a server, its workers and a browser fill them alone."""


def run_tests(fast: bool) -> bool:
    """Run pytest; first make sure that there is a browser, unless it is not needed."""
    found = None
    if not fast:
        try:
            found = ensure_browser()
            print(f"Browser: {found}", flush=True)
        except NoBrowser as problem:
            print(problem, file=sys.stderr, flush=True)
    passed = run([*CHECKS["tests"], *SIDE_BY_SIDE, f"--ignore={BROWSER_TESTS}"])
    if fast:
        return passed
    return found is not None and run([*CHECKS["tests"], BROWSER_TESTS]) and passed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks and say how each went."""
    parser = argparse.ArgumentParser(prog="python -m scripts.check", description=__doc__)
    parser.add_argument(
        "checks", nargs="*", metavar="CHECK", help=f"any of {', '.join(CHECKS)}; all if none"
    )
    parser.add_argument("--fast", action="store_true", help="leave out the browser tests")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.checks if name not in CHECKS]
    if unknown:
        parser.error(f"no such check: {', '.join(unknown)} (known: {', '.join(CHECKS)})")
    if not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        first, last = (".".join(map(str, version)) for version in PYTHONS)
        print(f"This is Python {sys.version.split()[0]}; optviz is made for {first} to {last}.")

    lines: list[str] = []
    failed = False
    for name in given.checks or CHECKS:
        print(f"\n── {name} ──", flush=True)
        began = time.monotonic()
        passed = run_tests(given.fast) if name == "tests" else run(CHECKS[name])
        failed = failed or not passed
        seconds = time.monotonic() - began
        lines.append(f"{'✓' if passed else '✗'} {name:<7} {seconds:6.1f} s")
    print("\n" + "\n".join(lines))
    print("Something failed; its output is above." if failed else "All is well.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
