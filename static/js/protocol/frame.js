/** The audio frame of the wire: a 16-byte little-endian header, then signed 16-bit samples. */

export const HEADER_BYTES = 16;
export const VERSION = 1;
export const CODEC_PCM_S16LE = 0;
export const FLAG_DISCONTINUITY = 1;
export const FLAG_MUTED = 2;
export const STREAM_MICROPHONE = 0;
export const STREAM_MIX = 1; // the others' voices, from the server

const TWO_32 = 2 ** 32;

/**
 * @typedef {object} AudioFrame
 * @property {number} flags
 * @property {number} stream
 * @property {number} position of the first sample, at 16 kHz
 * @property {Int16Array} samples may be empty: such a frame only carries its flags
 */

/**
 * @param {Omit<AudioFrame, "stream">} frame of the microphone
 * @returns {ArrayBuffer}
 */
export function framePack({ flags, position, samples }) {
  if (!Number.isSafeInteger(position) || position < 0) throw new RangeError("position is not a sample count");
  const buffer = new ArrayBuffer(HEADER_BYTES + 2 * samples.length);
  const header = new DataView(buffer);
  header.setUint8(0, VERSION);
  header.setUint8(1, CODEC_PCM_S16LE);
  header.setUint8(2, flags);
  header.setUint8(3, STREAM_MICROPHONE);
  header.setUint32(4, samples.length, true);
  header.setUint32(8, position % TWO_32, true);
  header.setUint32(12, Math.floor(position / TWO_32), true);
  // Every machine that runs a browser is little-endian, so the samples need no swapping.
  new Int16Array(buffer, HEADER_BYTES).set(samples);
  return buffer;
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {AudioFrame}
 */
export function frameParse(buffer) {
  if (buffer.byteLength < HEADER_BYTES) throw new RangeError("frame is shorter than its header");
  const header = new DataView(buffer);
  if (header.getUint8(0) !== VERSION) throw new RangeError("unknown frame version");
  if (header.getUint8(1) !== CODEC_PCM_S16LE) throw new RangeError("unknown codec");
  const nSamples = header.getUint32(4, true);
  if (buffer.byteLength !== HEADER_BYTES + 2 * nSamples) throw new RangeError("payload does not match n_samples");
  return {
    flags: header.getUint8(2),
    stream: header.getUint8(3),
    position: header.getUint32(8, true) + TWO_32 * header.getUint32(12, true),
    samples: new Int16Array(buffer, HEADER_BYTES),
  };
}
