// Two fingers on a map zoom and move it, as everywhere on a touch screen. Plotly knows one finger.

const HELP = 0.05; // ln of the zoom there and back with which a map is moved
const MOST = 0.05; // ln of the zoom in one look; Plotly takes 0.1 from one turn of a wheel

/**
 * Let two fingers zoom and move a map with `scrollZoom`. Returns a function that ends it.
 *
 * They turn Plotly's own wheel: then the view counts as the user's, which a new drawing keeps.
 */
export function heedPinch(graph) {
  let before = null; // where the fingers were: their middle, and ln of how far they are apart
  const begin = (event) => {
    const drag = event.touches.length === 2 && event.target.closest?.(".nsewdrag");
    before = drag ? held(event.touches) : null;
    if (!before) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    letGo(graph, event);
  };
  const move = (event) => {
    if (!before || event.touches.length !== 2) return;
    event.preventDefault(); // the page stays where it is
    event.stopImmediatePropagation();
    const now = held(event.touches);
    const grown = Math.max(-MOST, Math.min(MOST, now.apart - before.apart));
    // A zoom the other way around the old middle, and all of it back around the one point that
    // a zoom leaves in its place while it brings the old middle to the new.
    const help = grown > 0 ? -HELP : HELP;
    turn(graph, before, help);
    turn(graph, fixed(before, now, Math.exp(grown - help)), grown - help);
    before = { ...now, apart: before.apart + grown };
  };
  const end = (event) => {
    if (!before) return;
    event.stopImmediatePropagation(); // the last finger up is no click
    if (event.touches.length < 2) before = null;
  };
  const how = { capture: true, passive: false };
  const heard = { touchstart: begin, touchmove: move, touchend: end, touchcancel: end };
  for (const [name, listener] of Object.entries(heard)) graph.addEventListener(name, listener, how);
  return () => {
    for (const [name, listener] of Object.entries(heard)) {
      graph.removeEventListener(name, listener, how);
    }
  };
}

function held([one, other]) {
  const [dx, dy] = [one.clientX - other.clientX, one.clientY - other.clientY];
  return {
    x: (one.clientX + other.clientX) / 2,
    y: (one.clientY + other.clientY) / 2,
    apart: Math.log(Math.max(Math.hypot(dx, dy), 1)),
  };
}

/** The point that stays when all is stretched by `factor` and `from` comes to lie on `to`. */
function fixed(from, to, factor) {
  return { x: (to.x - factor * from.x) / (1 - factor), y: (to.y - factor * from.y) / (1 - factor) };
}

function turn(graph, { x, y }, log) {
  graph.querySelector(".nsewdrag").dispatchEvent(new WheelEvent("wheel", {
    bubbles: true, cancelable: true, ctrlKey: true, clientX: x, clientY: y, deltaY: -200 * log,
  }));
}

/** End the drag that the first finger has begun, as if it had not been. */
function letGo(graph, { changedTouches }) {
  graph._dragging = false;
  document.dispatchEvent(new TouchEvent("touchend", { cancelable: true, changedTouches: [...changedTouches] }));
}
