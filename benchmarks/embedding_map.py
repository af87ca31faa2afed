"""How smoothly a large map moves: ``python -m benchmarks.embedding_map [points …]``.

The Embeddings page in a real browser, its PCA map of 9,000 films; the points are repeated with a
little noise until there are as many as asked for (10,000 by default). The map is dragged about
for three seconds, then its wheel zooms in and out for as long. What is counted are the
pictures that Plotly drew and that the browser presented: a frame without a new picture counts as
none. The name of what draws WebGL is printed, for a machine without a graphics card draws in
software, on its processor. Beside each rate stands the processor time that the page itself took
for a picture (its script, style and layout; Chromium's own measure of that thread): what is left
when a graphics card does the drawing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from playwright.sync_api import Page, sync_playwright

from scripts.browser import launch
from scripts.serve import serve

LIMIT = 30.0
SECONDS = 3.0

READY = """() => {
  const g = document.querySelector('.ov-chart');
  const t = g?._fullData?.[0];
  return g?.dataset.drawn && t?.type === 'scattergl' && t.x.length > 8000
    && document.querySelector('[data-test-script-state=notRunning]');
}"""

REPEAT = """async (n) => {
  const g = document.querySelector('.ov-chart'), t = g.data[0], m = g._fullData[0].x.length;
  const more = (values, noise) => Float32Array.from({ length: n },
    (_, i) => g._fullData[0][values][i % m] + (i < m ? 0 : noise * Math.sin(i)));
  const colour = Float32Array.from({ length: n }, (_, i) => g._fullData[0].marker.color[i % m]);
  const customdata = Array.from({ length: n }, (_, i) => g._fullData[0].customdata[i % m]);
  await Plotly.restyle(g, { x: [more('x', 0.01)], y: [more('y', 0.01)],
    'marker.color': [colour], customdata: [customdata] }, [0]);
  return g._fullData[0].x.length;
}"""

RENDERER = """() => {
  const gl = document.createElement('canvas').getContext('webgl');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  return gl ? gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : 'no WebGL';
}"""

# Pictures presented: an animation frame counts if the map moved since the one before.
WATCH = """() => {
  const g = document.querySelector('.ov-chart');
  const seen = window.seen = { pictures: 0, began: performance.now(), longest: 0 };
  let last = null, at = performance.now();
  const look = (now) => {
    const axis = g._fullLayout.xaxis, place = axis.range.join() + axis._length;
    if (place !== last) {
      if (last !== null) { seen.pictures += 1; seen.longest = Math.max(seen.longest, now - at); }
      at = now;
      last = place;
    }
    if (!seen.done) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

RESULT = """() => {
  const { seen } = window;
  seen.done = true;
  return [seen.pictures * 1000 / (performance.now() - seen.began), seen.longest];
}"""

TURN = """(seconds) => new Promise((resolve) => {
  const cover = document.querySelector('.ov-chart .nsewdrag'), box = cover.getBoundingClientRect();
  const began = performance.now();
  const turn = (now) => {
    if (now - began > 1000 * seconds) { resolve(); return; }
    cover.dispatchEvent(new WheelEvent('wheel', {
      deltaY: (now - began) % 1000 < 500 ? -12 : 12, ctrlKey: true, bubbles: true,
      cancelable: true, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2,
    }));
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
})"""

DRAG = """(seconds) => new Promise((resolve) => {
  const cover = document.querySelector('.ov-chart .nsewdrag'), box = cover.getBoundingClientRect();
  const x = box.x + box.width / 2, y = box.y + box.height / 2, began = performance.now();
  const tell = (type, dx, dy) => (document.querySelector('.dragcover') ?? cover).dispatchEvent(
    new MouseEvent(type, { clientX: x + dx, clientY: y + dy, button: 0, bubbles: true,
      buttons: type === 'mouseup' ? 0 : 1, cancelable: true, view: window }));
  tell('mousedown', 0, 0);
  const move = (now) => {
    const angle = 4 * (now - began) / 1000;
    const over = now - began > 1000 * seconds;
    tell(over ? 'mouseup' : 'mousemove', 150 * Math.sin(angle), 90 * Math.sin(2 * angle));
    if (over) resolve();
    else requestAnimationFrame(move);
  };
  requestAnimationFrame(move);
})"""


class Busy:
    """Processor time of the page's own thread."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds(self) -> float:
        """So much since the page was opened."""
        found = self._session.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in found if one["name"] == "TaskDuration")


def moved(page: Page, busy: Busy, script: str) -> tuple[float, float, float]:
    """Move the map for :data:`SECONDS`.

    Returns:
        Pictures a second, the longest wait for one, and the page's own time for one; both in
        milliseconds.
    """
    page.wait_for_timeout(1000)
    before = busy.seconds()
    page.evaluate(WATCH)
    page.evaluate(script, SECONDS)
    rate, longest = page.evaluate(RESULT)
    return rate, longest, 1e3 * (busy.seconds() - before) / (rate * SECONDS)


def main(sizes: Sequence[int]) -> int:
    """Print one line a size; 1 if a map moved at fewer than :data:`LIMIT` pictures a second."""
    slow = False
    with serve() as server, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{server.address}/embeddings?method=pca&n_movies=9000")
        page.wait_for_function(READY, timeout=120_000)
        print(f"WebGL by {page.evaluate(RENDERER)}")
        busy = Busy(page)
        head = f"{'longest':>9} {'page':>8}"
        print(f"{'points':>7} {'pan':>8} {head} {'zoom':>9} {head}")
        for n in sizes:
            print(f"{page.evaluate(REPEAT, n):7,}", end=" ")
            pan, zoom = (moved(page, busy, script) for script in (DRAG, TURN))
            for (rate, longest, own), width in ((pan, 6), (zoom, 7)):
                print(f"{rate:{width}.0f}/s {longest:6.0f} ms {own:5.1f} ms", end=" ", flush=True)
            print()
            slow |= min(pan[0], zoom[0]) < LIMIT
        browser.close()
    return int(slow)


if __name__ == "__main__":
    sys.exit(main([int(n) for n in sys.argv[1:]] or [10_000]))
