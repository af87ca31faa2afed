// One step taken apart: its parts as arrows tip to tail on the map, and in numbers below it.

import { arrow, nameWithHalo } from "./stage_draw.js";
import { doubles, el, fill, fmt, pair } from "./stage_data.js";
import { quadratic } from "./stage_hessian.js";

const SHORT = 36; // px: when the longest arrow is shorter, all are drawn longer,
const LONG = 64; // so that it is at least this long
const PARTS = ["gradient", "memory", "decay"]; // tip to tail, in this order
const LOOKS = {
  gradient: { dash: [], width: 2.2 },
  memory: { dash: [7, 4], width: 2.6 },
  decay: { dash: [2, 3], width: 2.8 },
  step: { dash: [], width: 8 },
};
const FLAT = 1e-9; // |λ| below this part of the other one counts as zero

export class Step {
  constructor() {
    this.node = el("div", "ov-step ov-hidden");
  }

  /** Take what the server sent; null where the switch is off. */
  update(sent, theme) {
    this.told = null;
    this.zoom = 1;
    this.data = sent && { ...sent };
    for (const name of ["gradient", "memory", "decay", "scale", "divisor", "direction"]) {
      if (sent?.[name]) this.data[name] = doubles(sent[name]);
    }
    this.node.classList.toggle("ov-hidden", !sent);
    if (sent) this.build(theme);
  }

  /** The step that begins at tick `k`; at the end of the run its last one. */
  place(run, k) {
    return Math.min(Math.floor(k), run.losses.length - 2);
  }

  /** What is known of step `i` of a run; null where there is none or it is not finite. */
  parts(run, i) {
    if (i < 0) return null;
    const at = (array) => [array[2 * i], array[2 * i + 1]];
    const here = at(run.points);
    const step = [run.points[2 * i + 2] - here[0], run.points[2 * i + 3] - here[1]];
    const found = { here, step, slope: at(run.curvature.gradients) };
    for (const name of [...PARTS, "scale"]) found[name] = at(this.data[name]);
    found.divisor = this.data.divisor && at(this.data.divisor);
    found.direction = this.data.direction && at(this.data.direction);
    return Object.values(found).flat().every((v) => v === null || Number.isFinite(v))
      ? found : null;
  }

  /** The names of the parts that this method has, in the order of the table. */
  rows() {
    const { shows } = this.data;
    return ["gradient", "memory", "scale", "decay", "own"].filter((name) => shows[name]);
  }

  // ── on the map ──

  draw(pen, run, k, at, colours) {
    if (!this.data || !run?.curvature) return;
    const p = this.parts(run, this.place(run, k));
    if (!p) return;
    const { scaleX, scaleY, toX, toY, box } = at;
    const pixels = ([x, y]) => [x * scaleX, y * scaleY];
    const sums = this.data.rule === "sum";
    const shown = sums ? PARTS.filter((name) => this.data.shows[name]) : [];
    const longest = Math.max(...["step", ...shown].map((name) => Math.hypot(...pixels(p[name]))));
    const zoom = zoomed(longest, 0.8 * Math.min(box.width, box.height));
    const [px, py] = [toX(p.here[0]), toY(p.here[1])];
    const looks = (name) => [this.data.colours[name], colours.ground, LOOKS[name].dash,
      LOOKS[name].width];
    const [dx, dy] = pixels(p.step).map((v) => v * zoom);
    this.legs(pen, run, this.place(run, k), [px, py], zoom, at, colours);
    arrow(pen, px, py, px + dx, py + dy, ...looks("step"));
    let [x, y] = [px, py];
    for (const name of shown) {
      const [ux, uy] = pixels(p[name]).map((v) => v * zoom);
      arrow(pen, x, y, x + ux, y + uy, ...looks(name));
      [x, y] = [x + ux, y + uy];
    }
    // Where the way is not the slope's own, the slope's direction beside it.
    if (!sums || this.data.divisor) {
      const [gx, gy] = pixels(p.slope);
      const size = Math.hypot(gx, gy);
      const length = Math.max(Math.hypot(dx, dy), 30) / size;
      if (size > 0) {
        arrow(pen, px, py, px - gx * length, py - gy * length, colours.muted, colours.ground,
          [2, 4], 1.8);
      }
    }
    if (zoom !== 1) {
      pen.font = "600 13px sans-serif";
      const text = `×${zoom >= 1 ? fmt(zoom) : fmt(zoom, 1)}`;
      const [tx, ty] = [px + (dx > 0 ? -12 : 12), py + (dy > 0 ? -12 : 20)];
      pen.textAlign = dx > 0 ? "right" : "left";
      nameWithHalo(pen, text, tx, ty, colours.ink, colours.ground);
    }
    this.zoom = zoom;
  }

  /** The step's components along the eigenvectors: first along the one, then along the other. */
  legs(pen, run, i, [px, py], zoom, { scaleX, scaleY }, colours) {
    const q = quadratic(run, i);
    if (!q?.step) return;
    let [x, y] = [px, py];
    pen.beginPath();
    pen.moveTo(x, y);
    for (const [vx, vy] of [q.vectors[1], q.vectors[0]]) {
      const along = (q.step[0] * vx + q.step[1] * vy) * zoom;
      [x, y] = [x + along * vx * scaleX, y + along * vy * scaleY];
      pen.lineTo(x, y);
    }
    pen.lineWidth = 1.4;
    pen.setLineDash([3, 3]);
    pen.strokeStyle = colours.ink;
    pen.stroke();
    pen.setLineDash([]);
  }

  // ── in numbers ──

  /** The table, made once; only its words change from step to step. */
  build(theme) {
    const { words, colours, formulas } = this.data;
    this.head = el("span");
    this.scaled = el("span", "ov-note");
    this.cells = {};
    const row = (name, title, formula, colour) => {
      const cells = { numbers: el("span", "ov-pair"), says: el("span", "ov-says") };
      this.cells[name] = cells;
      const sample = colour ? arrowSample(colour, LOOKS[name === "own" ? "step" : name], theme)
        : el("canvas");
      return el("div", `ov-part ov-part-${name}`, [
        sample, el("span", "ov-name", [el("b", "", title), el("i", "", formula ?? "")]),
        cells.numbers, cells.says,
      ]);
    };
    const rows = this.rows().map((name) => {
      const title = name === "own" ? words[`own_${this.data.rule}`] : words[name];
      return row(name, title, formulas[name], name === "own" ? null : colours[name]);
    });
    rows.push(row("step", words.whole, "w′ − w", colours.step));
    this.eigen = [1, 0].map(() => (
      Object.fromEntries(["value", "slope", "moved", "factor", "says"].map((name) => (
        [name, el("span", name === "says" ? "ov-says" : "ov-figure")])))
    ));
    const titles = ["eigenvalue", "slope", "moved", this.data.plain ? "factor_plain" : "factor"];
    const along = this.eigen.map((cells) => el("div", "ov-along", [
      ...Object.values(cells).slice(0, 4).map((cell, n) => (
        el("span", "ov-cell", [el("small", "", words[titles[n]]), cell]))),
      cells.says,
    ]));
    const marks = [el("span", "", [line(theme.ink, "dashed"), words.legs])];
    if (this.data.rule !== "sum" || this.data.divisor) {
      marks.push(el("span", "", [line(theme.muted, "dotted"), words.ghost]));
    }
    this.lost = el("div", "ov-says");
    this.body = el("div", "", [
      ...rows, el("div", "ov-title", words.along), ...along, el("div", "ov-hint", marks),
    ]);
    this.node.replaceChildren(el("div", "ov-title", [this.head, this.scaled]), this.lost, this.body);
  }

  /** Fill the table in for the step at tick `k`. */
  tell(run, k) {
    if (!this.data || !run?.curvature) return;
    const i = this.place(run, k);
    const { zoom } = this;
    if (this.told === `${i} ${zoom}`) return;
    this.told = `${i} ${zoom}`;
    const { words } = this.data;
    const p = this.parts(run, i);
    this.head.textContent = i < 0 ? "" : fill(words.heading, { k: i, next: i + 1 });
    this.scaled.textContent = p && zoom !== 1 ? fill(words.zoom, { zoom: fmt(zoom) }) : "";
    this.lost.textContent = i < 0 ? words.none : p ? "" : words.left;
    this.body.classList.toggle("ov-hidden", !p);
    if (!p) return;
    const many = this.data.rule === "many";
    for (const [name, cells] of Object.entries(this.cells)) {
      const numbers = { scale: p.divisor, own: this.own(p) }[name] ?? p[name];
      cells.numbers.textContent = pair(...numbers);
      cells.says.textContent = this[`says_${name}`](p, run, i);
    }
    if (many) this.cells.step.says.textContent = `${words.many} ${this.says_step(p, run, i)}`;
    this.tellAlong(run, i);
  }

  own(p) {
    if (!p.direction) return null;
    return this.data.rule === "unit" ? minus(p.step, p.decay)
      : [p.scale[0] * p.direction[0], p.scale[1] * p.direction[1]];
  }

  says_gradient(p) {
    const { words, shows } = this.data;
    const size = Math.hypot(...p.gradient);
    if (!(size > 0)) return words.gradient_none;
    if (this.data.divisor) {
      return fill(words.gradient_scaled, { angle: degrees(p.gradient, negative(p.slope)) });
    }
    if (!shows.memory && !shows.decay) return words.gradient_whole;
    return fill(words.gradient_straight, { share: fmt((100 * size) / Math.hypot(...p.step), 2) });
  }

  says_memory(p) {
    const { words } = this.data;
    const size = Math.hypot(...p.memory);
    if (!(size > 0)) return words.memory_first;
    const fresh = Math.hypot(...p.gradient);
    if (!(fresh > 0)) return words.memory_only;
    const angle = degrees(p.memory, p.gradient);
    const against = size > fresh ? "outweighs" : "against";
    const name = angle <= 45 ? "with" : angle >= 135 ? against : "across";
    return fill(words[`memory_${name}`], { times: fmt(size / fresh, 2), angle });
  }

  says_scale(p) {
    const { words } = this.data;
    const [x, y] = p.scale;
    if (p.divisor[0] === 1 && p.divisor[1] === 1) return words.scale_early;
    const times = Math.max(x, y) / Math.min(x, y);
    if (times < 1.1) return words.scale_even;
    return fill(words.scale_uneven, {
      x: fmt(x, 2), y: fmt(y, 2), far: x > y ? "x" : "y", times: fmt(times, 2),
    });
  }

  says_decay(p) {
    const { words } = this.data;
    if (this.data.coupled) return words.decay_in;
    const share = (100 * Math.hypot(...p.decay)) / Math.hypot(...p.here);
    return fill(words.decay_beside, { share: fmt(share || 0, 2) });
  }

  says_own(p, run, i) {
    const { words, rule } = this.data;
    const own = this.own(p);
    const angle = degrees(own, negative(p.slope));
    if (rule === "signs") {
      const names = ["x", "y"].filter((_, n) => p.direction[n] === 0 && p.slope[n] !== 0);
      if (names.length) return fill(words.signs_flip, { names: names.join(", ") });
      return fill(words.signs, { x: fmt(own[0], 2), y: fmt(own[1], 2) });
    }
    if (rule === "secant") {
      return fill(i ? words.secant : words.secant_first, { angle, rate: fmt(p.scale[0], 3) });
    }
    return fill(words[rule], { angle });
  }

  says_step(p, run, i) {
    const { words } = this.data;
    const [before, after] = [run.losses[i], run.losses[i + 1]];
    const name = p.step[0] === 0 && p.step[1] === 0 ? "rests" : after < before ? "falls" : "rises";
    return fill(words[`whole_${name}`], {
      angle: degrees(p.step, negative(p.slope)), before: fmt(before, 3), after: fmt(after, 3),
    });
  }

  /** The step along each eigenvector, and what it does to the distance to the model's bottom. */
  tellAlong(run, i) {
    const q = quadratic(run, i);
    const { words } = this.data;
    [1, 0].forEach((n, place) => {
      const cells = this.eigen[place];
      if (!q) {
        Object.values(cells).forEach((cell) => { cell.textContent = "–"; });
        return;
      }
      const v = q.vectors[n];
      const value = n ? q.high : q.low;
      const slope = -(q.gradient[0] * v[0] + q.gradient[1] * v[1]);
      const moved = q.step[0] * v[0] + q.step[1] * v[1];
      const flat = Math.abs(value) <= FLAT * Math.max(Math.abs(q.low), Math.abs(q.high));
      // The bottom lies slope/λ away, and the step has gone `moved` of it.
      const factor = flat ? NaN : 1 - (moved * value) / slope;
      cells.value.textContent = fmt(value, 3);
      cells.value.classList.toggle("ov-up", value > 0 && !flat);
      cells.value.classList.toggle("ov-down", value < 0 && !flat);
      cells.slope.textContent = fmt(slope, 3);
      cells.moved.textContent = fmt(moved, 3);
      cells.factor.textContent = fmt(factor, 3);
      const name = moved === 0 ? "stays" : fate(value, slope, factor, flat);
      cells.says.textContent = fill(words[name], { share: fmt(100 * Math.abs(factor), 3) });
    });
  }
}

/** What a step does along an eigenvector, by the name of its sentence. */
export function fate(value, slope, factor, flat) {
  if (slope === 0) return "rest";
  if (flat) return "flat";
  if (value < 0) return factor > 1 ? "down" : "up";
  if (Math.abs(factor) < 0.005) return "exact";
  if (factor > 1) return "away";
  if (factor > 0) return "closer";
  return factor > -1 ? "overshoots" : "grows";
}

/** 1, 2, 5, 10 … times, so that the longest arrow can be seen; less where it leaves the picture. */
export function zoomed(longest, most) {
  if (!(longest > 0) || (longest >= SHORT && longest <= most)) return 1;
  const wanted = longest < SHORT ? LONG / longest : most / longest;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const nice = [1, 2, 5, 10].map((digit) => digit * power);
  const found = longest < SHORT
    ? nice.find((step) => step >= wanted * (1 - 1e-9))
    : nice.findLast((step) => step <= wanted * (1 + 1e-9));
  return Number(found.toPrecision(1));
}

const negative = ([x, y]) => [-x, -y];
const minus = (a, b) => [a[0] - b[0], a[1] - b[1]];

/** The angle between two vectors in whole degrees; 0 where one has no direction. */
function degrees(a, b) {
  const size = Math.hypot(...a) * Math.hypot(...b);
  if (!(size > 0)) return 0;
  const cosine = (a[0] * b[0] + a[1] * b[1]) / size;
  return Math.round((Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI);
}

function line(colour, style) {
  const mark = el("i", "ov-key");
  mark.style.borderTopColor = colour;
  mark.style.borderTopStyle = style;
  return mark;
}

/** A small arrow, drawn as on the map. */
function arrowSample(colour, look, theme) {
  const [width, height, ratio] = [36, 14, 2];
  const canvas = el("canvas");
  if (!look) return canvas;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  arrow(pen, 2, height / 2, width - 2, height / 2, colour, theme.panel, look.dash, look.width);
  return canvas;
}
