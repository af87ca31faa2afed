// The map: Plotly draws surface, axes and critical points; paths and the Hessian go on a canvas.

import { dataAt, onPress, plotlyConfig } from "./plotly.js";
import { between, DASHES, dots, head, prepare, strokeWithHalo, tracePath } from "./stage_draw.js";
import { drawQuadratic, quadratic } from "./stage_hessian.js";
import { el } from "./stage_data.js";

const TOUCH = Number(window.matchMedia("(pointer: coarse)").matches);
const BUTTONS = [
  [["zoom2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"], ["toImage"]],
  [["zoomIn2d", "zoomOut2d", "resetScale2d"]],
];
const DOUBLE_CLICK = 260; // ms within which a second click means "zoom out"
const ANSWER = 4000; // ms after which a lost answer no longer holds a drag up

export class MapView {
  /** @param send tells the server where the user wants to start */
  constructor(send) {
    this.plot = el("div", "ov-plot");
    this.canvas = el("canvas");
    this.handle = el("div", "ov-handle");
    this.node = el("div", "ov-view", [this.plot, this.canvas, this.handle]);
    this.send = send;
    this.grab();
  }

  async update(Plotly, data) {
    this.Plotly = Plotly;
    this.colours = data.theme;
    this.handle.title = data.words.stage.start;
    this.start = data.start;
    this.waiting = false;
    const size = `${this.node.clientWidth} ${this.node.clientHeight}`;
    const revision = `${data.map_revision} ${size}`;
    if (revision !== this.revision) {
      const figure = JSON.parse(data.map);
      const layout = {
        ...figure.layout,
        width: this.node.clientWidth,
        height: this.node.clientHeight,
        // On a touch screen a drag scrolls the page; the ring moves the start.
        dragmode: TOUCH ? false : "zoom",
      };
      const config = plotlyConfig(data.words, true, { modeBarButtons: BUTTONS[TOUCH] });
      await Plotly.react(this.plot, { data: figure.data, layout, config });
      this.revision = revision;
      if (!this.listening) this.listen();
    }
    if (this.queued) this.ask(...this.queued);
  }

  listen() {
    this.listening = true;
    this.plot.on("plotly_relayouting", () => this.repaint?.());
    this.plot.on("plotly_afterplot", () => this.repaint?.());
    this.forget = onPress(this.plot, (px, py, event) => {
      if (event.target.closest?.(".modebar")) return;
      const at = dataAt(this.plot, px, py);
      if (!at) return;
      clearTimeout(this.click);
      const { range, _rangeInitial0: from, _rangeInitial1: to } = this.plot._fullLayout.xaxis;
      const zoomed = from !== undefined && (range[0] !== from || range[1] !== to);
      if (zoomed && event.timeStamp - (this.clicked ?? -1e9) < DOUBLE_CLICK) return;
      this.clicked = event.timeStamp;
      // Zoomed in, a first click may be half a double click.
      this.click = setTimeout(() => this.ask(at.x, at.y), zoomed ? DOUBLE_CLICK : 0);
    });
  }

  /** Ask the server for paths from (x, y). */
  ask(x, y) {
    this.queued = null;
    this.waiting = true;
    this.asked = performance.now();
    this.last = `${x} ${y}`;
    this.send(x, y);
  }

  /** Ask in passing, with the ring still held: while one answer is on its way, only the last waits.
   *
   * Where the ring is dropped is asked at once, and once: said later, or again, it might undo what
   * the user pressed or typed in the meantime.
   */
  follow(x, y) {
    if (this.waiting && performance.now() - this.asked < ANSWER) this.queued = [x, y];
    else this.ask(x, y);
  }

  grab() {
    const { handle } = this;
    handle.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      handle.classList.add("ov-dragging");
      this.last = null;
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = this.node.getBoundingClientRect();
      const at = dataAt(this.plot, event.clientX - box.left, event.clientY - box.top);
      if (!at) return;
      this.held = [at.x, at.y];
      this.follow(at.x, at.y);
      this.repaint?.();
    });
    const drop = (event) => {
      if (!handle.classList.contains("ov-dragging")) return;
      handle.classList.remove("ov-dragging");
      handle.releasePointerCapture?.(event.pointerId);
      if (this.held && this.held.join(" ") !== this.last) this.ask(...this.held);
      this.held = null;
    };
    handle.addEventListener("pointerup", drop);
    handle.addEventListener("pointercancel", drop);
  }

  /** Everything that moves. */
  paint(runs, k, focus, hessian) {
    const layout = this.plot._fullLayout;
    if (!layout?.xaxis?.d2p) return;
    const { xaxis, yaxis } = layout;
    const pen = prepare(this.canvas, this.node.clientWidth, this.node.clientHeight);
    const box = {
      x: xaxis._offset, y: yaxis._offset, width: xaxis._length, height: yaxis._length,
    };
    const scaleX = xaxis.d2p(1) - xaxis.d2p(0);
    const scaleY = yaxis.d2p(1) - yaxis.d2p(0);
    const zeroX = xaxis._offset + xaxis.d2p(0);
    const zeroY = yaxis._offset + yaxis.d2p(0);
    const at = {
      box, scaleX, scaleY,
      toX: (x) => zeroX + scaleX * x,
      toY: (y) => zeroY + scaleY * y,
      fromX: (px) => (px - zeroX) / scaleX,
      fromY: (py) => (py - zeroY) / scaleY,
    };
    pen.save();
    pen.beginPath();
    pen.rect(box.x, box.y, box.width, box.height);
    pen.clip();
    const { toX, toY } = at;
    const { ground } = this.colours;
    // The run looked at comes last, on top of the others.
    const order = runs.map((_, i) => i).filter((i) => i !== focus);
    if (runs[focus]) order.push(focus);
    this.noise?.drawUnder(pen, runs[focus], k, at);
    for (const i of order) {
      const run = runs[i];
      const n = run.losses.length - 1;
      if (k < n) {
        pen.globalAlpha = 0.22;
        tracePath(pen, run.points, n, toX, toY);
        pen.lineWidth = 1.5;
        pen.strokeStyle = run.colour;
        pen.stroke();
        pen.globalAlpha = 1;
      }
      tracePath(pen, run.points, Math.min(k, n), toX, toY);
      const fine = this.noise?.fine(run);
      const width = (i === focus ? 2.8 : 2.1) * (fine ? 0.4 : 1);
      strokeWithHalo(pen, run.colour, width, DASHES[run.dash] ?? [], ground);
      if (!fine) dots(pen, run.points, Math.min(k, n), toX, toY, run.colour);
    }
    const looked = runs[focus];
    if (hessian && looked?.curvature) {
      const q = quadratic(looked, Math.min(Math.floor(k), looked.losses.length - 1));
      if (q) drawQuadratic(pen, q, at, looked, this.colours, !this.apart?.data);
    }
    for (const i of order) {
      const run = runs[i];
      const [x, y] = between(run.points, Math.min(k, run.losses.length - 1));
      if (Number.isFinite(x) && Number.isFinite(y)) {
        head(pen, toX(x), toY(y), run.marker, 5.5, run.colour, ground);
      }
    }
    this.noise?.drawOver(pen, runs[focus], k, at, this.colours);
    this.apart?.draw(pen, runs[focus], k, at, this.colours);
    pen.restore();
    this.placeHandle(at);
  }

  placeHandle({ toX, toY, box }) {
    const [x, y] = this.held ?? this.start;
    const [px, py] = [toX(x), toY(y)];
    const inside = px >= box.x && px <= box.x + box.width && py >= box.y && py <= box.y + box.height;
    this.handle.classList.toggle("ov-hidden", !inside);
    this.handle.style.left = `${px}px`;
    this.handle.style.top = `${py}px`;
  }

  close() {
    clearTimeout(this.click);
    this.forget?.();
    this.Plotly?.purge(this.plot);
  }
}
