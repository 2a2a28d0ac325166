/** What a close code asks of us: the table of PROTOCOL.md section 5. */

/**
 * @typedef {"ended" | "retry" | "report" | "new_ticket" | "refused" | "new_session" | "superseded"} CloseAction
 * ended: nothing more comes; retry: resume after a back-off; report: our own fault, stop; new_ticket: fetch one,
 * then resume; refused: stop and say why; new_session: this one cannot be resumed; superseded: another socket has it.
 */

/** @type {ReadonlyMap<number, CloseAction>} */
const ACTIONS = new Map([
  [1000, "ended"],
  [4400, "report"],
  [4413, "report"],
  [4401, "new_ticket"],
  [4403, "refused"],
  [4410, "refused"],
  [4451, "refused"],
  [4404, "new_session"],
  [4409, "superseded"],
]);

/**
 * @param {number} code
 * @returns {CloseAction}
 */
export function closeAction(code) {
  const known = ACTIONS.get(code);
  if (known) return known;
  // A code that a newer server made up: like its neighbours, 44xx is a refusal and 45xx passes.
  return code >= 4400 && code < 4500 ? "refused" : "retry";
}

/**
 * @param {CloseAction} action that stopped a session
 * @returns {boolean} whether a later page may still deliver what was kept
 */
export function mayDeliverLater(action) {
  return action === "new_ticket" || action === "superseded";
}

/** @type {ReadonlyMap<number, string>} */
const REASONS = new Map([
  [4400, "This page sent something that the server could not read. Reload the page to go on."],
  [4413, "This page sent more audio at once than the server takes. Reload the page to go on."],
  [4401, "The server did not accept this page's ticket. Reload the page to join again."],
  [4403, "You are not allowed to take part in this meeting, or you were removed from it."],
  [4404, "The server no longer knows this session."],
  [4410, "This meeting has been over for more than a day."],
  [4451, "Your voice is only transcribed with your consent, and the server has none from you."],
  [4409, "You joined this meeting from another tab or device, which has taken over."],
]);

/**
 * @param {number} code
 * @returns {string} a sentence for a person
 */
export function closeReason(code) {
  return REASONS.get(code) ?? `The server closed the connection (code ${code}).`;
}
