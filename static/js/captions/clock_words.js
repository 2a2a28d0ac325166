/** Meeting time for reading: 3:07, or 1:02:03 after the first hour. */

/** @param {number} at_ms @returns {string} */
export function clockWords(at_ms) {
  const seconds = Math.max(0, Math.floor(at_ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
