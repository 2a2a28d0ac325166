/** The audio thread's end of the loudspeaker. See playout_core.js. */

import { PlayoutCore } from "./playout_core.js";

class PlayoutProcessor extends AudioWorkletProcessor {
  #isOpen = true;
  #core = new PlayoutCore();

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data.type === "close") this.#isOpen = false;
      else this.#core.push(data.position, data.samples);
    };
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs @returns {boolean} whether to be called again */
  process(_inputs, outputs) {
    const channels = outputs[0];
    this.#core.pull(channels[0]);
    for (let c = 1; c < channels.length; c += 1) channels[c].set(channels[0]);
    return this.#isOpen;
  }
}

registerProcessor("playout", PlayoutProcessor);
