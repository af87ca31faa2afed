// A map of the plane under the mouse: the grid and its image, the Jacobian as the best straight
// map. Everything follows the pointer here, in the browser; only a click tells the server.

import { mounted } from "./mount.js";
import { el, fill, fmt, pair } from "./stage_data.js";
import { Deformation, stretches } from "./jets.js";
import { Panel, spread } from "./deformation_panel.js";

const LINES = 24; // grid lines each way, at most
const FINE = 96; // pieces of a grid line
const EDGE = 32; // pieces of a side of the square, as in optviz/core/deformation.py
const LENS = 1.15; // room round the straight image in the close-up
const STEP = 1 / 40; // of the grid: an arrow key
const REST = 300; // ms after the last arrow key
const F = [ // a letter that has no mirror image of its own
  [[-0.35, -0.6], [-0.35, 0.6], [0.4, 0.6]],
  [[-0.35, 0.05], [0.2, 0.05]],
];
const RING = Array.from({ length: 73 }, (_, i) => {
  const turn = (2 * Math.PI * i) / 72;
  return [Math.cos(turn), Math.sin(turn)];
});
const SQUARE = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].flatMap(([x, y], k, all) => {
  if (k === 4) return [[x, y]];
  const [nx, ny] = all[k + 1];
  return Array.from({ length: EDGE }, (_, i) => [
    x + ((nx - x) * i) / EDGE, y + ((ny - y) * i) / EDGE]);
});

class Scene {
  constructor(host) {
    this.host = host;
    this.before = new Panel();
    this.after = new Panel();
    this.lens = new Panel(false);
    this.handle = el("div", "ov-point");
    this.before.stage.append(this.handle);
    this.before.canvas.tabIndex = 0;
    this.facts = el("dl", "ov-numbers");
    this.legend = el("div", "ov-legend");
    host.replaceChildren(
      el("div", "ov-pair", [
        this.before.node, this.after.node, el("div", "ov-close", [this.lens.node, this.legend]),
      ]),
      this.facts,
    );
    this.listen();
    this.watcher = new ResizeObserver(() => this.soon());
    this.watcher.observe(host);
  }

  show({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    this.data = data;
    this.map = new Deformation(data.map);
    this.pinned = data.point;
    for (const [name, colour] of Object.entries(data.theme)) {
      this.host.style.setProperty(`--ov-${name}`, colour);
    }
    const { words } = data;
    this.before.say(words.before, data.names[0]);
    this.after.say(words.after, data.names[1]);
    this.lens.say(words.close, "");
    this.before.canvas.ariaLabel = words.keys;
    this.handle.title = words.keys;
    this.legend.replaceChildren(...this.keys(words));
    const revision = JSON.stringify([data.map, data.box]);
    if (revision !== this.revision) this.bend(data);
    this.revision = revision;
    this.paint();
    this.host.dataset.drawn = String(Number(this.host.dataset.drawn ?? 0) + 1);
  }

  /** The grid and its image, computed once a map. */
  bend({ box: [x0, x1, y0, y1] }) {
    const size = Math.max(x1 - x0, y1 - y0);
    const step = size / LINES;
    const lines = [];
    const along = (n) => Array.from({ length: n + 1 }, (_, i) => i / n);
    const columns = Math.max(2, Math.round((x1 - x0) / step));
    const rows = Math.max(2, Math.round((y1 - y0) / step));
    for (const t of along(columns)) {
      const x = x0 + t * (x1 - x0);
      lines.push([0, along(FINE).map((s) => [x, y0 + s * (y1 - y0)])]);
    }
    for (const t of along(rows)) {
      const y = y0 + t * (y1 - y0);
      lines.push([1, along(FINE).map((s) => [x0 + s * (x1 - x0), y])]);
    }
    this.lines = lines;
    this.bent = lines.map(([way, line]) => [way, line.map(([x, y]) => this.image(x, y))]);
    this.before.look([x0, x1], [y0, y1]);
    this.after.look(...spread(this.bent.flatMap(([, line]) => line)));
  }

  image(x, y) {
    const at = this.map.at(x, y);
    return [at[0], at[1]];
  }

  get point() {
    return this.live ?? this.pinned;
  }

  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    if (!this.data || this.closed || this.host.offsetParent === null) return;
    const { theme, reach: h } = this.data;
    const [x, y] = this.point;
    const at = this.map.at(x, y);
    const jacobian = at.slice(2);
    const sides = stretches(...jacobian);
    const [a, b, c, d] = jacobian;
    const shifted = (shape) => shape.map(([dx, dy]) => [x + h * dx, y + h * dy]);
    const straight = (shape) => shape.map(([dx, dy]) => [
      at[0] + h * (a * dx + b * dy), at[1] + h * (c * dx + d * dy)]);
    const bent = (shape) => shifted(shape).map(([px, py]) => this.image(px, py));
    const colours = [theme.first, theme.second];

    this.before.begin(theme);
    this.before.grid(this.lines);
    this.before.area(shifted(SQUARE));
    F.forEach((part) => this.before.line(shifted(part), 1.5));
    this.before.line(shifted(RING), 1.2);
    sides.v.forEach(([vx, vy], i) => this.before.arrow(
      [x, y], [x + h * vx, y + h * vy], colours[i], `v${"₁₂"[i]}`));
    this.before.dot([x, y]);
    this.before.end();

    const square = bent(SQUARE);
    const letter = F.map((part) => bent(densely(part)));
    const half = h * Math.max(Math.abs(a) + Math.abs(b), Math.abs(c) + Math.abs(d));
    this.lens.look(...[0, 1].map((i) => [at[i] - LENS * half, at[i] + LENS * half]));
    for (const panel of [this.after, this.lens]) {
      const close = panel === this.lens;
      panel.begin(theme);
      panel.grid(this.bent);
      panel.area(square);
      letter.forEach((part) => panel.line(part, 1.5));
      panel.line(straight(SQUARE), 1.6, [6, 4]);
      panel.line(straight(RING), 1.2);
      sides.images.forEach(([ux, uy], i) => panel.arrow(
        at, [at[0] + h * ux, at[1] + h * uy], colours[i], close ? "" : `σ${"₁₂"[i]}u${"₁₂"[i]}`));
      panel.dot(at);
      panel.end();
    }

    this.place();
    this.tell(at, sides);
  }

  place() {
    const [px, py] = this.before.pixel(this.point);
    this.handle.style.left = `${px}px`;
    this.handle.style.top = `${py}px`;
    this.handle.classList.toggle("ov-gone", !this.before.inside(px, py));
  }

  /** How far the straight image of the square is from the true one. */
  error([x, y], [u, v, a, b, c, d], h) {
    return Math.max(...SQUARE.map(([dx, dy]) => {
      const [tu, tv] = this.image(x + h * dx, y + h * dy);
      return Math.hypot(tu - u - h * (a * dx + b * dy), tv - v - h * (c * dx + d * dy));
    }));
  }

  tell(at, { det, values, alike }) {
    const { words, reach: h, kind } = this.data;
    const first = this.error(this.point, at, h);
    const second = this.error(this.point, at, h / 2);
    const known = [...at, ...values].every(Number.isFinite);
    const size = values[0] * values[0] || 1;
    const way = !known ? "none" : Math.abs(det) < 1e-9 * size ? "flat" : det < 0 ? "over" : "kept";
    const exact = first <= 1e-9 * (Math.abs(at[0]) + Math.abs(at[1]) + h * values[0]);
    const sigma = values.map((value, i) => el("span", `ov-sigma${i}`, fmt(value)));
    const said = { gradient: words.symmetric, step: words[values[0] < 1 ? "together" : "apart"] };
    const more = known ? said[kind] ?? (alike ? words.alike : "") : "";
    const rows = [
      [words.point, pair(...this.point), `→ ${pair(at[0], at[1])}`],
      [words.jacobian, matrix(at.slice(2))],
      [words.determinant, fmt(det), fill(words[`area_${way}`], { factor: fmt(Math.abs(det), 3) })],
      [words.singular, el("span", "", [sigma[0], ", ", sigma[1]]), more],
      [words.error, exact ? "0" : fmt(first, 3), exact ? words.error_none : fill(words.error_half, {
        half: fmt(second, 3), times: fmt(first / second, 3),
      })],
    ];
    this.facts.replaceChildren(...rows.map(([name, value, note]) => el("div", "", [
      el("dt", "", name), el("dd", "", [value]), ...(note ? [el("dd", "ov-note", note)] : [])])));
    this.host.dataset.point = this.point.join(",");
  }

  keys(words) {
    const key = (style, text) => el("span", "", [el("i", style), text]);
    return [
      key("ov-true", words.key_true), key("ov-straight", words.key_straight),
      key("ov-first", words.key_first), key("ov-second", words.key_second),
    ];
  }

  // ── the pointer ──

  listen() {
    const { canvas, stage } = this.before;
    const here = (event) => {
      const box = canvas.getBoundingClientRect();
      return this.before.data(event.clientX - box.left, event.clientY - box.top);
    };
    stage.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" && !this.pressed) return;
      const at = here(event);
      if (!at) return;
      this.live = at;
      this.soon();
    });
    stage.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      if (event.target === this.handle) event.preventDefault();
      this.pressed = true;
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointerup", (event) => {
      if (!this.pressed) return;
      this.pressed = false;
      const at = here(event) ?? this.live;
      if (event.pointerType === "touch") this.live = null;
      if (at) this.pin(at);
    });
    const leave = () => {
      if (this.pressed) return;
      this.live = null;
      this.soon();
    };
    stage.addEventListener("pointerleave", leave);
    stage.addEventListener("pointercancel", () => {
      this.pressed = false;
      leave();
    });
    canvas.addEventListener("keydown", (event) => {
      const way = {
        ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
      }[event.key];
      if (!way || !this.data) return;
      event.preventDefault();
      const [x0, x1, y0, y1] = this.data.box;
      const step = STEP * Math.max(x1 - x0, y1 - y0);
      const [x, y] = this.pinned;
      this.live = null;
      this.pinned = [
        Math.min(x1, Math.max(x0, x + step * way[0])),
        Math.min(y1, Math.max(y0, y + step * way[1])),
      ];
      this.soon();
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.pin(this.pinned), REST);
    });
  }

  pin([x, y]) {
    this.pinned = [x, y];
    this.soon();
    this.send("point", { x, y });
  }

  close() {
    this.closed = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    this.watcher.disconnect();
  }
}

/** A polyline with more vertices, so that a map can bend it. */
function densely(line) {
  return line.slice(1).flatMap(([x1, y1], k) => {
    const [x0, y0] = line[k];
    return Array.from({ length: 13 }, (_, i) => [x0 + ((x1 - x0) * i) / 12, y0 + ((y1 - y0) * i) / 12]);
  });
}

function matrix([a, b, c, d]) {
  const cell = (value) => el("td", "", fmt(value, 3));
  return el("table", "ov-matrix", [
    el("tr", "", [cell(a), cell(b)]), el("tr", "", [cell(c), cell(d)]),
  ]);
}

export default mounted(".ov-deform", Scene);
