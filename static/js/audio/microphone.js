/**
 * One microphone, from the permission to blocks at 16 kHz. The graph stays when the device changes, and is built anew when
 * it breaks; positions run on. While there is no device, or the context stands still, capture time is counted as lost.
 */

import { CaptureClock } from "./capture_clock.js";
import { BLOCK_SAMPLES } from "./capture_core.js";

const WORKLET_URL = new URL("./capture_worklet.js", import.meta.url);
const SAMPLES_PER_MS = 16;
const START_MS = 2_000;

/**
 * @typedef {import("../protocol/messages.js").LossReason} LossReason
 * @typedef {import("./capture_core.js").SpanKind} SpanKind
 * @typedef {"device_lost" | "device_silent" | "device_back" | "suspended" | "running" | "rebuilt"} MicrophoneChange
 * @typedef {object} MicrophoneListener
 * @property {(kind: SpanKind, nSamples: number, samples: Int16Array | null, reason: LossReason | "") => void} onBlock
 *   `reason` when lost
 * @property {(change: MicrophoneChange) => void} onChange
 */

export class Microphone {
  #listener;
  #clock = new CaptureClock();
  #isMuted = false;
  #isClosed = false;
  /** @type {LossReason} why there is no device, should there be none */
  #whyNone = "device_lost";
  /** @type {AudioContext | null} */
  #context = null;
  #before_ms = 0; // of capture time in contexts that broke
  #isAnew = false; // since the last block
  /** @type {AudioWorkletNode | null} */
  #worklet = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {(() => void)[]} */
  #flushWaiters = [];

  /** @param {MicrophoneListener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /** @returns {boolean} false on a page that came over plain HTTP from another machine */
  static get isAvailable() {
    return navigator.mediaDevices !== undefined && window.AudioContext !== undefined;
  }

  /** @returns {AnalyserNode | null} for the level meter */
  get analyser() {
    return this.#analyser;
  }

  /** @returns {boolean} whether a device is connected */
  get hasDevice() {
    return this.#stream !== null;
  }

  /** @returns {boolean} false while the browser does not let sound through: it may want a click first */
  get isRunning() {
    return this.#context?.state === "running";
  }

  /** @returns {string} empty while there is none */
  get deviceId() {
    return this.#stream?.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  /**
   * Opens a device, or changes to another. Best called from a click: elsewhere a browser may keep the sound back.
   * @param {string} deviceId empty: the system's default
   * @throws {DOMException} permission refused, no such device, device busy
   */
  async open(deviceId) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: captureWishes(deviceId) });
    if (!this.#context && !this.#isClosed) await this.#buildGraph();
    if (this.#isClosed) return stop(stream);
    this.#disconnect();
    this.#stream = stream;
    this.#whyNone = "device_lost";
    const track = stream.getAudioTracks()[0];
    track.enabled = !this.#isMuted;
    track.addEventListener("ended", () => this.#lose(stream));
    track.addEventListener("mute", () => this.#stream === stream && this.#listener.onChange("device_silent"));
    track.addEventListener("unmute", () => this.#stream === stream && this.#listener.onChange("device_back"));
    try {
      this.#connect(stream);
    } catch (problem) {
      // Firefox joins a device to a context of the same rate only.
      if (!(problem instanceof DOMException) || problem.name !== "NotSupportedError") throw problem;
      await this.#buildGraph();
      if (this.#isClosed) return stop(stream);
      this.#connect(stream);
    }
    await this.resume();
  }

  /** @param {boolean} isMuted muted sound does not leave the audio thread */
  mute(isMuted) {
    this.#isMuted = isMuted;
    this.#worklet?.port.postMessage({ type: "mute", isMuted });
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !isMuted;
  }

  /** Resolves when sound comes, or after a moment without: a browser that wants a click first keeps one waiting. */
  async resume() {
    if (!this.#context || this.isRunning || this.#isClosed) return;
    const tooLate = new Promise((resolve) => setTimeout(resolve, START_MS));
    await Promise.race([this.#context.resume(), tooLate]);
  }

  /** Resolves when everything captured so far has been handed on. */
  async flush() {
    const worklet = this.#worklet;
    if (!worklet || this.#context?.state !== "running") return;
    await new Promise((resolve) => {
      this.#flushWaiters.push(() => resolve(undefined));
      worklet.port.postMessage({ type: "flush" });
    });
  }

  /** Lets go of the device with the page, which the browser puts to sleep; time runs on as lost until `open`. */
  release() {
    this.#whyNone = "suspended";
    this.#disconnect();
  }

  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#worklet?.port.postMessage({ type: "close" });
    this.#disconnect();
    for (const done of this.#flushWaiters.splice(0)) done();
    void this.#context?.close();
  }

  /** Also in the place of a graph that broke: capture time goes on where that stopped. */
  async #buildGraph() {
    const broken = this.#context;
    if (broken) {
      this.#before_ms += broken.currentTime * 1000;
      this.#isAnew = true;
      void broken.close().catch(() => undefined);
    }
    const context = new AudioContext({ latencyHint: "interactive" });
    this.#context = context;
    await context.audioWorklet.addModule(WORKLET_URL).catch((problem) => {
      this.#context = null; // so that the next attempt begins anew
      void context.close();
      throw problem;
    });
    this.#analyser = new AnalyserNode(context, { fftSize: 2048 });
    this.#worklet = new AudioWorkletNode(context, "capture", { numberOfInputs: 1, numberOfOutputs: 0 });
    this.#worklet.port.onmessage = ({ data }) => this.#context === context && this.#receive(data);
    this.#worklet.port.postMessage({ type: "mute", isMuted: this.#isMuted });
    const isCurrent = () => this.#context === context && !this.#isClosed;
    context.addEventListener("statechange", () => {
      if (isCurrent()) this.#listener.onChange(context.state === "running" ? "running" : "suspended");
    });
    context.addEventListener("error", () => isCurrent() && void this.#rebuild());
  }

  /** The system's sound went away under the context, or came back as another. */
  async #rebuild() {
    const stream = this.#stream;
    await this.#buildGraph();
    if (stream && this.#stream === stream && !this.#isClosed) this.#connect(stream);
    await this.resume();
    this.#listener.onChange(this.isRunning ? "rebuilt" : "suspended");
  }

  /** @param {MediaStream} stream */
  #connect(stream) {
    if (!this.#context || !this.#worklet || !this.#analyser) return;
    this.#source?.disconnect();
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(this.#worklet);
    this.#source.connect(this.#analyser);
  }

  /** @param {{type: "flushed"} | {type: "block", kind: SpanKind, nSamples: number, buffer: ArrayBuffer | null}} data */
  #receive(data) {
    if (data.type === "flushed") {
      this.#flushWaiters.shift()?.();
      return;
    }
    if (data.buffer) this.#supply();
    if (this.#isClosed || !this.#context) return;
    const lost_ms = this.#clock.observe(Date.now(), this.#before_ms + this.#context.currentTime * 1000);
    if (lost_ms > 0) this.#count(this.#isMuted ? "muted" : "lost", lost_ms, this.#isAnew ? "device_lost" : "suspended");
    this.#isAnew = false;
    const samples = data.buffer ? new Int16Array(data.buffer, 0, data.nSamples) : null;
    this.#listener.onBlock(data.kind, data.nSamples, samples, data.kind === "lost" ? this.#whyNone : "");
  }

  /** @param {SpanKind} kind @param {number} duration_ms @param {LossReason} reason */
  #count(kind, duration_ms, reason) {
    this.#listener.onBlock(kind, Math.round(duration_ms * SAMPLES_PER_MS), null, kind === "lost" ? reason : "");
  }

  /** Replaces the buffer that a block took along, so that the audio thread need not allocate one. */
  #supply() {
    const buffer = new ArrayBuffer(2 * BLOCK_SAMPLES);
    this.#worklet?.port.postMessage({ type: "supply", buffer }, [buffer]);
  }

  /** @param {MediaStream} stream */
  #lose(stream) {
    if (this.#stream !== stream) return;
    this.#disconnect();
    this.#listener.onChange("device_lost");
  }

  #disconnect() {
    this.#source?.disconnect();
    this.#source = null;
    if (this.#stream) stop(this.#stream);
    this.#stream = null;
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Echo cancellation keeps the others' voices, heard through loudspeakers, out of this transcript. Noise suppression stays
 * off: it sounds better to people and worse to recognizers.
 * @param {string} deviceId
 * @returns {MediaTrackConstraints}
 */
function captureWishes(deviceId) {
  return {
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
    channelCount: { ideal: 1 },
    echoCancellation: true,
    noiseSuppression: false,
    autoGainControl: true,
  };
}
