/** What became of everybody's audio, from the server's ledger, in words. Pure. */

import { lostWords } from "./gap_words.js";

/**
 * @typedef {object} LedgerSession in samples
 * @property {string} session_id
 * @property {string} participant_id
 * @property {string} [display_name]
 * @property {"open" | "detached" | "ended" | "abandoned"} [state]
 * @property {number} settled
 * @property {number} speech
 * @property {number} nonspeech
 * @property {number} muted
 * @property {number} gap
 * @property {number} in_flight
 * @property {{from: number, to: number, reason: string, repaired?: boolean}[]} gaps
 *
 * @typedef {object} LedgerWords
 * @property {"quiet" | "good" | "busy" | "bad"} tone
 * @property {string} summary
 * @property {string[]} details what is missing and why, then what is still on its way
 */

const SAMPLES_PER_MS = 16;
const ORDINARY_MS = 10_000; // a long sentence: below it, what is on its way is no news

/**
 * @param {readonly LedgerSession[]} sessions
 * @param {(participantId: string) => string} nameOf
 * @returns {LedgerWords}
 */
export function ledgerWords(sessions, nameOf) {
  if (sessions.length === 0) return { tone: "quiet", summary: "Nobody has spoken yet", details: [] };
  const names = new Map(sessions.map((session) => [session, session.display_name || nameOf(session.participant_id)]));
  const missing = sessions.flatMap((session) => missingOf(session, names.get(session) ?? ""));
  const pending = sessions.flatMap((session) => pendingOf(session, names.get(session) ?? ""));
  const lost_ms = sessions.reduce((sum, { gap, gaps }) => sum + gap - repairedOf(gaps), 0) / SAMPLES_PER_MS;
  const details = [...new Set([...missing, ...pending])];
  if (missing.length > 0) return { tone: "bad", summary: `${(lost_ms / 1000).toFixed(1)} s of audio missing`, details };
  if (pending.length > 0) return { tone: "busy", summary: "Some speech is still on its way", details };
  return { tone: "good", summary: "All speech accounted for", details };
}

/** @param {LedgerSession["gaps"]} gaps @returns {number} samples that were made good from the recording */
function repairedOf(gaps) {
  return gaps.reduce((sum, { from, to, repaired }) => sum + (repaired ? to - from : 0), 0);
}

/** @param {LedgerSession} session @param {string} name @returns {string[]} */
function missingOf({ gaps, settled, speech, nonspeech, muted, gap }, name) {
  /** @type {Map<string, number>} */
  const lost = new Map();
  for (const { from, to, reason, repaired } of gaps) if (!repaired) lost.set(reason, (lost.get(reason) ?? 0) + to - from);
  const lines = [...lost].map(([reason, nSamples]) => lostWords(name, nSamples / SAMPLES_PER_MS, reason));
  const isBalanced = settled === speech + nonspeech + muted + gap;
  return isBalanced ? lines : [...lines, `The server's account of ${name}'s audio does not add up`];
}

/** @param {LedgerSession} session @param {string} name @returns {string[]} */
function pendingOf({ in_flight, state }, name) {
  if (state === "detached") return [`${name} is reconnecting; what was said meanwhile is kept in their browser`];
  if (in_flight === 0) return [];
  const seconds = Math.max(1, Math.round(in_flight / SAMPLES_PER_MS / 1000));
  if (state === "abandoned") return [`${name} went without finishing; ${seconds} s have not arrived`];
  return in_flight / SAMPLES_PER_MS > ORDINARY_MS ? [`${seconds} s of ${name}'s audio on its way`] : [];
}
