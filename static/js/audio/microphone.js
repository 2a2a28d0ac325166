/**
 * One microphone, from the permission to blocks at 16 kHz. The graph stays when the device changes, so positions run on;
 * while there is no device, or the context stands still, capture time is counted as lost.
 */

import { CaptureClock } from "./capture_clock.js";
import { BLOCK_SAMPLES } from "./capture_core.js";

const WORKLET_URL = new URL("./capture_worklet.js", import.meta.url);
const SAMPLES_PER_MS = 16;

/**
 * @typedef {import("./capture_core.js").SpanKind} SpanKind
 * @typedef {"device_lost" | "device_silent" | "device_back" | "suspended" | "running"} MicrophoneChange
 * @typedef {object} MicrophoneListener
 * @property {(kind: SpanKind, nSamples: number, samples: Int16Array | null) => void} onBlock
 * @property {(change: MicrophoneChange) => void} onChange
 */

export class Microphone {
  #listener;
  #clock = new CaptureClock();
  #isMuted = false;
  #isClosed = false;
  /** @type {AudioContext | null} */
  #context = null;
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

  /** @returns {string} empty while there is none */
  get deviceId() {
    return this.#stream?.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  /**
   * Opens a device, or changes to another. Call from a click: a context may only start from one.
   * @param {string} deviceId empty: the system's default
   * @throws {DOMException} permission refused, no such device, device busy
   */
  async open(deviceId) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: captureWishes(deviceId) });
    if (!this.#context) await this.#buildGraph();
    if (this.#isClosed || !this.#context || !this.#worklet || !this.#analyser) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.#disconnect();
    this.#stream = stream;
    const track = stream.getAudioTracks()[0];
    track.enabled = !this.#isMuted;
    track.addEventListener("ended", () => this.#lose(stream));
    track.addEventListener("mute", () => this.#stream === stream && this.#listener.onChange("device_silent"));
    track.addEventListener("unmute", () => this.#stream === stream && this.#listener.onChange("device_back"));
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(this.#worklet);
    this.#source.connect(this.#analyser);
    await this.resume();
  }

  /** @param {boolean} isMuted muted sound does not leave the audio thread */
  mute(isMuted) {
    this.#isMuted = isMuted;
    this.#worklet?.port.postMessage({ type: "mute", isMuted });
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !isMuted;
  }

  async resume() {
    if (this.#context && this.#context.state !== "running" && !this.#isClosed) await this.#context.resume();
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

  /** Lets go of the device; time runs on as lost until `open`. */
  release() {
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

  async #buildGraph() {
    const context = new AudioContext({ latencyHint: "interactive" });
    this.#context = context;
    await context.audioWorklet.addModule(WORKLET_URL);
    this.#analyser = new AnalyserNode(context, { fftSize: 2048 });
    this.#worklet = new AudioWorkletNode(context, "capture", { numberOfInputs: 1, numberOfOutputs: 0 });
    this.#worklet.port.onmessage = ({ data }) => this.#receive(data);
    this.#worklet.port.postMessage({ type: "mute", isMuted: this.#isMuted });
    context.addEventListener("statechange", () => {
      if (!this.#isClosed) this.#listener.onChange(context.state === "running" ? "running" : "suspended");
    });
  }

  /** @param {{type: "flushed"} | {type: "block", kind: SpanKind, nSamples: number, buffer: ArrayBuffer | null}} data */
  #receive(data) {
    if (data.type === "flushed") {
      this.#flushWaiters.shift()?.();
      return;
    }
    if (data.buffer) this.#supply();
    if (this.#isClosed || !this.#context) return;
    const lost_ms = this.#clock.observe(Date.now(), this.#context.currentTime * 1000);
    if (lost_ms > 0) {
      this.#listener.onBlock(this.#isMuted ? "muted" : "lost", Math.round(lost_ms * SAMPLES_PER_MS), null);
    }
    const samples = data.buffer ? new Int16Array(data.buffer, 0, data.nSamples) : null;
    this.#listener.onBlock(data.kind, data.nSamples, samples);
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
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }
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
