/** The host's button that ends the meeting for everybody, after asking. */

import { restCall } from "../session/rest.js";
import { byId } from "./elements.js";

/**
 * Does nothing on pages of those who are not hosts.
 * @param {string} meetingId
 * @param {string} csrfToken
 * @param {(words: string) => void} onProblem
 */
export function offerEnd(meetingId, csrfToken, onProblem) {
  const dialog = document.getElementById("end-dialog");
  if (!(dialog instanceof HTMLDialogElement)) return;
  const endForAll = async () => {
    try {
      await restCall("POST", `/api/v1/meetings/${meetingId}/end`, csrfToken);
    } catch (problem) {
      onProblem(`The meeting could not be ended: ${problem instanceof Error ? problem.message : problem}`);
    }
  };
  byId("end-meeting", HTMLButtonElement).addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("close", () => dialog.returnValue === "end" && void endForAll());
}
