// Brings frames from the server to the map; draws nothing itself.

import { framesOf, take } from "./live_frames.js";

const PATIENCE = 2000; // ms after which frames that were asked for are asked for again

let asking;

export default async function render({ data, parentElement, setTriggerValue }) {
  clearTimeout(asking);
  take(data);
  const ask = () => {
    const known = framesOf(data.run).frames.length;
    if (known >= data.total || !parentElement.isConnected) return;
    setTriggerValue("missing", known);
    // A run of the page that is overtaken by a newer one may take the answer with it.
    asking = setTimeout(ask, PATIENCE);
  };
  ask();
}
