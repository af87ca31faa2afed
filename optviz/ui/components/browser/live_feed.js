// Brings frames from the server to the map; draws nothing itself.

import { take } from "./live_frames.js";

export default async function render({ data, setTriggerValue }) {
  const missing = take(data);
  if (missing !== null) setTriggerValue("missing", missing);
}
