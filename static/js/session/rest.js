/** Same-origin calls of the REST interface. */

export class RestProblem extends Error {
  /**
   * @param {number} status HTTP status, 0 when no answer came
   * @param {{code?: string, title?: string, detail?: string, segment?: import("../protocol/messages.js").Segment}} problem
   * @param {number} retryAfter_ms 0 when the server named none
   */
  constructor(status, problem, retryAfter_ms) {
    super(problem.detail || problem.title || "The server cannot be reached.");
    this.status = status;
    this.code = problem.code ?? "";
    this.segment = problem.segment; // what stands now, where somebody else was first
    this.retryAfter_ms = retryAfter_ms;
  }

  /** @returns {boolean} whether the same call may succeed later */
  get isTransient() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const TIMEOUT_MS = 15_000;

/**
 * @param {string} method
 * @param {string} path
 * @param {string} csrfToken
 * @param {object} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>} the answer's JSON, checked by whoever asks
 * @throws {RestProblem}
 */
export async function restCall(method, path, csrfToken, body, headers = {}) {
  const response = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new RestProblem(0, {}, 0);
  });
  const answer = response.status === 204 ? {} : await response.json().catch(() => null);
  if (response.ok && answer === null) throw new RestProblem(0, {}, 0); // it broke off, or took too long
  if (response.ok) return answer;
  const seconds = Number(response.headers.get("Retry-After") ?? 0);
  throw new RestProblem(response.status, answer ?? {}, Number.isFinite(seconds) ? seconds * 1000 : 0);
}

/**
 * @typedef {object} Admission
 * @property {string} participant_id
 * @property {string} session_id
 * @property {string} ticket
 * @property {string} resume_token
 * @property {string} ws_url
 */

/**
 * @param {string} meeting code or id
 * @param {{display_name: string, role: "host" | "speaker" | "viewer", language?: string}} person
 * @param {string} csrfToken
 * @returns {Promise<Admission>}
 */
export function participantAdmit(meeting, person, csrfToken) {
  return restCall("POST", `/api/v1/meetings/${encodeURIComponent(meeting)}/participants`, csrfToken, person);
}

/**
 * @param {string} sessionId
 * @param {string} resumeToken
 * @param {string} csrfToken
 * @returns {Promise<string>} a ticket for one connection
 */
export async function ticketFetch(sessionId, resumeToken, csrfToken) {
  const path = `/api/v1/sessions/${encodeURIComponent(sessionId)}/ticket`;
  return (await restCall("POST", path, csrfToken, { resume_token: resumeToken })).ticket;
}
