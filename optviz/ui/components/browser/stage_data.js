// What comes over the wire, as typed arrays; and how numbers are written.

export const doubles = (text) => new Float64Array(bytes(text));
const floats = (text) => new Float32Array(bytes(text));

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) out[i] = raw.charCodeAt(i);
  return out.buffer;
}

/** A run as it was sent, its numbers unpacked. */
export function unpackRun(run) {
  const bent = run.curvature;
  return {
    ...run,
    points: doubles(run.points),
    losses: doubles(run.losses),
    norms: doubles(run.norms),
    curvature: bent && {
      kinds: bent.kinds,
      gradients: doubles(bent.gradients),
      hessians: doubles(bent.hessians),
      eigenvalues: doubles(bent.eigenvalues),
      eigenvectors: floats(bent.eigenvectors),
      newton: doubles(bent.newton),
      condition: doubles(bent.condition),
      stable: doubles(bent.stable),
    },
  };
}

/** Four figures at most, powers of ten where the number is very large or small. */
export function fmt(value, figures = 4) {
  if (value === Infinity) return "∞";
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e-3 && size < 1e5
    ? String(Number(value.toPrecision(figures)))
    : Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  return text.replaceAll("-", "−");
}

/** A pair of numbers. */
export const pair = (x, y) => `(${fmt(x, 3)}, ${fmt(y, 3)})`;

/** `{name}` in a text, filled in. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
}

/** An element with a class and children or text. */
export function el(tag, className = "", content = []) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...(Array.isArray(content) ? content : [content]));
  return made;
}
