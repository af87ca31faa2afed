// The frames of live runs: kept by the document, filled by the feed, read by the map.

const KEPT = 3; // runs; the oldest go first
const runs = new Map();
const watchers = new Set();

/** What is known of a run; made when first asked for. */
export function framesOf(id) {
  if (!runs.has(id)) {
    runs.set(id, { frames: [], facts: [] });
    if (runs.size > KEPT) runs.delete(runs.keys().next().value);
  }
  return runs.get(id);
}

/** Call `tell` whenever frames have come; returns a function that ends it. */
export function watch(tell) {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

/** Take frames in. */
export function take({ run, n, first, frames, facts, names, history, live }) {
  const known = framesOf(run);
  const raw = Uint8Array.from(atob(frames), (c) => c.charCodeAt(0));
  const all = new Int16Array(raw.buffer);
  for (let i = 0; (i + 1) * 2 * n <= all.length; i += 1) {
    // What came twice is the same; after a gap nothing can be used.
    if (first + i > known.frames.length) break;
    known.frames[first + i] = all.subarray(i * 2 * n, (i + 1) * 2 * n);
  }
  Object.assign(known, { facts, names, history, live });
  watchers.forEach((tell) => tell(run));
}
