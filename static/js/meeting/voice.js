/** One person speaking: microphone, ring and audio session, from joining until the last word has arrived. */

import { SAMPLE_RATE_HZ } from "../audio/capture_core.js";
import { mayDeliverLater } from "../protocol/close_codes.js";
import { AudioRing } from "../session/audio_ring.js";
import { AudioSession, ticketSource } from "../session/audio_session.js";
import { Backoff } from "../session/backoff.js";
import { RestProblem, participantAdmit } from "../session/rest.js";
import { awaySamples } from "./absence.js";

/**
 * @typedef {import("../protocol/close_codes.js").CloseAction} CloseAction
 * @typedef {import("../protocol/messages.js").LossReason} LossReason
 * @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../session/audio_session.js").Phase} Phase
 * @typedef {import("../session/kept_sessions.js").KeptSession} KeptSession
 * @typedef {import("../session/kept_sessions.js").KeptSessions} KeptSessions
 * @typedef {import("../session/rest.js").Admission} Admission
 * @typedef {import("../session/spill_store.js").SessionRecord} SessionRecord
 * @typedef {import("../session/surroundings.js").Surroundings} Surroundings
 *
 * @typedef {object} VoiceListener
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(frame: ArrayBuffer) => void} onAudio the others' voices
 * @property {(phase: Phase) => void} onPhase
 * @property {(action: CloseAction, code: number, lost_ms: number) => void} onStopped `lost_ms` of what was said will
 *   never be delivered
 * @property {(participantId: string, lost_ms: number) => void} onNewSession the server no longer knew the old one
 *
 * @typedef {object} Source what is asked of a microphone
 * @property {() => Promise<void>} flush
 * @property {() => void} close
 *
 * @typedef {Pick<SessionRecord, "meeting" | "title" | "name" | "role" | "language"> & Partial<Pick<SessionRecord, "consent">>} Speaker
 *
 * @typedef {object} VoiceOptions
 * @property {string} csrfToken
 * @property {Source} microphone
 * @property {KeptSessions} shelf
 * @property {"all" | "none"} captions
 * @property {boolean} isListening whether the others' voices are wanted at first
 * @property {Surroundings} around
 * @property {VoiceListener} listener
 */

/** What pages of older versions, which kept nothing of it, had asked for, in the protocol's words. */
const CONSENT = ["captions", "transcript"];
const WITHDRAWN_WITHIN_MS = 800;
const WITHDRAWN_STEP_MS = 50;
const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000;

export class Voice {
  #options;
  /** @type {Speaker} */
  #speaker;
  #ring = new AudioRing();
  /** @type {KeptSession | null} */
  #kept = null;
  /** @type {AudioSession | null} */
  #session = null;
  #hasJoined = false;
  /** @type {SessionRecord | null} how an earlier page left, until the microphone is heard again */
  #left = null;
  #isMuted = false;
  #isListening;
  #deviceId = "";
  #isFinishing = false;
  #isClosed = false;

  /** @param {Speaker} speaker @param {VoiceOptions} options */
  constructor(speaker, options) {
    this.#speaker = speaker;
    this.#options = options;
    this.#isListening = options.isListening;
  }

  /** @returns {number} */
  get unsettled_ms() {
    return this.#session?.unsettled_ms ?? 0;
  }

  /** @returns {boolean} */
  get isFinishing() {
    return this.#isFinishing;
  }

  /** @returns {Promise<string>} the participant's id @throws {RestProblem} */
  async join() {
    const { meeting, name, role, language = "" } = this.#speaker;
    const admission = await participantAdmit(meeting, { display_name: name, role, language }, this.#options.csrfToken);
    const { participant_id, session_id, resume_token, ws_url } = admission;
    this.#hasJoined = true;
    this.#kept = await this.#options.shelf.begin(
      {
        ...{ participant_id, session_id, resume_token, ws_url },
        ...this.#speaker,
        consent: this.#speaker.consent ?? CONSENT,
        isMuted: false,
        deviceId: "",
        end: this.#ring.end,
        capturedAt_ms: this.#options.around.wall_ms(),
        isFinishing: false,
      },
      this.#ring,
    );
    this.#kept.spill.note({ isMuted: this.#isMuted, deviceId: this.#deviceId }); // as they are by now
    this.#begin(this.#kept, admission.ticket);
    return participant_id;
  }

  /** Goes on with a session of an earlier page. @param {KeptSession} kept */
  resume(kept) {
    this.#kept = kept;
    this.#ring = kept.ring;
    this.#isMuted = kept.record.isMuted;
    this.#left = kept.record;
    this.#hasJoined = true;
    this.#begin(kept, null);
  }

  /**
   * What the microphone captured. Before joining nothing is kept; while joining anew, it is for the session to come.
   * @param {import("../audio/capture_core.js").SpanKind} kind
   * @param {number} nSamples
   * @param {Int16Array | null} samples
   * @param {LossReason | ""} reason
   */
  capture(kind, nSamples, samples, reason) {
    if (!this.#hasJoined || this.#isFinishing) return;
    if (this.#left) this.#comeBack(this.#left, nSamples);
    this.#ring.append(kind, nSamples, samples, reason);
    this.#kept?.spill.captured(this.#ring.end, this.#options.around.wall_ms());
    this.#session?.pump();
  }

  /** @param {boolean} isMuted */
  mute(isMuted) {
    this.#isMuted = isMuted;
    this.#kept?.spill.note({ isMuted });
  }

  /** Whether the others' voices are wanted from now on. @param {boolean} on */
  listen(on) {
    this.#isListening = on;
    this.#session?.listen(on);
  }

  /** @param {string} deviceId that the person chose */
  chooseDevice(deviceId) {
    this.#deviceId = deviceId;
    this.#kept?.spill.note({ deviceId });
  }

  /** @param {string} language tag of what the person speaks from now on */
  speak(language) {
    this.#speaker = { ...this.#speaker, language };
    this.#kept?.spill.note({ language });
    this.#session?.speak(language);
  }

  /** @param {readonly string[]} consent all that the person agrees to from now on */
  agree(consent) {
    this.#speaker = { ...this.#speaker, consent };
    this.#kept?.spill.note({ consent });
    this.#session?.agree(consent);
  }

  /** The person, who is muted by now, agrees to nothing any more: said behind what was captured before, within a second. */
  withdraw() {
    const { around, microphone } = this.#options;
    const until_ms = around.now_ms() + WITHDRAWN_WITHIN_MS;
    const sayBehind = (/** @type {number} */ end) => {
      const isSent = (this.#session?.sentTo ?? end) >= end;
      if (isSent || around.now_ms() >= until_ms) this.agree([]);
      else around.setTimer(() => sayBehind(end), WITHDRAWN_STEP_MS);
    };
    void microphone.flush().then(() => sayBehind(this.#ring.end));
  }

  /** Stops capturing, delivers everything, and ends; the session's phase tells when that is done. */
  async finish() {
    if (this.#isFinishing || !this.#hasJoined) return;
    await this.#options.microphone.flush();
    this.#isFinishing = true;
    this.#options.microphone.close();
    this.#kept?.spill.note({ isFinishing: true });
    this.#session?.finish();
  }

  retryNow() {
    this.#session?.retryNow();
  }

  /** Without waiting: what has not arrived is left to a later page. */
  leave() {
    this.close();
    this.#kept?.spill.flush();
    this.#kept?.spill.stop();
    this.#kept?.letGo();
  }

  /** The page may be gone in a moment. */
  flush() {
    this.#kept?.spill.flush();
  }

  /** Lets go of the network; `reopen` goes on where it was. */
  close() {
    this.#isClosed = true;
    this.#session?.close();
  }

  reopen() {
    this.#isClosed = false;
    this.#session?.reopen();
  }

  /** @param {KeptSession} kept @param {string | null} ticket */
  #begin(kept, ticket) {
    const { csrfToken, around, captions, listener } = this.#options;
    this.#session = new AudioSession({
      key: kept.record,
      ticket,
      ring: kept.ring,
      captions,
      isListening: this.#isListening,
      consent: kept.record.consent,
      pageUrl: location.href,
      fetchTicket: ticketSource(kept.record, csrfToken),
      around,
      listener: {
        onMessage: (message) => {
          if (message.type === "welcome") kept.spill.note({ resume_token: message.resume_token });
          listener.onMessage(message);
        },
        onAudio: listener.onAudio,
        onPhase: (phase) => {
          if (phase === "ended") this.#discard();
          if (phase !== "stopped") listener.onPhase(phase);
        },
        onStopped: (action, code) => void this.#stopped(action, code),
      },
    });
    this.#session.start();
    if (this.#isFinishing) this.#session.finish();
  }

  /**
   * The page was away: time went on, and nothing was captured in it.
   * @param {SessionRecord} left
   * @param {number} nSamples of the first block, which has just ended
   */
  #comeBack(left, nSamples) {
    this.#left = null;
    const nAway = awaySamples(left, this.#options.around.wall_ms(), nSamples, this.#ring.end);
    this.#ring.append(left.isMuted ? "muted" : "lost", nAway, null, left.isMuted ? "" : "page_reloaded");
  }

  /** @param {CloseAction} action @param {number} code */
  async #stopped(action, code) {
    const { listener } = this.#options;
    const lost_ms = this.#ring.nKept / SAMPLES_PER_MS;
    if (mayDeliverLater(action)) {
      this.#kept?.spill.stop();
      this.#kept?.letGo();
      listener.onStopped(action, code, 0);
      return;
    }
    this.#discard();
    if (action === "new_session" && !this.#isFinishing) await this.#beginAnew(lost_ms);
    else listener.onStopped(action, code, lost_ms);
  }

  /** @param {number} lost_ms */
  async #beginAnew(lost_ms) {
    const { around, listener } = this.#options;
    const backoff = new Backoff(around.random);
    this.#session = null;
    this.#kept = null;
    this.#left = null;
    this.#ring = new AudioRing();
    while (!this.#isClosed) {
      try {
        listener.onNewSession(await this.join(), lost_ms);
        return;
      } catch (problem) {
        if (!(problem instanceof RestProblem) || !problem.isTransient) return listener.onStopped("new_session", 4404, lost_ms);
        const wait_ms = Math.max(problem.retryAfter_ms, backoff.next());
        listener.onPhase("waiting");
        await new Promise((resolve) => around.setTimer(() => resolve(undefined), wait_ms));
      }
    }
  }

  /** The session is over: nothing of it is kept. */
  #discard() {
    const kept = this.#kept;
    if (kept) void kept.spill.remove().then(kept.letGo);
  }
}
