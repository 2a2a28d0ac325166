/** Inside the meeting: what happens there, and what the buttons do. */

import { closeReason } from "../protocol/close_codes.js";
import { CaptionFeed } from "../session/caption_feed.js";
import { ticketSource } from "../session/audio_session.js";
import { browserSurroundings } from "../session/connection.js";
import { participantAdmit, restCall } from "../session/rest.js";
import { byId } from "./elements.js";
import { OwnGaps } from "./own_gaps.js";
import { RoomView } from "./room_view.js";
import { deliveredWords, gapWords, warningWords } from "./trouble_words.js";
import { Voice } from "./voice.js";

/**
 * @typedef {import("../audio/microphone.js").Microphone} Microphone
 * @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../session/audio_session.js").Phase} Phase
 *
 * @typedef {object} PageData
 * @property {string} code
 * @property {string} meeting_id
 * @property {"host" | "speaker"} role
 * @property {string} csrf_token
 */

const WORDS_EVERY_MS = 1_000;

export class Room {
  #page;
  #view = new RoomView();
  #ownGaps = new OwnGaps();
  #ownId = "";
  #around = browserSurroundings();
  /** @type {Voice | null} */
  #voice = null;
  /** @type {CaptionFeed | null} */
  #feed = null;
  /** @type {Microphone | null} */
  #microphone = null;
  /** @type {Phase} */
  #phase = "connecting";
  #isMuted = false;
  #isMeetingOver = false;
  #isClosed = false;
  #words = 0;

  /** @param {PageData} page */
  constructor(page) {
    this.#page = page;
    byId("leave", HTMLButtonElement).addEventListener("click", () => void this.leave());
    byId("mute", HTMLButtonElement).addEventListener("click", () => this.#mute(!this.#isMuted));
    document.addEventListener("keydown", (event) => {
      if (event.altKey && event.code === "KeyM" && this.#voice) {
        event.preventDefault();
        this.#mute(!this.#isMuted);
      }
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.#holdsUnsentWords()) event.preventDefault();
    });
    this.#offerEnd();
  }

  get notices() {
    return this.#view.notices;
  }

  /** @returns {boolean} */
  get isOpen() {
    return (this.#voice !== null || this.#feed !== null) && !this.#isClosed;
  }

  /** @param {string} name @param {Microphone} microphone open */
  async speak(name, microphone) {
    const voice = new Voice({
      meeting: this.#page.code,
      name,
      role: this.#page.role,
      csrfToken: this.#page.csrf_token,
      microphone,
      around: this.#around,
      listener: {
        ...this.#listener(),
        onNewSession: (admission, lost) => this.#newSession(admission.participant_id, lost),
      },
    });
    const admission = await voice.join();
    this.#voice = voice;
    this.#microphone = microphone;
    this.#open(admission.participant_id);
  }

  /** @param {string} name */
  async watch(name) {
    const { code, csrf_token: csrfToken } = this.#page;
    const admission = await participantAdmit(code, { display_name: name, role: "viewer" }, csrfToken);
    const fetchTicket = ticketSource(admission, csrfToken);
    const around = this.#around;
    const listener = this.#listener();
    this.#feed = new CaptionFeed({ admission, pageUrl: location.href, fetchTicket, listener, around });
    for (const element of document.querySelectorAll("[data-voice]")) /** @type {HTMLElement} */ (element).hidden = true;
    for (const element of document.querySelectorAll("[data-watching]")) /** @type {HTMLElement} */ (element).hidden = false;
    this.#open(admission.participant_id);
    this.#feed.start();
  }

  /** Blocks of the microphone. @type {import("../audio/microphone.js").MicrophoneListener["onBlock"]} */
  capture = (kind, nSamples, samples) => this.#voice?.capture(kind, nSamples, samples);

  /** Delivers the last words first; asked a second time, leaves without. */
  async leave() {
    if (!this.#voice || this.#voice.isFinishing || this.#phase === "stopped") {
      const isComplete = !this.#voice;
      this.#close("You have left the meeting", isComplete ? "" : "Your last words may not have arrived.");
      return;
    }
    byId("mute", HTMLButtonElement).disabled = true;
    byId("leave", HTMLButtonElement).textContent = "Leave at once";
    await this.#voice.finish();
  }

  /** The network, or the page, is back. */
  retryNow() {
    this.#voice?.retryNow();
    this.#feed?.retryNow();
  }

  /** The page goes into the browser's back-forward cache, which takes no open sockets. */
  suspend() {
    this.#voice?.close();
    this.#feed?.close();
  }

  wake() {
    this.#voice?.reopen();
    this.#feed?.reopen();
  }

  #listener() {
    return {
      onMessage: (/** @type {ServerMessage} */ message) => this.#receive(message),
      onPhase: (/** @type {Phase} */ phase) => this.#enter(phase),
      onStopped: (/** @type {string} */ _action, /** @type {number} */ code) => this.#stopped(code),
    };
  }

  /** @param {string} ownId */
  #open(ownId) {
    this.#ownId = ownId;
    this.#view.open(ownId);
    this.#showConnection();
    this.#words = window.setInterval(() => this.#showConnection(), WORDS_EVERY_MS);
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    this.#view.show(message);
    if (message.type === "draining" && message.reason === "meeting_ended") void this.#voice?.finish();
    if (message.type === "event" && message.event.type === "meeting.ended") this.#meetingOver();
    if (message.type === "flow") this.#showFlow(message.state);
    if (message.type === "event") this.#showGap(message.event);
    if (message.type === "warning") this.notices.show(`warning ${message.code}`, warningWords(message.code));
  }

  /** @param {import("../protocol/messages.js").MeetingEvent} event */
  #showGap(event) {
    const gap = this.#ownGaps.take(event, this.#ownId);
    if (gap) this.notices.show(`gap ${gap.reason}`, gapWords(gap.lost_ms, gap.reason));
  }

  #meetingOver() {
    this.#isMeetingOver = true;
    if (this.#feed) this.notices.show("over", "The meeting has ended. Leave to read the transcript.");
  }

  /** @param {"ok" | "slow" | "pause"} state */
  #showFlow(state) {
    if (state === "ok") this.notices.clear("flow");
    else if (state === "slow") this.notices.show("flow", "The server is busy: captions come less often. No word is lost.");
    else this.notices.show("flow", "The server is very busy. What you say is kept here and sent when it can be taken.");
  }

  /** @param {Phase} phase */
  #enter(phase) {
    this.#phase = phase;
    this.#showConnection();
    if (phase === "live") this.notices.clear("new-session");
    if (phase !== "ended" || this.#isClosed) return;
    const heading = this.#isMeetingOver ? "The meeting has ended" : "You have left the meeting";
    this.#close(heading, this.#voice ? deliveredWords(this.#ownGaps.total_ms) : "");
  }

  /** @param {number} code */
  #stopped(code) {
    this.#microphone?.close();
    this.#close("You are no longer connected", closeReason(code));
  }

  /** @param {string} ownId @param {string} lost */
  #newSession(ownId, lost) {
    this.#ownId = ownId;
    this.#view.open(ownId);
    const words = lost ? ` Your last ${lost} could not be delivered.` : "";
    this.notices.show("session", `The server no longer knew this connection, so you joined anew.${words}`);
  }

  /** @param {string} heading @param {string} words */
  #close(heading, words) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    window.clearInterval(this.#words);
    this.#voice?.close();
    this.#feed?.close();
    this.#microphone?.close();
    this.#view.close(heading, words, !this.#isMeetingOver);
  }

  /** @param {boolean} isMuted */
  #mute(isMuted) {
    if (!this.#voice || this.#voice.isFinishing) return;
    this.#isMuted = isMuted;
    this.#microphone?.mute(isMuted);
    byId("mute", HTMLButtonElement).toggleAttribute("data-is-muted", isMuted);
    byId("level", HTMLElement).classList.toggle("is-muted", isMuted);
    byId("mute-words", HTMLElement).textContent = isMuted ? "Unmute" : "Mute";
    this.#view.announce(isMuted ? "You are muted." : "You are heard again.");
  }

  #showConnection() {
    this.#view.showConnection(this.#phase, this.#voice ? this.#voice.unsettled_ms : null);
  }

  #holdsUnsentWords() {
    const isAway = this.#phase === "waiting" || this.#phase === "ending" || this.#phase === "paused";
    return this.isOpen && isAway && (this.#voice?.unsettled_ms ?? 0) > 1_000;
  }

  #offerEnd() {
    const dialog = document.getElementById("end-dialog");
    if (!(dialog instanceof HTMLDialogElement)) return;
    byId("end-meeting", HTMLButtonElement).addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("close", () => dialog.returnValue === "end" && void this.#endForAll());
  }

  async #endForAll() {
    try {
      await restCall("POST", `/api/v1/meetings/${this.#page.meeting_id}/end`, this.#page.csrf_token);
    } catch (problem) {
      this.notices.show("end", `The meeting could not be ended: ${problem instanceof Error ? problem.message : problem}`);
    }
  }
}
