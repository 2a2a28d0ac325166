/** When the list of lines that were taken out has changed, and why a line is in it. Pure. */

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 */

/**
 * @param {ReadonlyMap<string, Segment>} before the page's lines
 * @param {ReadonlyMap<string, Segment>} now
 * @param {ReadonlySet<string>} listed the lines that are known to be taken out, which those of the page need not hold
 * @returns {boolean} whether a line was taken out, or has come back, since
 */
export function takenOutChanged(before, now, listed) {
  for (const [id, segment] of before === now ? [] : now) {
    const known = before.get(id);
    if (known === segment) continue;
    if (segment.state === "retracted" || known?.state === "retracted" || listed.has(id)) return true;
  }
  return false;
}

/** @param {{author: string, reason: string, at: string}} line */
export function whyWords({ author, reason, at }) {
  const when = new Date(at).toLocaleString();
  if (reason === "bleed") return `Taken for another's voice in this microphone, ${when}`;
  return `Taken out${author ? ` by ${author}` : ""}, ${when}${reason ? `: ${reason}` : ""}`;
}
