/** What goes wrong with the transcription, in words for a person. Pure. */

import { reasonWords } from "../captions/gap_words.js";

const WARNINGS = new Map([
  [
    "language_unsupported",
    "This server's speech model does not know this meeting's language: what you say is not written down.",
  ],
  ["ledger", "Some of your audio could not be accounted for: the transcript may lack words of yours."],
  [
    "recognition_unavailable",
    "Speech is not being transcribed at the moment. What you say is kept and will be transcribed.",
  ],
  ["recording_unavailable", "The sound cannot be recorded at the moment. What you say is kept; captions settle later."],
  ["recording_incomplete", "The sound could not be recorded for too long: the recording will lack some of it. The words are not affected."],
  ["recording_resumed", "The sound is recorded again."],
]);

const FLOWS = new Map([
  ["slow", "The server is busy: captions come less often. No word is lost."],
  ["pause", "The server is very busy. What you say is kept here and sent when it can be taken."],
]);

/** Warnings that the next `flow` `ok` takes back. */
export const PASSING_WARNINGS = ["recognition_unavailable"];

/** @param {string} code @returns {string} */
export function warningWords(code) {
  return WARNINGS.get(code) ?? "The server reports trouble with the transcription of this meeting.";
}

/** @param {string} state @returns {string | undefined} nothing to say: all is well */
export function flowWords(state) {
  return FLOWS.get(state);
}

/** @param {number} lost_ms @param {string} reason @returns {string} */
export function gapWords(lost_ms, reason) {
  return `${amountWords(lost_ms)} of your audio could not be written down: ${reasonWords(reason)}.`;
}

/** @param {number} lost_ms @returns {string} what to say when everything was delivered and one leaves */
export function deliveredWords(lost_ms) {
  if (lost_ms === 0) return "Everything you said has arrived and is in the transcript.";
  const lost = `${amountWords(lost_ms)} of your audio could not be written down.`;
  return `${lost} Everything else you said has arrived and is in the transcript.`;
}

/** @param {number} lost_ms @returns {string} with a space before it; empty for nothing */
export function undeliveredWords(lost_ms) {
  return lost_ms > 0 ? ` ${amountWords(lost_ms)} of what you said could not be delivered.` : "";
}

/** @param {boolean} isKept @returns {string} what to say to somebody who does not wait for the last words to arrive */
export function leftWords(isKept) {
  return isKept
    ? "Your last words are kept in this browser. They are delivered when a page of this server is next opened here."
    : "Your last words may not have arrived.";
}

/**
 * Why somebody was not let in.
 * @param {number} status of the answer
 * @param {string} detail in the server's words
 * @param {number} retryAfter_ms
 * @returns {string}
 */
export function refusedWords(status, detail, retryAfter_ms) {
  if (status !== 503) return detail;
  const seconds = Math.ceil(retryAfter_ms / 1000);
  const when = seconds > 0 ? `in ${seconds === 1 ? "a second" : `${seconds} seconds`}` : "in a moment";
  return `This server is full at the moment: it lets nobody in, so that those inside are served well. Try again ${when}.`;
}

/** @param {number} duration_ms */
function amountWords(duration_ms) {
  return duration_ms < 1_000 ? "Less than 1 s" : `${Math.round(duration_ms / 1_000)} s`;
}
