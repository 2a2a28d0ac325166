/** Those who take part without a voice: they only watch, only listen, or deliver what an earlier page has kept. */

/** Asked for nothing, gives nothing. @type {import("./voice.js").Source} */
export const NO_MICROPHONE = { flush: async () => {}, close: () => {} };

/**
 * @param {import("../session/spill_store.js").SessionRecord} record
 * @returns {boolean} whether it is of somebody whose voice may not be captured
 */
export function isSilent({ consent }) {
  return consent !== undefined && !consent.includes("captions");
}

/** The controls of a voice go, and what those have who have none comes. @param {"watching" | "listening"} how */
export function showSilent(how) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-voice]"))) {
    element.hidden = how === "watching" || element.dataset.voice !== "ears";
  }
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-silent]"))) {
    element.hidden = element.dataset.silent !== how;
  }
}
