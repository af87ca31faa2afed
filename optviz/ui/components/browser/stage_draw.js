// Strokes on a canvas: lines with a halo, heads in the shape of their marker, arrows.

export const DASHES = { solid: [], dash: [9, 5], dot: [2, 4], dashdot: [9, 4, 2, 4] };
const SIDES = { square: 4, diamond: 4, "triangle-up": 3, pentagon: 5, hexagon: 6 };
const FAR = 2e4; // canvas coordinates beyond this are drawn at this distance

/** Fit a canvas to its place, in device pixels; returns its cleared context. */
export function prepare(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const w = Math.round(width * ratio);
  const h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

const near = (v) => Math.max(-FAR, Math.min(FAR, v));

/** Trace the iterates 0..k (k may be fractional: the last piece is drawn in part). */
export function tracePath(pen, points, k, toX, toY) {
  const last = Math.floor(k);
  pen.beginPath();
  for (let i = 0; i <= last; i += 1) {
    const x = points[2 * i];
    const y = points[2 * i + 1];
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    if (i === 0) pen.moveTo(near(toX(x)), near(toY(y)));
    else pen.lineTo(near(toX(x)), near(toY(y)));
  }
  const [x, y] = between(points, k);
  if (Number.isFinite(x) && Number.isFinite(y)) pen.lineTo(near(toX(x)), near(toY(y)));
}

/** The place at a fractional step, for the eye; numbers are shown at whole steps only. */
export function between(points, k) {
  const i = Math.floor(k);
  const part = k - i;
  if (part === 0 || 2 * i + 3 >= points.length) return [points[2 * i], points[2 * i + 1]];
  return [0, 1].map((c) => points[2 * i + c] * (1 - part) + points[2 * i + 2 + c] * part);
}

/** Stroke the current path twice: a wide halo in the ground's colour, then the line. */
export function strokeWithHalo(pen, colour, width, dash, halo) {
  pen.lineJoin = "round";
  pen.lineCap = "round";
  pen.setLineDash([]);
  pen.lineWidth = width + 2.6;
  pen.strokeStyle = halo;
  pen.stroke();
  pen.setLineDash(dash);
  pen.lineCap = dash.length ? "butt" : "round";
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.stroke();
  pen.setLineDash([]);
}

/** A name with a halo in the ground's colour, so that it can be read on anything. */
export function nameWithHalo(pen, name, x, y, colour, halo) {
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.strokeStyle = halo;
  pen.strokeText(name, x, y);
  pen.fillStyle = colour;
  pen.fillText(name, x, y);
}

/** Small discs at the iterates that lie far enough apart to be told from one another. */
export function dots(pen, points, k, toX, toY, colour) {
  let [px, py] = [Infinity, Infinity];
  pen.fillStyle = colour;
  for (let i = 1; i <= k; i += 1) {
    const x = toX(points[2 * i]);
    const y = toY(points[2 * i + 1]);
    if (!(Math.abs(x) < FAR && Math.abs(y) < FAR)) return;
    if (Math.hypot(x - px, y - py) < 7) continue;
    pen.beginPath();
    pen.arc(x, y, 2.4, 0, 2 * Math.PI);
    pen.fill();
    [px, py] = [x, y];
  }
}

/** A filled marker with an outline, in the shape that Plotly calls `symbol`. */
export function head(pen, x, y, symbol, size, colour, outline) {
  pen.beginPath();
  const sides = SIDES[symbol];
  if (sides) {
    const turn = symbol === "square" ? Math.PI / 4 : 0;
    for (let i = 0; i < sides; i += 1) {
      const angle = turn - Math.PI / 2 + (2 * Math.PI * i) / sides;
      pen.lineTo(x + size * 1.15 * Math.cos(angle), y + size * 1.15 * Math.sin(angle));
    }
    pen.closePath();
  } else if (symbol.startsWith("star")) {
    for (let i = 0; i < 8; i += 1) {
      const r = size * (i % 2 ? 0.62 : 1.3);
      const angle = -Math.PI / 2 + (Math.PI * i) / 4;
      pen.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
    }
    pen.closePath();
  } else {
    pen.arc(x, y, size, 0, 2 * Math.PI);
  }
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeStyle = outline;
  pen.stroke();
  pen.fillStyle = colour;
  pen.fill();
}

/** An arrow from one pixel to another. */
export function arrow(pen, x0, y0, x1, y1, colour, halo, dash = [], width = 2.4) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > 1)) return;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const tip = Math.min(7.6 + width, length * 0.6);
  const [ex, ey] = [near(x1), near(y1)];
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(ex - ux * tip * 0.7, ey - uy * tip * 0.7);
  strokeWithHalo(pen, colour, width, dash, halo);
  pen.beginPath();
  pen.moveTo(ex, ey);
  pen.lineTo(ex - ux * tip - uy * tip * 0.5, ey - uy * tip + ux * tip * 0.5);
  pen.lineTo(ex - ux * tip + uy * tip * 0.5, ey - uy * tip - ux * tip * 0.5);
  pen.closePath();
  pen.fillStyle = colour;
  pen.fill();
}

/** The line `value = level` of a function on a pixel rectangle, by marching squares. */
export function levelLine(pen, box, value, level, cells = 72) {
  const w = box.width / cells;
  const h = box.height / cells;
  let above = new Float64Array(cells + 1);
  let below = new Float64Array(cells + 1);
  for (let i = 0; i <= cells; i += 1) above[i] = value(box.x + i * w, box.y) - level;
  pen.beginPath();
  for (let j = 0; j < cells; j += 1) {
    const y = box.y + j * h;
    for (let i = 0; i <= cells; i += 1) below[i] = value(box.x + i * w, y + h) - level;
    for (let i = 0; i < cells; i += 1) {
      const [a, b, c, d] = [above[i], above[i + 1], below[i + 1], below[i]];
      const x = box.x + i * w;
      const cuts = [];
      if (a * b < 0) cuts.push([x + (w * a) / (a - b), y]);
      if (b * c < 0) cuts.push([x + w, y + (h * b) / (b - c)]);
      if (c * d < 0) cuts.push([x + (w * d) / (d - c), y + h]);
      if (d * a < 0) cuts.push([x, y + (h * a) / (a - d)]);
      for (let n = 0; n + 1 < cuts.length; n += 2) {
        pen.moveTo(...cuts[n]);
        pen.lineTo(...cuts[n + 1]);
      }
    }
    [above, below] = [below, above];
  }
  pen.stroke();
}
