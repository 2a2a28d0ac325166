/**
 * Keeps one WebSocket open: tickets, back-off, close codes, silence. What goes over it is the owner's business.
 *
 * Every attempt has a generation; whatever an older attempt still reports is ignored, so `close` and `renew` are safe at
 * any time. Whatever is due is done by a timer or by `look`, whichever comes first: in a tab in the background timers are
 * held back by up to a minute.
 */

import { closeAction } from "../protocol/close_codes.js";
import { messageParse } from "../protocol/messages.js";
import { Backoff } from "./backoff.js";
import { RestProblem } from "./rest.js";

/**
 * @typedef {import("../protocol/close_codes.js").CloseAction} CloseAction
 * @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage
 * @typedef {import("./surroundings.js").SocketLike} SocketLike
 * @typedef {import("./surroundings.js").Surroundings} Surroundings
 *
 * @typedef {object} ConnectionOwner
 * @property {() => string} address asked for each attempt, since it may say where to go on from
 * @property {() => Promise<string>} fetchTicket
 * @property {() => void} onOpen
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(frame: ArrayBuffer) => void} [onAudio]
 * @property {(retry_ms: number) => void} onWaiting
 * @property {(action: CloseAction, code: number) => void} onStopped nothing will be tried any more
 */

const ASK_MS = 9_000;
const SILENCE_MS = 19_000; // two heartbeats, and one second to say so

export class Connection {
  #owner;
  #around;
  #backoff;
  #generation = 0;
  /** @type {SocketLike | null} */
  #socket = null;
  #isOpen = false;
  /** @type {string | null} the first attempt's, which came with the admission */
  #ticket;
  #nTicketsRefused = 0;
  #heardAt_ms = 0;
  #hasAsked = false;
  /** @type {{at_ms: number, act: () => void, timer: any} | null} at most one thing is waited for */
  #due = null;

  /**
   * @param {string | null} ticket null: none yet
   * @param {ConnectionOwner} owner
   * @param {Surroundings} around
   */
  constructor(ticket, owner, around) {
    this.#ticket = ticket;
    this.#owner = owner;
    this.#around = around;
    this.#backoff = new Backoff(around.random);
  }

  /** @returns {number} bytes that the browser has not yet handed to the network */
  get bufferedBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  open() {
    void this.#attempt();
  }

  /** @param {string | ArrayBuffer} data */
  send(data) {
    this.#socket?.send(data);
  }

  /** Does what is due by now. To be called from whatever runs anyway. */
  look() {
    if (this.#due && this.#around.now_ms() >= this.#due.at_ms) this.#doDue();
  }

  /** The server took this connection's ticket. */
  accepted() {
    this.#nTicketsRefused = 0;
  }

  /** The server does its work for us: the next interruption may be answered at once. */
  proved() {
    this.#backoff.reset();
  }

  /** Drops what is there and connects again. */
  renew() {
    this.#abandon();
    this.#attemptAfter(0);
  }

  /** Goes on over this connection for a moment, then over a new one: not everybody at once. @param {number} within_ms */
  move(within_ms) {
    this.#after(within_ms * this.#around.random(), () => {
      this.#owner.onWaiting(0);
      void this.#attempt();
    });
  }

  close() {
    this.#abandon();
  }

  async #attempt() {
    const generation = this.#abandon();
    const ticket = this.#ticket ?? (await this.#nextTicket(generation));
    this.#ticket = null;
    if (ticket === null || generation !== this.#generation) return;
    const socket = this.#around.openSocket(this.#owner.address(), ["colloquy.v1", `ticket.${ticket}`]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const isCurrent = () => generation === this.#generation;
    socket.onopen = () => isCurrent() && this.#opened();
    socket.onmessage = (event) => isCurrent() && this.#receive(event.data);
    socket.onclose = (event) => isCurrent() && this.#closed(event.code);
    this.#hear();
    this.#watch();
  }

  #opened() {
    this.#isOpen = true;
    this.#hear();
    this.#watch();
    this.#owner.onOpen();
  }

  /** @param {number} generation @returns {Promise<string | null>} null: nothing to go on with, already dealt with */
  async #nextTicket(generation) {
    try {
      return await this.#owner.fetchTicket();
    } catch (problem) {
      if (!(problem instanceof RestProblem)) throw problem;
      if (generation !== this.#generation) return null;
      if (problem.isTransient) this.#retry(problem.retryAfter_ms);
      else if (problem.status === 404) this.#stop("new_session", 4404);
      else this.#stop("refused", problem.status === 410 ? 4410 : 4403);
      return null;
    }
  }

  /** @param {string | ArrayBuffer} data */
  #receive(data) {
    this.#hear();
    if (typeof data !== "string") {
      this.#owner.onAudio?.(data);
      return;
    }
    const message = messageParse(data);
    if (message) this.#owner.onMessage(message);
  }

  #hear() {
    this.#heardAt_ms = this.#around.now_ms();
    this.#hasAsked = false;
  }

  /** @param {number} code */
  #closed(code) {
    const action = closeAction(code);
    this.#abandon();
    if (action === "retry") {
      this.#retry(0);
    } else if (action === "new_ticket" && this.#nTicketsRefused === 0) {
      this.#nTicketsRefused += 1;
      this.#attemptAfter(0);
    } else {
      this.#stop(action, code);
    }
  }

  /** @param {number} atLeast_ms */
  #retry(atLeast_ms) {
    const retry_ms = Math.max(atLeast_ms, this.#backoff.next());
    this.#attemptAfter(retry_ms);
    this.#owner.onWaiting(retry_ms);
  }

  /** @param {number} delay_ms */
  #attemptAfter(delay_ms) {
    this.#after(delay_ms, () => void this.#attempt());
  }

  /** @param {CloseAction} action @param {number} code */
  #stop(action, code) {
    this.#abandon();
    this.#owner.onStopped(action, code);
  }

  /** A browser shows no WebSocket pings, so after a silence the server is asked, and after two heartbeats given up. */
  #watch() {
    const at_ms = this.#heardAt_ms + (this.#hasAsked || !this.#isOpen ? SILENCE_MS : ASK_MS);
    this.#after(Math.max(0, at_ms - this.#around.now_ms()), () => this.#judgeSilence());
  }

  #judgeSilence() {
    const now_ms = this.#around.now_ms();
    const silence_ms = now_ms - this.#heardAt_ms;
    if (silence_ms >= SILENCE_MS) {
      this.#abandon();
      this.#retry(0);
      return;
    }
    if (silence_ms >= ASK_MS && this.#isOpen && !this.#hasAsked) {
      this.#hasAsked = true;
      this.#socket?.send(JSON.stringify({ type: "ping", t: Math.round(now_ms) }));
    }
    this.#watch();
  }

  /** @param {number} delay_ms @param {() => void} act */
  #after(delay_ms, act) {
    this.#forget();
    const at_ms = this.#around.now_ms() + delay_ms;
    this.#due = { at_ms, act, timer: this.#around.setTimer(() => this.#doDue(), delay_ms) };
  }

  #doDue() {
    const due = this.#due;
    this.#forget();
    due?.act();
  }

  #forget() {
    if (this.#due) this.#around.clearTimer(this.#due.timer);
    this.#due = null;
  }

  /** @returns {number} the new generation */
  #abandon() {
    this.#forget();
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    this.#generation += 1;
    socket?.close(1000);
    return this.#generation;
  }
}
