/**
 * One audio session: sends what the ring keeps, forgets what is settled, resumes after every interruption, and ends only
 * when the server has answered `ended`.
 */

import { Connection } from "./connection.js";
import { Declarations } from "./declarations.js";
import { FrameSender } from "./frame_sender.js";
import { ticketFetch } from "./rest.js";
import { socketAddress } from "./socket_address.js";

/**
 * @typedef {import("../protocol/close_codes.js").CloseAction} CloseAction
 * @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../protocol/messages.js").WelcomeMessage} WelcomeMessage
 * @typedef {import("./audio_ring.js").AudioRing} AudioRing
 * @typedef {import("./surroundings.js").Surroundings} Surroundings
 * @typedef {Pick<import("./rest.js").Admission, "session_id" | "resume_token" | "ws_url">} SessionKey
 *
 * @typedef {"connecting" | "live" | "waiting" | "paused" | "ending" | "ended" | "stopped"} Phase
 * waiting: until the next attempt; paused: by the server; ending: the last words are on their way
 *
 * @typedef {object} SessionListener
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(frame: ArrayBuffer) => void} onAudio the others' voices, as long as they are wanted
 * @property {(phase: Phase) => void} onPhase
 * @property {(action: CloseAction, code: number) => void} onStopped
 *
 * @typedef {object} SessionOptions
 * @property {SessionKey} key
 * @property {string | null} ticket null: this session was begun by an earlier page
 * @property {AudioRing} ring
 * @property {"all" | "none"} captions
 * @property {boolean} isListening whether the others' voices are wanted at first
 * @property {readonly string[]} consent what the person agreed to, in words of the protocol
 * @property {string} pageUrl
 * @property {(() => Promise<string>)} fetchTicket
 * @property {SessionListener} listener
 * @property {Surroundings} around
 */

const FULL_SOCKET_BYTES = 262_144;
const PUMP_MS = 50;
const LATEST_MOVE_MS = 2_000;
const SAMPLES_PER_MS = 16;

export class AudioSession {
  #options;
  #ring;
  #sender;
  #connection;
  #around;
  #listener;
  #resumeToken;
  #hasBeenWelcomed;
  #isWelcome = false;
  #isEnding = false;
  #isListening;
  #isOver = false;
  #lastSeq = 0;
  #settled;
  #declarations;
  /** @type {Phase} */
  #phase = "connecting";
  /** @type {any} */
  #pumpTimer = null;

  /** @param {SessionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#ring = options.ring;
    this.#around = options.around;
    this.#listener = options.listener;
    this.#isListening = options.isListening;
    this.#resumeToken = options.key.resume_token;
    this.#hasBeenWelcomed = options.ticket === null;
    this.#settled = options.ring.start;
    const position = options.ticket === null ? options.ring.end : 0; // an earlier page's words were said on its terms
    this.#declarations = new Declarations(options.consent, position);
    this.#sender = new FrameSender(options.ring, this.#hasBeenWelcomed);
    this.#connection = new Connection(
      options.ticket,
      {
        address: () => socketAddress(options.key.ws_url, options.pageUrl).href,
        fetchTicket: options.fetchTicket,
        onOpen: () => this.#hello(),
        onMessage: (message) => this.#receive(message),
        onAudio: (frame) => this.#isListening && this.#listener.onAudio(frame),
        onWaiting: () => this.#interrupted(),
        onStopped: (action, code) => this.#stopped(action, code),
      },
      options.around,
    );
  }

  /** @returns {number} milliseconds of captured time that the server could still lose, and we keep */
  get unsettled_ms() {
    return Math.max(0, this.#ring.end - this.#settled) / SAMPLES_PER_MS;
  }

  /** @returns {number} the position before which everything was sent on this connection */
  get sentTo() {
    return this.#sender.position;
  }

  start() {
    this.#connection.open();
  }

  /** The ring has more. Also keeps the connection going where timers are held back, as in a tab in the background. */
  pump() {
    this.#connection.look();
    if (!this.#isWelcome) return;
    this.#around.clearTimer(this.#pumpTimer);
    for (const action of this.#sender.actions(this.#around.now_ms())) {
      this.#connection.send(action.type === "frame" ? action.buffer : JSON.stringify(action));
      if (this.#connection.bufferedBytes > FULL_SOCKET_BYTES) break;
    }
    if (this.#sender.position < this.#ring.end - PUMP_MS * SAMPLES_PER_MS) {
      this.#pumpTimer = this.#around.setTimer(() => this.pump(), PUMP_MS);
    }
  }

  /**
   * What is captured from here on is in this language. Said again after a resume, for the same position, until the
   * server has confirmed it.
   * @param {string} language tag
   */
  speak(language) {
    const said = this.#declarations.speak(language, this.#ring.end);
    if (this.#isWelcome) this.#connection.send(JSON.stringify(said));
  }

  /** Whether the others' voices are wanted from now on. @param {boolean} on */
  listen(on) {
    this.#isListening = on;
    if (this.#isWelcome) this.#connection.send(JSON.stringify({ type: "listen", on }));
  }

  /**
   * What the person agrees to, from what is captured now on. Said again after a resume unless the server has it.
   * @param {readonly string[]} granted in words of the protocol
   */
  agree(granted) {
    const said = this.#declarations.agree(granted, this.#ring.end);
    if (this.#isWelcome) this.#connection.send(JSON.stringify(said));
  }

  /** Nothing more will be captured: delivers what is kept, then ends. */
  finish() {
    if (this.#isEnding || this.#isOver) return;
    this.#isEnding = true;
    this.#sender.finish(this.#ring.end);
    this.#enter("ending");
    this.pump();
  }

  /** The network is back: no need to wait for the next attempt. */
  retryNow() {
    if (this.#phase === "waiting" || (this.#isEnding && !this.#isWelcome)) this.#connection.renew();
  }

  /** Lets go at once; what is not settled stays in the ring. */
  close() {
    this.#isOver = true;
    this.#isWelcome = false;
    this.#around.clearTimer(this.#pumpTimer);
    this.#connection.close();
  }

  /** Connects again after `close`. */
  reopen() {
    this.#isOver = false;
    this.#enter("waiting");
    this.#connection.renew();
  }

  #hello() {
    const resume = { token: this.#resumeToken, after_seq: this.#lastSeq };
    const hello = {
      type: "hello",
      audio: { codec: "pcm_s16le", rate: 16_000 },
      want: { captions: this.#options.captions, partials: this.#options.captions === "all", listen: this.#isListening },
      ...(this.#hasBeenWelcomed ? { resume } : {}),
    };
    this.#connection.send(JSON.stringify(hello));
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    if ("seq" in message && message.seq !== null) this.#lastSeq = Math.max(this.#lastSeq, message.seq);
    if (message.type === "welcome") this.#welcome(message);
    else if (message.type === "ack") this.#acknowledge(message.settled);
    else if (message.type === "flow") this.#flow(message.state === "pause");
    else if (message.type === "goaway") this.#connection.move(Math.min(LATEST_MOVE_MS, message.deadline_ms / 2));
    else if (message.type === "ended") this.#ended();
    else if (message.type === "event") this.#declarations.confirm(message.event);
    else if (message.type === "error" && message.problem.code === "language_unsupported") this.#declarations.unspeak();
    this.#listener.onMessage(message);
  }

  /** @param {WelcomeMessage} welcome */
  #welcome(welcome) {
    this.#connection.accepted();
    this.#resumeToken = welcome.resume_token;
    this.#hasBeenWelcomed = true;
    this.#settle(welcome.settled);
    for (const said of this.#declarations.owed(welcome)) this.#connection.send(JSON.stringify(said));
    this.#sender.begin(welcome.settled, welcome.limits, this.#around.now_ms());
    this.#isWelcome = true;
    this.#enter(this.#isEnding ? "ending" : "live");
    this.pump();
  }

  /** @param {number} settled */
  #acknowledge(settled) {
    this.#connection.proved();
    this.#settle(settled);
    this.pump();
  }

  /** @param {number} settled */
  #settle(settled) {
    this.#settled = Math.max(this.#settled, settled);
    this.#ring.settle(settled);
    this.#sender.settled(settled);
  }

  /** @param {boolean} isPaused */
  #flow(isPaused) {
    this.#sender.pause(isPaused);
    if (!this.#isEnding) this.#enter(isPaused ? "paused" : "live");
    this.pump();
  }

  #ended() {
    this.close();
    this.#enter("ended");
  }

  #interrupted() {
    this.#isWelcome = false;
    this.#around.clearTimer(this.#pumpTimer);
    this.#enter(this.#isEnding ? "ending" : "waiting");
  }

  /** @param {CloseAction} action @param {number} code */
  #stopped(action, code) {
    this.close();
    this.#enter("stopped");
    this.#listener.onStopped(action, code);
  }

  /** @param {Phase} phase */
  #enter(phase) {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#listener.onPhase(phase);
  }
}

/**
 * @param {SessionKey} key
 * @param {string} csrfToken
 * @returns {() => Promise<string>}
 */
export function ticketSource(key, csrfToken) {
  return () => ticketFetch(key.session_id, key.resume_token, csrfToken);
}
