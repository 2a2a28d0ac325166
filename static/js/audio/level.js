/** How loud, for a meter: 0 for silence, 1 for as loud as can be. Pure. */

const FLOOR_DBFS = -60;

/**
 * @param {Float32Array} samples in [-1, 1]
 * @returns {number} in [0, 1], even steps of loudness being even steps of the meter
 */
export function levelOf(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i] * samples[i];
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  const dbfs = rms > 0 ? 20 * Math.log10(rms) : FLOOR_DBFS;
  return Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));
}
