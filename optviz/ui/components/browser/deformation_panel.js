// A square picture of the plane with equal scales: axes, grid lines, shapes, arrows.

import { arrow, nameWithHalo, prepare, strokeWithHalo } from "./stage_draw.js";
import { el, fmt } from "./stage_data.js";

const MARGIN = { left: 34, right: 6, top: 6, bottom: 22 };
const FAR = 1e5; // pixels: what lies beyond is left out
const TICKS = 5;

export class Panel {
  /** @param axes whether there are any */
  constructor(axes = true) {
    this.margin = axes ? MARGIN : { left: 1, right: 1, top: 6, bottom: 1 };
    this.named = axes;
    this.title = el("span", "ov-title");
    this.formula = el("span", "ov-names");
    this.canvas = el("canvas");
    this.stage = el("div", "ov-square", [this.canvas]);
    this.node = el("figure", "ov-panel", [
      el("figcaption", "", [this.title, " ", this.formula]), this.stage]);
  }

  say(title, names) {
    this.title.textContent = title;
    this.formula.textContent = names;
  }

  /** Show at least these ranges, with equal scales and a little room. */
  look([x0, x1], [y0, y1]) {
    const half = 0.54 * (Math.max(x1 - x0, y1 - y0) || 1e-9);
    this.middle = [(x0 + x1) / 2, (y0 + y1) / 2];
    this.half = half;
  }

  begin(theme) {
    this.theme = theme;
    const size = this.stage.clientWidth;
    this.size = size;
    this.pen = prepare(this.canvas, size, size);
    const { left, right, top, bottom } = this.margin;
    this.box = { x: left, y: top, width: size - left - right, height: size - top - bottom };
    const { box, half, middle } = this;
    this.scale = Math.min(box.width, box.height) / (2 * half);
    this.zero = [
      box.x + box.width / 2 - this.scale * middle[0],
      box.y + box.height / 2 + this.scale * middle[1],
    ];
    this.axes();
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(box.x, box.y, box.width, box.height);
    this.pen.clip();
  }

  end() {
    this.pen.restore();
  }

  pixel([x, y]) {
    return [this.zero[0] + this.scale * x, this.zero[1] - this.scale * y];
  }

  inside(px, py) {
    const { x, y, width, height } = this.box;
    return px >= x && px <= x + width && py >= y && py <= y + height;
  }

  /** The point of the plane under a pixel, or null outside the axes. */
  data(px, py) {
    if (!this.box || !this.inside(px, py)) return null;
    return [(px - this.zero[0]) / this.scale, (this.zero[1] - py) / this.scale];
  }

  axes() {
    const { pen, theme, box, half, middle } = this;
    const step = nice((2 * half) / TICKS);
    pen.strokeStyle = theme.grid;
    pen.lineWidth = 1;
    pen.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
    if (!this.named) return;
    pen.fillStyle = theme.muted;
    pen.font = "12px system-ui, sans-serif";
    for (const axis of [0, 1]) {
      const from = Math.ceil((middle[axis] - half) / step);
      const to = Math.floor((middle[axis] + half) / step);
      pen.textAlign = axis ? "right" : "center";
      pen.textBaseline = axis ? "middle" : "top";
      for (let k = from; k <= to; k += 1) {
        const [px, py] = this.pixel(axis ? [0, k * step] : [k * step, 0]);
        const label = fmt(k * step, 3);
        if (axis) pen.fillText(label, box.x - 5, py, this.margin.left - 5);
        else pen.fillText(label, px, box.y + box.height + 6);
      }
    }
  }

  trace(points) {
    const { pen } = this;
    pen.beginPath();
    let before = null;
    for (const point of points) {
      const [px, py] = this.pixel(point);
      const known = Math.abs(px) < FAR && Math.abs(py) < FAR;
      // What jumps across the whole picture is torn, not bent.
      if (known && before && Math.hypot(px - before[0], py - before[1]) < 2 * this.size) {
        pen.lineTo(px, py);
      } else if (known) {
        pen.moveTo(px, py);
      }
      before = known ? [px, py] : null;
    }
  }

  grid(lines) {
    const { pen, theme } = this;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.55;
    for (const [way, line] of lines) {
      this.trace(line);
      pen.strokeStyle = way ? theme.muted : theme.accent;
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  area(points) {
    const { pen, theme } = this;
    this.trace(points);
    pen.fillStyle = theme.fill;
    pen.fill();
    strokeWithHalo(pen, theme.accent, 2.2, [], theme.ground);
  }

  line(points, width, dash = []) {
    this.trace(points);
    strokeWithHalo(this.pen, this.theme.ink, width, dash, this.theme.ground);
  }

  arrow(from, to, colour, name) {
    const { pen, theme } = this;
    const [x0, y0] = this.pixel(from);
    const [x1, y1] = this.pixel(to);
    if (![x0, y0, x1, y1].every((v) => Math.abs(v) < FAR)) return;
    arrow(pen, x0, y0, x1, y1, colour, theme.ground);
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length < 8 || !name) return;
    const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
    pen.font = "600 14px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    // Near an edge the name moves inwards: half of it would be cut off.
    const { box } = this;
    const half = pen.measureText(name).width / 2 + 3;
    const px = Math.min(Math.max(x1 + 16 * ux, box.x + half), box.x + box.width - half);
    const py = Math.min(Math.max(y1 + 12 * uy, box.y + 9), box.y + box.height - 9);
    nameWithHalo(pen, name, px, py, colour, theme.ground);
  }

  dot(point) {
    const [px, py] = this.pixel(point);
    const { pen, theme } = this;
    pen.beginPath();
    pen.arc(px, py, 4.5, 0, 2 * Math.PI);
    pen.lineWidth = 2;
    pen.strokeStyle = theme.ground;
    pen.stroke();
    pen.fillStyle = theme.ink;
    pen.fill();
  }
}

/** The ranges that hold all points but a few far ones. */
export function spread(points) {
  const range = (axis) => {
    const values = points.map((point) => point[axis]).filter(Number.isFinite).sort((a, b) => a - b);
    if (!values.length) return [-1, 1];
    const at = (part) => values[Math.round(part * (values.length - 1))];
    const [low, high] = [at(0.04), at(0.96)];
    const room = 0.5 * (high - low);
    return [Math.max(values[0], low - room), Math.min(values.at(-1), high + room)];
  };
  return [range(0), range(1)];
}

/** 1, 2 or 5 × 10ⁿ, at least `step`. */
function nice(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * [1, 2, 5, 10].find((digit) => digit * power >= step * 0.999);
}
