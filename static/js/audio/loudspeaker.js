/** The others' voices, from frames of the socket to the loudspeaker. Plays nothing before `open`, nor after `close`. */

import { STREAM_MIX, frameParse } from "../protocol/frame.js";
import { RATE_HZ } from "./playout_core.js";

const WORKLET_URL = new URL("./playout_worklet.js", import.meta.url);

export class Loudspeaker {
  #onChange;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AudioWorkletNode | null} */
  #worklet = null;

  /** @param {(isRunning: boolean) => void} onChange a browser may want a click before it lets sound out */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @returns {boolean} */
  get isOpen() {
    return this.#context !== null;
  }

  /** @returns {AudioNode | null} what is played, to be measured */
  get output() {
    return this.#worklet;
  }

  /** Best called from a click. Rejects where the browser has no sound to give. */
  async open() {
    if (this.#context) return this.resume();
    // The browser takes it from 16 kHz to whatever the device wants.
    const context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
    this.#context = context;
    try {
      await context.audioWorklet.addModule(WORKLET_URL);
    } catch (problem) {
      this.close();
      throw problem;
    }
    if (this.#context !== context) return; // closed meanwhile
    this.#worklet = new AudioWorkletNode(context, "playout", { numberOfInputs: 0, outputChannelCount: [1] });
    this.#worklet.connect(context.destination);
    context.addEventListener("statechange", () => {
      if (this.#context === context) this.#onChange(context.state === "running");
    });
    this.#onChange(context.state === "running");
  }

  /** After a click, or when the page is seen again. */
  async resume() {
    if (this.#context && this.#context.state !== "running") await this.#context.resume();
  }

  /** @param {ArrayBuffer} buffer a frame of the wire */
  play(buffer) {
    const { stream, position, samples } = frameParse(buffer);
    if (stream === STREAM_MIX) this.#worklet?.port.postMessage({ type: "block", position, samples }, [buffer]);
  }

  close() {
    this.#worklet?.port.postMessage({ type: "close" });
    this.#worklet?.disconnect();
    this.#worklet = null;
    void this.#context?.close();
    this.#context = null;
  }
}
