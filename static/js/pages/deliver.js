/** Pages without a microphone: whatever earlier pages kept is delivered from here. */

import { Deliveries } from "../meeting/deliveries.js";
import { byId } from "../meeting/elements.js";
import { KeptSessions } from "../session/kept_sessions.js";
import { spillStoreOpen } from "../session/spill_store.js";
import { browserSurroundings } from "../session/surroundings.js";

export async function deliverAll() {
  const around = browserSurroundings();
  const shelf = new KeptSessions({ openStore: spillStoreOpen, around, onFailed: () => undefined });
  await new Deliveries(byId("deliveries", HTMLElement), shelf, around).deliver(await shelf.list());
}
