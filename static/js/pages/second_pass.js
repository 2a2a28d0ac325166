/** The transcript page while its meeting is being heard again: the count goes on, and at the end a reload is offered. */

import { isUnderWay, progressWords } from "../captions/progress_words.js";
import { restCall } from "../session/rest.js";

const EVERY_MS = 5_000;

const shown = document.getElementById("second-pass");
if (shown?.dataset.progress) void follow(shown, shown.dataset.progress);

/**
 * @param {HTMLElement} line
 * @param {string} path
 */
async function follow(line, path) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (document.hidden) continue; // nobody reads it, and nobody asks
    try {
      const progress = await restCall("GET", path, "");
      const words = progressWords(progress);
      if (line.textContent !== words) line.textContent = words;
      if (isUnderWay(progress)) continue;
      offerReload(line);
      return;
    } catch {
      // The network may be away for a moment; the next one tells.
    }
  }
}

/** @param {HTMLElement} line */
function offerReload(line) {
  const link = document.createElement("a");
  link.href = window.location.pathname;
  link.textContent = "Show it";
  line.append(" ", link);
}
