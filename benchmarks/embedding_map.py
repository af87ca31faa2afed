"""How smoothly a large map moves: ``python -m benchmarks.embedding_map [points …]``.

The Embeddings page in a real browser, its PCA map of 9,000 films; the points are repeated with a
little noise until there are as many as asked for (10,000 by default). A mouse drags the map about
for three seconds, then the view is zoomed in and out, one step a frame. What is counted are the
pictures that Plotly drew and that the browser presented: a frame without a new picture counts as
none. The name of what draws WebGL is printed, for a machine without a graphics card draws in
software, on its processor.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from playwright.sync_api import Page, sync_playwright

from scripts.browser import launch
from scripts.serve import serve

LIMIT = 30.0
SECONDS = 3.0
STEPS = 90

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

ZOOM = """(steps) => new Promise((resolve) => {
  const g = document.querySelector('.ov-chart');
  const whole = [...g._fullLayout.xaxis.range], tall = [...g._fullLayout.yaxis.range];
  const shrunk = ([a, b], share) => [a + (b - a) * share, b - (b - a) * share];
  const began = performance.now();
  let step = 0, longest = 0, last = began;
  const next = async (now) => {
    longest = Math.max(longest, now - last);
    last = now;
    if (step === steps) { resolve([steps * 1000 / (now - began), longest]); return; }
    const share = 0.4 * Math.sin(Math.PI * ++step / steps);
    await Plotly.relayout(g,
      { 'xaxis.range': shrunk(whole, share), 'yaxis.range': shrunk(tall, share) });
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""


def drag(page: Page) -> tuple[float, float]:
    """Pictures a second, and the longest wait for one in milliseconds, while the map is dragged."""
    box = page.locator(".ov-chart").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y, steps=3)
    page.evaluate(WATCH)
    began = page.evaluate("() => performance.now()")
    angle = 0.0
    while page.evaluate("() => performance.now()") - began < 1000 * SECONDS:
        angle += 0.06
        page.mouse.move(x + 150 * math.sin(angle), y + 90 * math.sin(2 * angle))
    rate, longest = page.evaluate(RESULT)
    page.mouse.up()
    return rate, longest


def main(sizes: Sequence[int]) -> int:
    """Print one line a size; 1 if a map moved at fewer than :data:`LIMIT` pictures a second."""
    slow = False
    with serve() as server, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{server.address}/embeddings?method=pca&n_movies=9000")
        page.wait_for_function(READY, timeout=120_000)
        print(f"WebGL by {page.evaluate(RENDERER)}")
        print(f"{'points':>7} {'pan':>8} {'longest':>9} {'zoom':>9} {'longest':>9}")
        for n in sizes:
            drawn = page.evaluate(REPEAT, n)
            page.wait_for_timeout(1000)
            pan, pan_longest = drag(page)
            page.wait_for_timeout(1000)
            zoom, zoom_longest = page.evaluate(ZOOM, STEPS)
            print(f"{drawn:7,} {pan:6.0f}/s {pan_longest:6.0f} ms", end=" ")
            print(f"{zoom:7.0f}/s {zoom_longest:6.0f} ms", flush=True)
            slow |= min(pan, zoom) < LIMIT
        browser.close()
    return int(slow)


if __name__ == "__main__":
    sys.exit(main([int(n) for n in sys.argv[1:]] or [10_000]))
