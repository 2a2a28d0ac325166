/** What the download menu asks for and says. Pure. */

/**
 * @typedef {object} ExportState
 * @property {string} id
 * @property {string} format
 * @property {"queued" | "running" | "done" | "failed"} state
 * @property {number} progress percent
 * @property {string | null} url
 * @property {number} n_bytes
 */

const WORDS = { docx: "Word", pdf: "PDF", zip: "Archive" };
const CAPTIONS = new Set(["vtt", "srt", "ttml"]);
const EVERYTHING = new Set(["json", "zip"]);

/**
 * The form as the body of a request: each format is asked only for what it knows.
 *
 * @param {string} format
 * @param {FormData} form
 * @param {boolean} isAudio
 * @returns {Record<string, string | boolean>}
 */
export function exportBody(format, form, isAudio) {
  /** @type {Record<string, string | boolean>} */
  const body = { format };
  if (format === "zip" && isAudio) body.audio = true;
  if (EVERYTHING.has(format)) return body;
  if (form.has("names")) body.names = false;
  if (CAPTIONS.has(format)) return body;
  if (form.has("timestamps")) body.timestamps = false;
  if (form.has("paragraphs")) body.paragraphs = true;
  return body;
}

/**
 * @param {ExportState} state
 * @returns {string}
 */
export function exportWords(state) {
  const name = /** @type {Record<string, string>} */ (WORDS)[state.format] ?? state.format;
  switch (state.state) {
    case "queued":
      return `${name}: waiting`;
    case "running":
      return `${name}: ${state.progress} %`;
    case "done":
      return `${name}, ${sizeWords(state.n_bytes)}`;
    default:
      return `${name} could not be made. Ask for it again.`;
  }
}

/** @param {number} n_bytes */
function sizeWords(n_bytes) {
  return n_bytes < 1_000_000 ? `${Math.max(1, Math.round(n_bytes / 1_000))} kB` : `${(n_bytes / 1_000_000).toFixed(1)} MB`;
}
