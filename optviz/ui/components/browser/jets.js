// Functions of x and y, followed step by step (optviz/core/terms.py), with their derivatives.
//
// Every step carries a jet: the value, both first and all three second derivatives. They follow
// exactly from those of the parts (the chain rule), so nothing is approximated and nothing typed
// is ever run as code.

const SIZE = 6; // f, fx, fy, fxx, fxy, fyy

/** g(u) for g with derivatives g, g′, g″ at u. */
function chain(out, o, u, i, g0, g1, g2) {
  const [ux, uy] = [u[i + 1], u[i + 2]];
  out[o] = g0;
  out[o + 1] = times(g1, ux);
  out[o + 2] = times(g1, uy);
  out[o + 3] = times(g2, ux * ux) + times(g1, u[i + 3]);
  out[o + 4] = times(g2, ux * uy) + times(g1, u[i + 4]);
  out[o + 5] = times(g2, uy * uy) + times(g1, u[i + 5]);
}

/** Nothing moves where the inside does not, however steep the outside. */
const times = (a, b) => (b === 0 ? 0 : a * b);

function product(out, o, r, i, j) {
  const [a, ax, ay] = [r[i], r[i + 1], r[i + 2]];
  const [b, bx, by] = [r[j], r[j + 1], r[j + 2]];
  const second = [a * r[j + 3] + b * r[i + 3] + 2 * ax * bx,
    a * r[j + 4] + b * r[i + 4] + ax * by + ay * bx,
    a * r[j + 5] + b * r[i + 5] + 2 * ay * by];
  out[o] = a * b;
  out[o + 1] = a * bx + b * ax;
  out[o + 2] = a * by + b * ay;
  [out[o + 3], out[o + 4], out[o + 5]] = second;
}

const spare = new Float64Array(3 * SIZE);

function power(r, o, i, j) {
  const constant = [1, 2, 3, 4, 5].every((n) => r[j + n] === 0);
  const [a, b] = [r[i], r[j]];
  if (constant) {
    const first = b === 0 ? 0 : b * a ** (b - 1);
    const second = b === 0 || b === 1 ? 0 : b * (b - 1) * a ** (b - 2);
    chain(r, o, r, i, a ** b, first, second);
    return;
  }
  const log = Math.log(a); // a^b = exp(b·log a)
  chain(spare, 0, r, i, log, 1 / a, -1 / (a * a));
  spare.set(r.subarray(j, j + SIZE), SIZE);
  product(spare, 2 * SIZE, spare, 0, SIZE);
  const value = a ** b;
  chain(r, o, spare, 2 * SIZE, value, value, value);
}

const UNARY = {
  neg: (a) => [-a, -1, 0],
  not: (a) => [1 - a, -1, 0],
  sin: (a) => [Math.sin(a), Math.cos(a), -Math.sin(a)],
  cos: (a) => [Math.cos(a), -Math.sin(a), -Math.cos(a)],
  tan: (a) => { const t = Math.tan(a); return [t, 1 + t * t, 2 * t * (1 + t * t)]; },
  asin: (a) => { const q = 1 - a * a; return [Math.asin(a), q ** -0.5, a * q ** -1.5]; },
  acos: (a) => { const q = 1 - a * a; return [Math.acos(a), -(q ** -0.5), -a * q ** -1.5]; },
  atan: (a) => { const q = 1 + a * a; return [Math.atan(a), 1 / q, (-2 * a) / (q * q)]; },
  sinh: (a) => [Math.sinh(a), Math.cosh(a), Math.sinh(a)],
  cosh: (a) => [Math.cosh(a), Math.sinh(a), Math.cosh(a)],
  tanh: (a) => { const t = Math.tanh(a); return [t, 1 - t * t, -2 * t * (1 - t * t)]; },
  exp: (a) => { const e = Math.exp(a); return [e, e, e]; },
  log: (a) => [Math.log(a), 1 / a, -1 / (a * a)],
  sqrt: (a) => { const s = Math.sqrt(a); return [s, 0.5 / s, -0.25 / (s * a)]; },
  abs: (a) => [Math.abs(a), Math.sign(a), 0],
  relu: (a) => [Math.max(a, 0), a > 0 ? 1 : 0, 0],
  sigmoid: (a) => { const s = 1 / (1 + Math.exp(-a)); const d = s * (1 - s); return [s, d, d * (1 - 2 * s)]; },
};

const BINARY = {
  add(r, o, i, j) { for (let n = 0; n < SIZE; n += 1) r[o + n] = r[i + n] + r[j + n]; },
  sub(r, o, i, j) { for (let n = 0; n < SIZE; n += 1) r[o + n] = r[i + n] - r[j + n]; },
  mul(r, o, i, j) { product(r, o, r, i, j); },
  div(r, o, i, j) {
    const b = r[j];
    chain(spare, 0, r, j, 1 / b, -1 / (b * b), 2 / (b * b * b));
    spare.set(r.subarray(i, i + SIZE), SIZE);
    product(r, o, spare, 0, SIZE);
  },
  pow: power,
  equal(r, o, i, j) { r.fill(0, o, o + SIZE); r[o] = Number(r[i] === r[j]); },
  minimum(r, o, i, j) { chosen(r, o, i, j, r[i] < r[j]); },
  maximum(r, o, i, j) { chosen(r, o, i, j, r[i] > r[j]); },
};

function chosen(r, o, i, j, first) {
  if (r[i] === r[j]) { // as torch: both have a share
    for (let n = 0; n < SIZE; n += 1) r[o + n] = (r[i + n] + r[j + n]) / 2;
  } else if (Number.isNaN(r[i] + r[j])) {
    r.fill(NaN, o, o + SIZE);
  } else {
    r.copyWithin(o, first ? i : j, (first ? i : j) + SIZE);
  }
}

/** What one step of a program does to the cells `r`; the point is kept in `at`. */
function compiled([name, i, j], n, r, at) {
  const o = SIZE * n;
  if (name === "x" || name === "y") {
    const axis = Number(name === "y");
    return () => {
      r.fill(0, o, o + SIZE);
      r[o] = at[axis];
      r[o + 1 + axis] = 1;
    };
  }
  if (name === "number") {
    r[o] = i ?? NaN; // once and for all: no other step writes here
    return () => {};
  }
  if (name in UNARY) {
    const outside = UNARY[name];
    return () => chain(r, o, r, SIZE * i, ...outside(r[SIZE * i]));
  }
  const both = BINARY[name];
  return () => both(r, o, SIZE * i, SIZE * j);
}

/** A program, ready to be followed: `at(x, y)` gives a jet of six numbers for each result. */
export class Jets {
  constructor({ steps, results }) {
    const cells = new Float64Array(SIZE * steps.length);
    this.point = [0, 0];
    this.steps = steps.map((step, n) => compiled(step, n, cells, this.point));
    this.results = results.map((place) => cells.subarray(SIZE * place, SIZE * place + SIZE));
  }

  /** The jets belong to this point until the next call. */
  at(x, y) {
    this.point[0] = x;
    this.point[1] = y;
    for (const step of this.steps) step();
    return this.results;
  }
}

/** A map of the plane (optviz/core/deformation.py): where a point goes, and the Jacobian there. */
export class Deformation {
  constructor({ program, own, share }) {
    this.jets = new Jets(program);
    this.own = own;
    this.share = share;
  }

  /** [u, v, ux, uy, vx, vy] */
  at(x, y) {
    const { own, share } = this;
    const [f, g] = this.jets.at(x, y);
    const [u, v, ux, uy, vx, vy] = g
      ? [f[0], g[0], f[1], f[2], g[1], g[2]]
      : [f[1], f[2], f[3], f[4], f[4], f[5]]; // one function: its gradient, and its Hessian
    return [own * x + share * u, own * y + share * v,
      own + share * ux, share * uy, share * vx, own + share * vy];
  }
}

/** What a 2×2 matrix [[a, b], [c, d]] does: det, σ₁ ≥ σ₂, and v₁, v₂ → σ₁u₁, σ₂u₂. */
export function stretches(a, b, c, d) {
  const plus = Math.hypot(a + d, c - b);
  const minus = Math.hypot(a - d, c + b);
  const first = (plus + minus) / 2;
  const second = Math.abs(plus - minus) / 2;
  // Where all directions are stretched alike, any will do: take those of the axes.
  const alike = first - second <= 1e-9 * first;
  let turn = alike ? 0 : Math.atan2(2 * (a * b + c * d), a * a + c * c - b * b - d * d) / 2;
  if (turn <= -Math.PI / 2 + 1e-12) turn += Math.PI;
  const v = [[Math.cos(turn), Math.sin(turn)], [-Math.sin(turn), Math.cos(turn)]];
  const images = v.map(([x, y]) => [a * x + b * y, c * x + d * y]);
  return { det: a * d - b * c, values: [first, second], v, images, alike };
}
