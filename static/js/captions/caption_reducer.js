/**
 * Captions as a value: the state before and a message give the state after. Pure, so the same messages in any repetition
 * give the same captions.
 */

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 * @typedef {import("../protocol/messages.js").FeedMessage} FeedMessage
 *
 * @typedef {object} Captions
 * @property {ReadonlyMap<string, Segment>} open partials
 * @property {ReadonlyMap<string, Segment>} closed everything else; withdrawn ones stay, so that a late message cannot revive them
 */

/** @type {Captions} */
export const NO_CAPTIONS = { open: new Map(), closed: new Map() };

/**
 * @param {Captions} captions
 * @param {{type: string}} message of any type
 * @returns {Captions} the same object when nothing changed
 */
export function captionsReduce(captions, message) {
  const known = /** @type {FeedMessage} */ (message);
  switch (known.type) {
    case "segment":
      return segmentApply(captions, known.segment);
    case "partials_reset":
      return withdrawOf(captions, known.participant_id);
    case "event":
      return known.event.type === "participant.left" ? withdrawOf(captions, known.event.participant?.id) : captions;
    case "snapshot": {
      const current = new Set(known.segments.map(({ id }) => id));
      return known.segments.reduce(segmentApply, withdraw(captions, ({ id }) => !current.has(id)));
    }
    default:
      return captions;
  }
}

/** @param {Captions} captions @param {Segment} segment @returns {Captions} */
function segmentApply(captions, segment) {
  const { id, rev, state } = segment;
  const known = captions.closed.get(id) ?? captions.open.get(id);
  if (known && rev <= known.rev) return captions;
  const open = new Map(captions.open);
  const closed = new Map(captions.closed);
  if (state === "partial") {
    if (known && known.state !== "partial" && known.state !== "retracted") return captions;
    closed.delete(id);
    return { open: open.set(id, segment), closed: known?.state === "retracted" ? closed : captions.closed };
  }
  open.delete(id);
  return { open, closed: closed.set(id, segment) };
}

/** @param {Captions} captions @param {string | undefined} participantId @returns {Captions} */
function withdrawOf(captions, participantId) {
  return withdraw(captions, (partial) => partial.participant_id === participantId);
}

/** @param {Captions} captions @param {(partial: Segment) => boolean} isVoid @returns {Captions} */
function withdraw(captions, isVoid) {
  const withdrawn = [...captions.open.values()].filter(isVoid);
  if (withdrawn.length === 0) return captions;
  const open = new Map(captions.open);
  const closed = new Map(captions.closed);
  for (const partial of withdrawn) {
    open.delete(partial.id);
    closed.set(partial.id, { ...partial, state: "retracted" });
  }
  return { open, closed };
}
