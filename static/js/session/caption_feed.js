/** The meeting's captions without audio: for people who only watch. */

import { Connection } from "./connection.js";
import { socketAddress } from "./socket_address.js";

/**
 * @typedef {Omit<import("./audio_session.js").SessionListener, "onAudio">} FeedListener
 * @typedef {import("./audio_session.js").Phase} Phase
 * @typedef {import("./surroundings.js").Surroundings} Surroundings
 * @typedef {import("./rest.js").Admission} Admission
 *
 * @typedef {object} FeedOptions
 * @property {Admission} admission
 * @property {string} pageUrl
 * @property {() => Promise<string>} fetchTicket
 * @property {FeedListener} listener
 * @property {Surroundings} around
 */

export class CaptionFeed {
  #listener;
  #connection;
  #lastSeq = 0;
  /** @type {Phase} */
  #phase = "connecting";

  /** @param {FeedOptions} options */
  constructor({ admission, pageUrl, fetchTicket, listener, around }) {
    this.#listener = listener;
    this.#connection = new Connection(
      admission.ticket,
      {
        address: () => this.#address(socketAddress(admission.ws_url, pageUrl)),
        fetchTicket,
        onOpen: () => undefined,
        onMessage: (message) => this.#receive(message),
        onWaiting: () => this.#enter("waiting"),
        onStopped: (action, code) => {
          this.#enter(action === "ended" ? "ended" : "stopped");
          if (action !== "ended") listener.onStopped(action, code);
        },
      },
      around,
    );
  }

  start() {
    this.#connection.open();
  }

  retryNow() {
    if (this.#phase === "waiting") this.#connection.renew();
  }

  close() {
    this.#connection.close();
  }

  reopen() {
    this.#enter("waiting");
    this.#connection.renew();
  }

  /** @param {URL} address */
  #address(address) {
    address.searchParams.set("after_seq", String(this.#lastSeq));
    return address.href;
  }

  /** @param {import("../protocol/messages.js").ServerMessage} message */
  #receive(message) {
    if ("seq" in message && message.seq !== null) this.#lastSeq = Math.max(this.#lastSeq, message.seq);
    if (message.type === "goaway") {
      this.#connection.move(Math.min(2_000, message.deadline_ms / 2));
    } else if (message.type === "live") {
      // There are no acks here; being up to date is the proof that the server works for us.
      this.#connection.accepted();
      this.#connection.proved();
      this.#enter("live");
    }
    this.#listener.onMessage(message);
  }

  /** @param {Phase} phase */
  #enter(phase) {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#listener.onPhase(phase);
  }
}
