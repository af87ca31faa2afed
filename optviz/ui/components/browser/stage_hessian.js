// The Hessian at one iterate: drawn on the map, and told in numbers below it.

import { arrow, levelLine } from "./stage_draw.js";
import { el, fill, fmt, pair } from "./stage_data.js";

const LONGEST = 0.17; // of the plot's shorter side: the eigenvector with the larger |λ|

/** Everything known about iterate `i` of a run, or null where it is not finite. */
export function quadratic(run, i) {
  const c = run.curvature;
  const [x, y] = [run.points[2 * i], run.points[2 * i + 1]];
  const [low, high] = [c.eigenvalues[2 * i], c.eigenvalues[2 * i + 1]];
  if (![x, y, low, high].every(Number.isFinite)) return null;
  const v = [c.eigenvectors[2 * i], c.eigenvectors[2 * i + 1]];
  return {
    x, y, low, high,
    loss: run.losses[i],
    gradient: [c.gradients[2 * i], c.gradients[2 * i + 1]],
    hessian: [c.hessians[3 * i], c.hessians[3 * i + 1], c.hessians[3 * i + 2]],
    vectors: [v, [-v[1], v[0]]],
    newton: [c.newton[2 * i], c.newton[2 * i + 1]],
    condition: c.condition[i],
    kind: c.kinds[i],
    stable: c.stable[i],
    step: 2 * i + 3 < run.points.length
      ? [run.points[2 * i + 2] - x, run.points[2 * i + 3] - y]
      : null,
  };
}

/** Draw it over the map; `at` converts between data and pixels. */
export function drawQuadratic(pen, q, at, run, colours, withStep = true) {
  const { toX, toY, scaleX, scaleY, fromX, fromY, box } = at;
  const [hxx, hxy, hyy] = q.hessian;
  const model = (px, py) => {
    const dx = fromX(px) - q.x;
    const dy = fromY(py) - q.y;
    return q.gradient[0] * dx + q.gradient[1] * dy
      + 0.5 * (hxx * dx * dx + 2 * hxy * dx * dy + hyy * dy * dy);
  };
  // The fall to the model's critical point sets the distance of the lines; on flat ground a
  // part of the picture does.
  const fall = -0.5 * (q.gradient[0] * q.newton[0] + q.gradient[1] * q.newton[1]);
  const span = 0.14 * Math.min(box.width / Math.abs(scaleX), box.height / Math.abs(scaleY));
  const bend = 0.5 * Math.max(Math.abs(q.low), Math.abs(q.high)) * span * span;
  const unit = Math.max(Math.abs(fall), bend);
  const bottom = q.low > 0 && q.high > 0 && Math.abs(fall) > 0.05 * bend;
  const levels = bottom
    ? [0.16, 0.5, 1, 1.7].map((part) => fall * (1 - part))
    : [-1.6, -0.8, 0, 0.8, 1.6].map((part) => unit * part);
  pen.strokeStyle = colours.ink;
  pen.setLineDash([5, 3]);
  for (const level of levels) {
    pen.lineWidth = level === 0 ? 1.8 : 1.1;
    pen.globalAlpha = level === 0 ? 0.9 : 0.6;
    // Off by a hair: the line through the iterate would otherwise start at an exact zero.
    levelLine(pen, box, model, level || unit * 1e-9);
  }
  pen.globalAlpha = 1;
  pen.setLineDash([]);

  const [px, py] = [toX(q.x), toY(q.y)];
  const longest = LONGEST * Math.min(box.width, box.height);
  const largest = Math.max(Math.abs(q.low), Math.abs(q.high)) || 1;
  [q.low, q.high].forEach((value, n) => {
    const [vx, vy] = [q.vectors[n][0] * scaleX, q.vectors[n][1] * scaleY];
    const size = Math.hypot(vx, vy) || 1;
    const length = Math.max(6, (longest * Math.abs(value)) / largest);
    const colour = value < 0 ? colours.negative : colours.positive;
    for (const way of [1, -1]) {
      arrow(
        pen, px, py, px + (way * length * vx) / size, py + (way * length * vy) / size,
        colour, colours.ground,
      );
    }
  });
  const [nx, ny] = q.newton;
  arrow(pen, px, py, toX(q.x + nx), toY(q.y + ny), colours.ink, colours.ground, [6, 4]);
  if (q.step && withStep) {
    arrow(pen, px, py, toX(q.x + q.step[0]), toY(q.y + q.step[1]), run.colour, colours.ground);
  }
}

/** The numbers below the stage. */
export class Facts {
  constructor() {
    this.node = el("dl", "ov-facts");
  }

  /** Show iterate `i` of `run`, or hide. */
  show(run, i, words, on) {
    this.node.classList.toggle("ov-hidden", !on);
    if (!on) return;
    const q = quadratic(run, i);
    const rows = [[fill(words.step, { k: i, n: run.losses.length - 1 }), run.title]];
    if (q) {
      rows.push(
        [words.eigenvalues, lambdas(q)],
        [words.condition, fmt(q.condition, 3)],
        [words.kind, kind(q, words)],
        [words.newton, pair(...q.newton)],
        [words.actual, q.step ? pair(...q.step) : "–"],
        [words.limit, limit(q, run, words), "ov-wide"],
      );
    } else {
      rows.push([words.kind, words.kind_undefined]);
    }
    this.node.replaceChildren(...rows.map(([name, value, wide]) =>
      el("div", wide ?? "", [el("dt", "", name), el("dd", "", value)])));
    if (q) this.node.append(key(run, words));
  }
}

function lambdas(q) {
  return [q.low, q.high].flatMap((value, n) => {
    const span = el("span", value < 0 ? "ov-down" : "ov-up", fmt(value));
    return n ? [", ", span] : [span];
  });
}

function kind(q, words) {
  if (q.kind !== "none") return words[`kind_${q.kind}`];
  const shape = q.low > 0 ? "up" : q.high < 0 ? "down" : q.low < 0 && q.high > 0 ? "mixed" : "flat";
  return `${words.kind_none}, ${words[`curves_${shape}`]}`;
}

function limit(q, run, words) {
  if (!Number.isFinite(q.stable)) return words.limit_flat;
  if (run.bound === null) return fill(words.limit_none, { limit: fmt(q.stable) });
  const text = run.lr < q.stable ? words.limit_ok : words.limit_over;
  return el("span", run.lr < q.stable ? "" : "ov-down", fill(text, {
    limit: `${fmt(run.bound, 3)}/λmax = ${fmt(q.stable)}`, lr: fmt(run.lr),
  }));
}

function key(run, words) {
  const line = (colour, style, text) => {
    const mark = el("i", "ov-key");
    mark.style.borderTopColor = colour;
    mark.style.borderTopStyle = style;
    return el("span", "", [mark, text]);
  };
  const [up, down] = words.legend_vectors.split(" / ");
  return el("div", "ov-hint ov-all", [
    line("var(--ov-positive)", "solid", up),
    line("var(--ov-negative)", "solid", down ?? ""),
    line(run.colour, "solid", words.legend_step),
    line("var(--ov-ink)", "dashed", words.legend_newton),
    line("var(--ov-muted)", "dashed", words.legend_model),
  ]);
}
