"""From a slider's change to the new picture: ``python -m benchmarks.paint [scene …]``.

On the Trajectories page in a real browser, an arrow key moves the slider of the learning rate.
The clock runs in the browser, from the key until the first frame after the picture was drawn
with the new paths. One warm-up, then the median of nine presses, for each scene and for a
comparison of twelve optimizers.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from optviz.core.optimizers import OPTIMIZERS
from optviz.language import ENGLISH
from scripts.browser import launch
from scripts.serve import serve

LIMIT = 0.6
PRESSES = 9

STAGE = "document.querySelector('.ov-stage')"

# Resolves with the milliseconds from now to the frame in which the next drawing is on screen.
MEASURE = f"""() => {{
  const stage = {STAGE};
  window.painted = new Promise((resolve) => {{
    let began = null;
    const key = (event) => {{
      if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
      began = performance.now();
      document.removeEventListener('keydown', key, true);
    }};
    document.addEventListener('keydown', key, true);
    const watcher = new MutationObserver(() => {{
      if (began === null) return;
      watcher.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    }});
    watcher.observe(stage, {{ attributes: true, attributeFilter: ['data-drawn'] }});
  }});
}}"""

REST = f"""() => {STAGE}?.dataset.drawn
  && document.querySelector('[data-test-script-state=notRunning]')"""


def queries() -> dict[str, str]:
    """Scene → the address that shows it."""
    from optviz.ui.trajectories_state import SCENES, TrajectoriesState

    found = {
        name: "&".join(
            f"{key}={quote(value)}" for key, value in TrajectoriesState(**fields).to_query().items()
        )
        for name, fields in SCENES.items()
    }
    found["twelve"] = "runs=" + quote(";".join(list(OPTIMIZERS)[:12]))
    return found


def press(page: Page, key: str) -> float:
    """Seconds from one key press to the new picture."""
    page.wait_for_function(REST)
    slider = page.get_by_test_id("stSlider").filter(has_text=ENGLISH("hyperparameter.lr.label"))
    handle = slider.get_by_role("slider").first
    handle.focus()
    page.evaluate(MEASURE)
    page.keyboard.press(key)
    return float(page.evaluate("() => window.painted")) / 1000


def main(wanted: Sequence[str]) -> None:
    """Print one line a scene."""
    with serve() as server, sync_playwright() as playwright:
        browser = launch(playwright)
        for name, query in queries().items():
            if wanted and name not in wanted:
                continue
            page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
            page.set_default_timeout(60_000)
            page.goto(f"{server.address}/trajectories?lang=en&{query}")
            page.wait_for_function(REST)
            page.wait_for_timeout(1500)
            press(page, "ArrowLeft")
            # To and fro, so that both ends stay in sight; nothing is computed twice in a row.
            seconds = [press(page, "ArrowLeft" if i < 5 else "ArrowRight") for i in range(PRESSES)]
            print(
                f"{name:<12} {statistics.median(seconds):.3f} s, slowest {max(seconds):.3f} s"
                f"   (limit {LIMIT})",
                flush=True,
            )
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
