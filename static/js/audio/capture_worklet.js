/** The audio thread's end of the microphone: hands 40 ms blocks to the page. See capture_core.js. */

import { CaptureCore } from "./capture_core.js";

/**
 * @typedef {{type: "mute", isMuted: boolean} | {type: "supply", buffer: ArrayBuffer} | {type: "flush"} | {type: "close"}}
 *   CaptureCommand
 */

class CaptureProcessor extends AudioWorkletProcessor {
  #isOpen = true;
  #core = new CaptureCore(sampleRate, ({ kind, nSamples, buffer }) => {
    this.port.postMessage({ type: "block", kind, nSamples, buffer }, buffer ? [buffer] : []);
  });

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#obey(data);
  }

  /** @param {Float32Array[][]} inputs @returns {boolean} whether to be called again */
  process(inputs) {
    this.#core.quantum(inputs[0]);
    return this.#isOpen;
  }

  /** @param {CaptureCommand} command */
  #obey(command) {
    if (command.type === "mute") this.#core.mute(command.isMuted);
    else if (command.type === "supply") this.#core.supply(command.buffer);
    else if (command.type === "close") this.#isOpen = false;
    else {
      this.#core.flush();
      this.port.postMessage({ type: "flushed" });
    }
  }
}

registerProcessor("capture", CaptureProcessor);
