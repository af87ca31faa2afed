// What a batch sees: its own surface, its gradient beside the full one, and the noise about it.

import { arrow, levelLine } from "./stage_draw.js";
import { el, fill, fmt } from "./stage_data.js";

const CELLS = 48;
const LEVELS = [0.06, 0.25, 0.55, 1, 1.7, 2.6]; // of what lies between the batch's lowest and here
const NOISE = 0.16; // of the plot's shorter side: two standard deviations of a usual batch
const LONGEST = 0.42; // of the plot's shorter side: the longest full gradient

const MANY = 700; // points of a path that would run together

const softplus = (z) => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)));

/** The loss of one sample, as optviz/core/sample_loss.py has it. */
export const LOSSES = {
  linear: (w, b, x, y) => (w * x + b - y) ** 2 / 2,
  logistic: (w, b, x, y) => softplus(w * x + b) - y * (w * x + b),
  neuron: (a, w, x, y) => (a * Math.tanh(w * x) - y) ** 2 / 2,
};

function typed(text, Kind) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) out[i] = raw.charCodeAt(i);
  return new Kind(out.buffer);
}

export class Noise {
  constructor() {
    this.node = el("dl", "ov-batch ov-hidden");
  }

  /** Take what the server sent; null where a page shows no batches. */
  update(sent) {
    this.data = sent && {
      ...sent,
      x: typed(sent.x, Float64Array),
      y: typed(sent.y, Float64Array),
      rows: typed(sent.rows, Int32Array),
      ends: typed(sent.ends, Int32Array),
      at: typed(sent.at, Int32Array),
      full: typed(sent.full, Float64Array),
      given: typed(sent.given, Float64Array),
      rates: typed(sent.rates, Float64Array),
      covariance: typed(sent.covariance, Float64Array),
    };
    this.lines = null;
    this.told = null;
    this.node.classList.toggle("ov-hidden", !this.data);
  }

  /** Updates made before tick `k`, and the batch of the next one (at the end: of the last). */
  place(k) {
    const { at, ends } = this.data;
    const made = at[Math.min(Math.floor(k), at.length - 1)];
    return { made, batch: Math.min(made, ends.length - 2) };
  }

  /** Below the paths: the level lines of the batch's own surface. */
  drawUnder(pen, run, k, at) {
    if (!this.data?.show.batch || !run) return;
    const { made, batch } = this.place(k);
    const { ends } = this.data;
    if (batch < 0 || ends[batch + 1] - ends[batch] >= this.data.x.length) return;
    const tick = Math.min(Math.floor(k), run.losses.length - 1);
    const here = [run.points[2 * tick], run.points[2 * tick + 1]];
    if (!here.every(Number.isFinite)) return;
    const { box, fromX, fromY } = at;
    const key = [made, batch, box.x, box.y, box.width, box.height, fromX(0), fromY(0),
      at.scaleX, at.scaleY].join();
    if (this.lines?.key !== key) this.lines = { key, ...this.grid(batch, here, at) };
    const { values, levels } = this.lines;
    const w = box.width / CELLS;
    const h = box.height / CELLS;
    const value = (px, py) => (
      values[Math.round((py - box.y) / h) * (CELLS + 1) + Math.round((px - box.x) / w)]
    );
    pen.strokeStyle = run.colour;
    pen.lineWidth = 1.3;
    levels.forEach((level, i) => {
      pen.globalAlpha = 0.62 - 0.08 * i;
      levelLine(pen, box, value, level, CELLS);
    });
    pen.globalAlpha = 1;
  }

  /** The batch's loss on a grid of pixels, and the levels that tell its shape. */
  grid(batch, here, { box, fromX, fromY }) {
    const { rows, ends, x, y } = this.data;
    const loss = LOSSES[this.data.model];
    const mean = (p, q) => {
      let total = 0;
      for (let i = ends[batch]; i < ends[batch + 1]; i += 1) {
        total += loss(p, q, x[rows[i]], y[rows[i]]);
      }
      return total / (ends[batch + 1] - ends[batch]);
    };
    const values = new Float64Array((CELLS + 1) ** 2);
    let low = Infinity;
    let top = -Infinity;
    for (let j = 0; j <= CELLS; j += 1) {
      const q = fromY(box.y + (j * box.height) / CELLS);
      for (let i = 0; i <= CELLS; i += 1) {
        const value = mean(fromX(box.x + (i * box.width) / CELLS), q);
        values[j * (CELLS + 1) + i] = value;
        low = Math.min(low, value);
        top = Math.max(top, value);
      }
    }
    // Where the iterate lies almost at the batch's lowest, a part of the picture sets the levels.
    const rise = Math.max(mean(...here) - low, 0.03 * (top - low));
    return { values, levels: LEVELS.map((part) => low + part * rise) };
  }

  /** Above the paths: gradients, the ellipse of the batches' gradients, and the noise ball. */
  drawOver(pen, run, k, at, colours) {
    if (!this.data || !run) return;
    const { show, ball, share, full, given, covariance } = this.data;
    const { toX, toY, scaleX, scaleY, box } = at;
    if (show.ball && ball) {
      if (ball.measured) {
        const [x, y, ...spread] = ball.measured;
        ellipse(pen, toX(x), toY(y), spread, 2, at, run.colour, [], colours);
      }
      if (ball.theory) {
        ellipse(pen, toX(ball.x), toY(ball.y), ball.theory, 2, at, colours.ink, [6, 4], colours);
      }
    }
    if (!show.noise) return;
    const { made, batch } = this.place(k);
    const tick = Math.min(Math.floor(k), run.losses.length - 1);
    const [px, py] = [toX(run.points[2 * tick]), toY(run.points[2 * tick + 1])];
    if (!Number.isFinite(px) || !Number.isFinite(py)) return;
    const size = this.scale(Math.min(box.width, box.height), scaleX, scaleY);
    const tip = [px - full[2 * made] * scaleX * size, py - full[2 * made + 1] * scaleY * size];
    if (share > 0) {
      const spread = [0, 1, 2].map((i) => covariance[3 * made + i] * share * size * size);
      ellipse(pen, ...tip, spread, 2, at, run.colour, [], colours, 0.16);
      if (batch === made) {
        arrow(pen, px, py, px - given[2 * batch] * scaleX * size,
          py - given[2 * batch + 1] * scaleY * size, run.colour, colours.ground);
      }
    }
    arrow(pen, px, py, ...tip, colours.ink, colours.ground, [5, 3]);
  }

  /** Plot units for a unit of gradient: one scale for the whole run, so that sizes compare. */
  scale(side, scaleX, scaleY) {
    const { share, full, covariance } = this.data;
    const key = `${side} ${scaleX} ${scaleY}`;
    if (this.sized?.key === key && this.sized.of === this.data) return this.sized.size;
    const wide = [];
    let far = 0;
    for (let u = 0; 2 * u < full.length; u += 1) {
      const g = Math.hypot(full[2 * u] * scaleX, full[2 * u + 1] * scaleY);
      const spread = 2 * Math.sqrt(share * (
        covariance[3 * u] * scaleX * scaleX + covariance[3 * u + 2] * scaleY * scaleY));
      if (Number.isFinite(g)) far = Math.max(far, g);
      if (Number.isFinite(spread)) wide.push(spread);
    }
    wide.sort((a, b) => a - b);
    const usual = wide[Math.floor(wide.length / 2)] || 0;
    const size = Math.min(
      usual ? (NOISE * side) / usual : Infinity, far ? (LONGEST * side) / far : Infinity,
    );
    this.sized = { key, of: this.data, size: Number.isFinite(size) ? size : 0 };
    return this.sized.size;
  }

  /** Whether paths have so many points that they should be drawn finely. */
  fine(run) {
    return Boolean(this.data) && run.losses.length > MANY;
  }

  /** The numbers of the update at the scrubber. */
  tell(k) {
    if (!this.data) return;
    const { made, batch } = this.place(k);
    if (batch < 0) return;
    const told = `${made} ${batch}`;
    if (told === this.told) return;
    this.told = told;
    const { words, ends, full, given, covariance, share, rates, x } = this.data;
    const [fx, fy] = [full[2 * made], full[2 * made + 1]];
    const signal = Math.hypot(fx, fy);
    const noise = Math.sqrt(share * (covariance[3 * made] + covariance[3 * made + 2]));
    const next = batch === made;
    const [gx, gy] = [given[2 * batch], given[2 * batch + 1]];
    const cosine = (fx * gx + fy * gy) / (signal * Math.hypot(gx, gy));
    const angle = (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI;
    const facts = [
      [words.update, fill(next ? words.update_next : words.update_done, {
        k: next ? made + 1 : made, size: ends[batch + 1] - ends[batch], n: x.length,
        lr: fmt(rates[batch], 3),
      })],
      [words.signal, fmt(signal, 3)],
      [words.noise, share > 0 ? fmt(noise, 3) : words.none],
      [words.ratio, share > 0 && noise > 0 ? fmt(signal / noise, 2) : "∞"],
      [words.angle, next && Number.isFinite(angle) ? `${fmt(angle, 2)}°` : "–"],
    ];
    this.node.replaceChildren(...facts.map(([name, value]) => (
      el("div", "", [el("dt", "", name), el("dd", "", value)])
    )));
  }
}

/** The ellipse of `sigmas` standard deviations of a covariance (xx, xy, yy) in data units. */
function ellipse(pen, px, py, [xx, xy, yy], sigmas, at, colour, dash, colours, filled = 0) {
  const { scaleX, scaleY } = at;
  const [a, b, c] = [xx * scaleX * scaleX, xy * scaleX * scaleY, yy * scaleY * scaleY];
  const middle = (a + c) / 2;
  const half = Math.hypot((a - c) / 2, b);
  const [major, minor] = [middle + half, Math.max(middle - half, 0)].map(
    (v) => sigmas * Math.sqrt(v),
  );
  if (![px, py, major, minor].every(Number.isFinite)) return;
  pen.beginPath();
  pen.ellipse(px, py, major, minor, 0.5 * Math.atan2(2 * b, a - c), 0, 2 * Math.PI);
  if (filled) {
    pen.globalAlpha = filled;
    pen.fillStyle = colour;
    pen.fill();
    pen.globalAlpha = 1;
  }
  pen.setLineDash([]);
  pen.lineWidth = 4.4;
  pen.strokeStyle = colours.ground;
  pen.stroke();
  pen.setLineDash(dash);
  pen.lineWidth = 1.8;
  pen.strokeStyle = colour;
  pen.stroke();
  pen.setLineDash([]);
}
