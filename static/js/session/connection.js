/**
 * Keeps one WebSocket open: tickets, back-off, close codes, silence. What goes over it is the owner's business.
 *
 * Every attempt has a generation; whatever an older attempt still reports is ignored, so `close` and `retryNow` are safe
 * at any time.
 */

import { closeAction } from "../protocol/close_codes.js";
import { messageParse } from "../protocol/messages.js";
import { Backoff } from "./backoff.js";
import { RestProblem } from "./rest.js";

/**
 * @typedef {import("../protocol/close_codes.js").CloseAction} CloseAction
 * @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage
 * @typedef {object} SocketLike the part of a WebSocket that is used
 * @property {number} bufferedAmount
 * @property {string} binaryType
 * @property {(data: string | ArrayBuffer) => void} send
 * @property {(code?: number) => void} close
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 *
 * @typedef {object} Surroundings what a browser provides, and tests replace
 * @property {(address: string, protocols: string[]) => SocketLike} openSocket
 * @property {() => number} now_ms
 * @property {(callback: () => void, delay_ms: number) => any} setTimer
 * @property {(timer: any) => void} clearTimer
 * @property {() => number} random
 *
 * @typedef {object} ConnectionOwner
 * @property {() => string} address asked for each attempt, since it may say where to go on from
 * @property {() => Promise<string>} fetchTicket
 * @property {() => void} onOpen
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(retry_ms: number) => void} onWaiting
 * @property {(action: CloseAction, code: number) => void} onStopped nothing will be tried any more
 */

const SILENCE_MS = 20_000; // two heartbeats
const LOOK_MS = 5_000;

export class Connection {
  #owner;
  #around;
  #backoff;
  #generation = 0;
  /** @type {SocketLike | null} */
  #socket = null;
  /** @type {string | null} the first attempt's, which came with the admission */
  #ticket;
  #nTicketsRefused = 0;
  #heardAt_ms = 0;
  #askedAt_ms = 0;
  /** @type {any} */
  #timer = null;

  /** @param {string} ticket @param {ConnectionOwner} owner @param {Surroundings} around */
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

  /** The server took this connection's ticket. */
  accepted() {
    this.#nTicketsRefused = 0;
  }

  /** The server does its work for us: the next interruption may be answered at once. */
  proved() {
    this.#backoff.reset();
  }

  /** Drops what is there and connects again, after a moment at most. @param {number} [within_ms] */
  renew(within_ms = 0) {
    this.#abandon();
    this.#attemptAfter(within_ms * this.#around.random());
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
    socket.onopen = () => isCurrent() && this.#owner.onOpen();
    socket.onmessage = (event) => isCurrent() && this.#receive(event.data);
    socket.onclose = (event) => isCurrent() && this.#closed(event.code);
    this.#heardAt_ms = this.#askedAt_ms = this.#around.now_ms();
    this.#watch(generation);
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
    this.#heardAt_ms = this.#around.now_ms();
    const message = typeof data === "string" ? messageParse(data) : null;
    if (message) this.#owner.onMessage(message);
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
    const generation = this.#generation;
    this.#timer = this.#around.setTimer(() => {
      if (generation === this.#generation) void this.#attempt();
    }, delay_ms);
  }

  /** @param {CloseAction} action @param {number} code */
  #stop(action, code) {
    this.#abandon();
    this.#owner.onStopped(action, code);
  }

  /**
   * A browser shows no WebSocket pings, so after a silence the server is asked, and after two heartbeats given up.
   * @param {number} generation
   */
  #watch(generation) {
    this.#timer = this.#around.setTimer(() => {
      if (generation !== this.#generation) return;
      const now_ms = this.#around.now_ms();
      if (now_ms - this.#heardAt_ms > SILENCE_MS) {
        this.#abandon();
        this.#retry(0);
        return;
      }
      if (now_ms - Math.max(this.#heardAt_ms, this.#askedAt_ms) >= SILENCE_MS / 2 - LOOK_MS) {
        this.#askedAt_ms = now_ms;
        this.#socket?.send(JSON.stringify({ type: "ping", t: Math.round(now_ms) }));
      }
      this.#watch(generation);
    }, LOOK_MS);
  }

  /** @returns {number} the new generation */
  #abandon() {
    this.#around.clearTimer(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#generation += 1;
    socket?.close(1000);
    return this.#generation;
  }
}

/** @returns {Surroundings} */
export function browserSurroundings() {
  return {
    openSocket: (address, protocols) => new WebSocket(address, protocols),
    now_ms: () => performance.now(),
    setTimer: (callback, delay_ms) => setTimeout(callback, delay_ms),
    clearTimer: (timer) => clearTimeout(timer),
    random: () => Math.random(),
  };
}
