// Charts that show the same things: what the mouse is on in one, the others point at too.

const groups = new Map(); // name of the group → the graphs in it

/** Where a thing (the first of its customdata) is drawn in a graph. */
function place(graph, thing) {
  for (const [curveNumber, trace] of graph._fullData.entries()) {
    if (!trace.visible || trace.mode === "lines" || trace.hoverinfo === "skip") continue;
    const pointNumber = (trace.customdata ?? []).findIndex((row) => row?.[0] === thing);
    if (pointNumber >= 0) return { curveNumber, pointNumber };
  }
  return null;
}

/** Let `graph` and the others of its group point at the same things; returns what ends it. */
export function link(Plotly, graph, name) {
  if (!groups.has(name)) groups.set(name, new Set());
  const group = groups.get(name);
  group.add(graph);
  const others = () => [...group].filter((other) => other !== graph && other.isConnected);
  const over = ({ points, event }) => {
    const thing = points?.[0]?.customdata?.[0];
    if (!event || thing === undefined) return; // without a mouse it was one of us who pointed
    others().forEach((other) => {
      const found = place(other, thing);
      if (found) Plotly.Fx.hover(other, [found]);
      other.dataset.pointed = found ? String(thing) : "";
    });
  };
  const out = ({ event }) => {
    if (event) others().forEach((other) => { Plotly.Fx.unhover(other); other.dataset.pointed = ""; });
  };
  graph.on("plotly_hover", over);
  graph.on("plotly_unhover", out);
  return () => group.delete(graph);
}
