/** One person speaking: microphone, ring and audio session, from joining until the last word has arrived. */

import { SAMPLE_RATE_HZ } from "../audio/capture_core.js";
import { AudioRing } from "../session/audio_ring.js";
import { AudioSession, ticketSource } from "../session/audio_session.js";
import { durationWords } from "../session/connection_words.js";
import { participantAdmit } from "../session/rest.js";

/**
 * @typedef {import("../audio/microphone.js").Microphone} Microphone
 * @typedef {import("../protocol/close_codes.js").CloseAction} CloseAction
 * @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../session/audio_session.js").Phase} Phase
 * @typedef {import("../session/connection.js").Surroundings} Surroundings
 * @typedef {import("../session/rest.js").Admission} Admission
 *
 * @typedef {object} VoiceListener
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(phase: Phase) => void} onPhase
 * @property {(action: CloseAction, code: number) => void} onStopped
 * @property {(admission: Admission, lost: string) => void} onNewSession the server no longer knew the old one; `lost`
 *   says how much of what was said could not be delivered, empty for nothing
 *
 * @typedef {object} VoiceOptions
 * @property {string} meeting
 * @property {string} name
 * @property {"host" | "speaker"} role
 * @property {string} csrfToken
 * @property {Microphone} microphone
 * @property {Surroundings} around
 * @property {VoiceListener} listener
 */

/** What joining asks for on the page, in the protocol's words. */
const CONSENT = ["captions", "transcript"];

export class Voice {
  #options;
  #ring = new AudioRing();
  /** @type {AudioSession | null} */
  #session = null;
  #hasJoined = false;
  #isFinishing = false;

  /** @param {VoiceOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {number} */
  get unsettled_ms() {
    return this.#session?.unsettled_ms ?? 0;
  }

  /** @returns {Promise<Admission>} @throws {import("../session/rest.js").RestProblem} */
  async join() {
    const { meeting, name, role, csrfToken } = this.#options;
    const admission = await participantAdmit(meeting, { display_name: name, role }, csrfToken);
    this.#begin(admission);
    return admission;
  }

  /**
   * What the microphone captured. Before joining nothing is kept; while joining anew, it is for the session to come.
   * @param {import("../audio/capture_core.js").SpanKind} kind
   * @param {number} nSamples
   * @param {Int16Array | null} samples
   */
  capture(kind, nSamples, samples) {
    if (!this.#hasJoined || this.#isFinishing) return;
    this.#ring.append(kind, nSamples, samples);
    this.#session?.pump();
  }

  /** Stops capturing, delivers everything, and ends; the session's phase tells when that is done. */
  async finish() {
    if (this.#isFinishing || !this.#session) return;
    await this.#options.microphone.flush();
    this.#isFinishing = true;
    this.#options.microphone.close();
    this.#session.finish();
  }

  /** @returns {boolean} */
  get isFinishing() {
    return this.#isFinishing;
  }

  retryNow() {
    this.#session?.retryNow();
  }

  /** Lets go of the network; `reopen` goes on where it was. */
  close() {
    this.#session?.close();
  }

  reopen() {
    this.#session?.reopen();
  }

  /** @param {Admission} admission */
  #begin(admission) {
    const { csrfToken, around, listener } = this.#options;
    this.#hasJoined = true;
    this.#session = new AudioSession({
      admission,
      ring: this.#ring,
      consent: CONSENT,
      pageUrl: location.href,
      fetchTicket: ticketSource(admission, csrfToken),
      around,
      listener: {
        onMessage: listener.onMessage,
        onPhase: listener.onPhase,
        onStopped: (action, code) => {
          if (action === "new_session" && !this.#isFinishing) void this.#beginAnew();
          else listener.onStopped(action, code);
        },
      },
    });
    this.#session.start();
  }

  async #beginAnew() {
    const lost_ms = (this.#ring.nKept / SAMPLE_RATE_HZ) * 1000;
    this.#session = null;
    this.#ring = new AudioRing();
    try {
      const admission = await this.join();
      this.#options.listener.onNewSession(admission, lost_ms > 0 ? durationWords(lost_ms) : "");
    } catch {
      this.#options.listener.onStopped("new_session", 4404);
    }
  }
}
