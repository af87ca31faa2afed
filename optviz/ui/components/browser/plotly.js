// plotly.js, loaded once a document, and what every chart of ours shares.

let loading;

/** Plotly, from `address` relative to the page. A failed load may be tried again. */
export function loadPlotly(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(address, document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error(`could not load ${script.src}`));
    };
    document.head.append(script);
  });
  return loading;
}

/**
 * Call `end` if `host` has left the page. Streamlit asks for the end of a drawing also when a
 * newer one overtakes it on the same element; then there is nothing to end.
 */
export function whenGone(host, end) {
  setTimeout(() => { if (!host.isConnected) end(); });
}

/** Plotly's names for its buttons → ours, so that they speak the page's language. */
export function plotlyConfig(words, toolbar, extra = {}) {
  const b = words.buttons;
  const dictionary = {
    "Zoom": b.zoom,
    "Pan": b.pan,
    "Zoom in": b.zoom_in,
    "Zoom out": b.zoom_out,
    "Reset axes": b.reset,
    "Reset camera to default": b.reset,
    "Autoscale": b.autoscale,
    "Box Select": b.box,
    "Lasso Select": b.lasso,
    "Download plot": b.save,
    "Download plot as a PNG": b.save,
    "Download plot as a png": b.save,
  };
  const name = `optviz-${words.code}`;
  return {
    displaylogo: false,
    showSendToCloud: false, // nothing leaves for a stranger's server
    plotlyServerURL: "",
    displayModeBar: toolbar ? "hover" : false,
    responsive: false, // we watch our own element instead of the window
    doubleClick: "reset",
    showTips: false,
    locale: name,
    locales: { [name]: { dictionary, format: {} } },
    modeBarButtonsToRemove: [
      "toggleSpikelines", "hoverClosestCartesian", "hoverCompareCartesian",
      "resetCameraLastSave3d", "tableRotation", "hoverClosest3d",
    ],
    ...extra,
  };
}

/**
 * What a map wants besides: its wheel (see `heedWheel`), and as many pixels as the screen has.
 * Plotly's own two by two for each of them cost half the speed.
 */
export function mapConfig() {
  return { scrollZoom: true, plotGlPixelRatio: window.devicePixelRatio };
}

/**
 * Let the wheel zoom a map only with Ctrl or ⌘ held, as which a pinch on a trackpad counts, too:
 * alone it scrolls the page. For a graph with `scrollZoom`. Returns a function that ends it.
 */
export function heedWheel(graph) {
  const turn = (event) => {
    if (event.ctrlKey || event.metaKey) event.preventDefault(); // the page's own zoom
    else event.stopImmediatePropagation();
  };
  const how = { capture: true, passive: false };
  graph.addEventListener("wheel", turn, how);
  return () => graph.removeEventListener("wheel", turn, how);
}

/**
 * Call `tell(x, y, subplot, event)` for every click or tap inside cartesian axes, in data units.
 * Plotly covers the page while the mouse is down, so the press is heard here and the release on
 * the document. Returns a function that stops listening.
 */
export function onPress(graph, tell) {
  let start = null;
  const down = (event) => {
    start = event.isPrimary && event.button === 0 ? [event.clientX, event.clientY] : null;
  };
  const up = (event) => {
    if (!start) return;
    const moved = Math.hypot(event.clientX - start[0], event.clientY - start[1]);
    start = null;
    if (moved > 5 || !graph._fullLayout) return;
    const box = graph.getBoundingClientRect();
    const px = event.clientX - box.left;
    const py = event.clientY - box.top;
    tell(px, py, event);
  };
  const drop = () => { start = null; };
  graph.addEventListener("pointerdown", down, true);
  document.addEventListener("pointerup", up, true);
  document.addEventListener("pointercancel", drop, true);
  return () => {
    graph.removeEventListener("pointerdown", down, true);
    document.removeEventListener("pointerup", up, true);
    document.removeEventListener("pointercancel", drop, true);
  };
}

/** The cartesian axes under a pixel of the graph, with the data coordinates there, or null. */
export function dataAt(graph, px, py) {
  const layout = graph._fullLayout;
  for (const name of layout._subplots?.cartesian ?? []) {
    const { xaxis, yaxis } = layout._plots[name];
    const u = px - xaxis._offset;
    const v = py - yaxis._offset;
    if (u >= 0 && u <= xaxis._length && v >= 0 && v <= yaxis._length) {
      return { x: xaxis.p2d(u), y: yaxis.p2d(v) };
    }
  }
  return null;
}

/** The layout as a chart so narrow wants it: a legend takes more lines there. */
export function narrowed(layout, width) {
  const narrow = layout.meta?.narrow;
  if (!narrow || width >= narrow.below) return layout;
  return { ...layout, margin: { ...layout.margin, ...narrow.margin } };
}
