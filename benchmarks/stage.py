"""The stage under the hand: ``python -m benchmarks.stage``.

Measured in a real browser on this machine, on the Trajectories page at 1280×720:

- The drag: six optimizers × 300 steps. The ring is held and moved; the clock runs in the browser,
  from the pointer's move until the first frame after all paths were drawn from there. Median and
  95th percentile of forty moves.
- Playing: twelve paths × 300 steps for six seconds. Frames a second, the longest time between two,
  and how many messages went to the server meanwhile.

Both with nothing shown but the paths, with the step taken apart, and with the stability meter too.
"""

from __future__ import annotations

import statistics
from itertools import pairwise
from urllib.parse import quote

from playwright.sync_api import Page, WebSocket, sync_playwright

from benchmarks.paint import REST, STAGE
from optviz.core.optimizers import OPTIMIZERS
from optviz.language import ENGLISH
from scripts.browser import launch
from scripts.serve import serve

DRAG_LIMIT = 0.2
FRAMES_LIMIT = 50
MOVES = 40

SIX = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
TWELVE = tuple(OPTIMIZERS)[:12]
SHOWN = {
    "paths": "",
    "step": "&apart=1",
    "step, meter": "&apart=1&meter=1",
    "all": "&apart=1&meter=1&hessian=1",
}

# Resolves with the milliseconds from the next pointer move to the frame that shows its paths.
DRAGGED = f"""() => {{
  window.dragged = new Promise((resolve) => {{
    let began = null;
    document.addEventListener('pointermove', () => {{ began = performance.now(); }},
      {{ capture: true, once: true }});
    const watcher = new MutationObserver(() => {{
      if (began === null) return;
      watcher.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    }});
    watcher.observe({STAGE}, {{ attributes: true, attributeFilter: ['data-drawn'] }});
  }});
}}"""

# Resolves with the times of all frames from the press of play to the end of the run.
PLAYED = f"""() => new Promise((resolve) => {{
  const times = [];
  const stage = {STAGE};
  stage.focus();
  stage.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Home', bubbles: true }}));
  stage.dispatchEvent(new KeyboardEvent('keydown', {{ key: ' ', bubbles: true }}));
  const tick = (now) => {{
    times.push(now);
    if (stage.dataset.step === '300') resolve(times);
    else requestAnimationFrame(tick);
  }};
  requestAnimationFrame(tick);
}})"""


def opened(page: Page, address: str, runs: tuple[str, ...], shown: str) -> None:
    """Show those runs from their own start, at rest."""
    page.goto(f"{address}/trajectories?lang=en&steps=300&runs={quote(';'.join(runs))}{shown}")
    page.wait_for_function(REST)
    page.wait_for_timeout(1500)


def drags(page: Page) -> list[float]:
    """Seconds from each of :data:`MOVES` moves of the held ring to its paths."""
    page.locator(".ov-handle").hover()
    box = page.locator(".ov-handle").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.down()
    seconds = []
    for i in range(MOVES + 2):
        page.wait_for_function(REST)
        page.evaluate(DRAGGED)
        page.mouse.move(x + 3 * (i + 1), y + 2 * (i % 20))
        seconds.append(float(page.evaluate("() => window.dragged")) / 1000)
    page.mouse.up()
    return seconds[2:]


def plays(page: Page, sent: list[str]) -> tuple[float, float, int]:
    """Frames a second while playing, the longest time between two, messages sent."""
    sent.clear()
    times = page.evaluate(PLAYED)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return 1000 * len(gaps) / sum(gaps), max(gaps) / 1000, len(sent)


def main() -> None:
    """Print one line for each measurement."""
    with serve() as server, sync_playwright() as playwright:
        browser = launch(playwright)
        for name, shown in SHOWN.items():
            page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
            page.set_default_timeout(60_000)
            sent: list[str] = []

            def listen(socket: WebSocket, sent: list[str] = sent) -> None:
                socket.on("framesent", lambda _: sent.append(socket.url))

            page.on("websocket", listen)
            opened(page, server.address, SIX, shown)
            seconds = drags(page)
            p95 = statistics.quantiles(seconds, n=20)[-1]
            print(
                f"drag, {name:<12} median {statistics.median(seconds):.3f} s, "
                f"95 % within {p95:.3f} s   (limit {DRAG_LIMIT})",
                flush=True,
            )
            opened(page, server.address, TWELVE, shown)
            page.get_by_role("combobox", name=ENGLISH("trajectories.stage.speed")).select_option(
                "1"
            )
            rate, longest, messages = plays(page, sent)
            print(
                f"play, {name:<12} {rate:.0f} frames a second, longest gap {longest:.3f} s, "
                f"{messages} messages sent   (at least {FRAMES_LIMIT})",
                flush=True,
            )
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
