"""A Chromium or Chrome for the browser tests: ``python -m scripts.browser``.

Finds the one that is installed; if there is none, installs one the way the platform does. The
environment variable ``OPTVIZ_BROWSER`` names one and goes before all others.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

__all__ = ["VARIABLE", "NoBrowser", "ensure_browser", "find_browser", "launch"]

VARIABLE = "OPTVIZ_BROWSER"
"""Names the browser's executable."""

COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
MAC_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
WINDOWS_PATHS = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)

FLAGS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
"""Containers and root have no sandbox; what our pages need comes from our own server."""


class NoBrowser(Exception):
    """There is no browser, and none could be installed; the sentence says what to do."""


def find_browser() -> str | None:
    """The executable of an installed Chromium, Chrome or Edge; None if there is none.

    Raises:
        NoBrowser: The environment variable names something that is not there.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise NoBrowser(f"{VARIABLE} names {named!r}, which is not there or cannot be run.")
        return found
    for command in COMMANDS:
        if found := shutil.which(command):
            return found
    return next((str(path) for path in _usual_places() if path.is_file()), None)


def _usual_places() -> Iterator[Path]:
    """Where browsers lie that are not on the PATH; the costliest to ask comes last."""
    if sys.platform == "darwin":
        for path in MAC_PATHS:
            yield Path(path)
            yield Path.home() / path.lstrip("/")
    for variable in WINDOWS_FOLDERS:
        if folder := os.environ.get(variable):
            yield from (Path(folder, path) for path in WINDOWS_PATHS)
    with sync_playwright() as playwright:
        yield Path(playwright.chromium.executable_path)


def ensure_browser() -> str:
    """The executable of a browser, installed now if there was none.

    Raises:
        NoBrowser: It could not be installed.
    """
    if found := find_browser():
        return found
    print("No Chromium or Chrome here: installing one.", flush=True)
    for commands in _installers():
        if all(_run(command) for command in commands) and (found := find_browser()):
            return found
    raise NoBrowser(
        "The browser tests need Chromium or Chrome, and installing one did not work. Install "
        f"it as this machine's administrator does, or name yours in {VARIABLE}; everything but "
        "the browser tests runs with `python -m scripts.check --fast`."
    )


def _installers() -> Iterator[list[Sequence[str]]]:
    """The ways to get a browser here, the platform's own first."""
    root = _as_root()
    if root is not None and shutil.which("apt-get"):
        apt = (*root, "apt-get", "-q")
        yield [(*apt, "update"), (*apt, "install", "-y", "--no-install-recommends", "chromium")]
    elif root is not None and shutil.which("dnf"):
        yield [(*root, "dnf", "install", "-y", "chromium")]
    elif shutil.which("brew"):
        yield [("brew", "install", "--cask", "google-chrome")]
    with_libraries = ("--with-deps",) if root is not None else ()
    yield [(sys.executable, "-m", "playwright", "install", *with_libraries, "chromium")]


def _as_root() -> tuple[str, ...] | None:
    """What to put before a command that root must run; None if that would need a password."""
    if not hasattr(os, "geteuid"):
        return None
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") and _run(("sudo", "-n", "true"), quiet=True):
        return ("sudo", "-n")
    return None


def _run(command: Sequence[str], *, quiet: bool = False) -> bool:
    """Run a command that must not ask; True if it succeeded."""
    if not quiet:
        print("$", *command, flush=True)
    output = subprocess.DEVNULL if quiet else None
    try:
        return not subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            check=False,
        ).returncode
    except OSError:
        return False


def launch(playwright: Playwright) -> Browser:
    """Start the installed browser, without a window.

    Raises:
        NoBrowser: There is none, or it does not start.
    """
    found = find_browser()
    if found is None:
        raise NoBrowser(
            "The browser tests need Chromium or Chrome. Run `python -m scripts.browser` to "
            f"install one, or name yours in the environment variable {VARIABLE}."
        )
    try:
        return playwright.chromium.launch(executable_path=found, args=list(FLAGS))
    except Error as error:
        raise NoBrowser(f"{found} does not start: {error.message.splitlines()[0]}") from error


def main() -> int:
    """Say which browser the tests use, installing one if need be."""
    try:
        print(ensure_browser())
    except NoBrowser as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
