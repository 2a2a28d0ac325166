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
      if (known.event.type === "participant.changed") return rename(captions, known.event.participant);
      if (known.event.type === "content.purged") return purge(captions, known.event);
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

/**
 * What somebody said stands under the name that they have now, as in the stored transcript.
 * @param {Captions} captions
 * @param {import("../protocol/messages.js").Person | undefined} person
 * @returns {Captions}
 */
function rename(captions, person) {
  if (!person) return captions;
  const named = (/** @type {ReadonlyMap<string, Segment>} */ segments) =>
    new Map(
      [...segments].map(([id, segment]) => [
        id,
        segment.participant_id === person.id ? { ...segment, speaker: person.display_name } : segment,
      ]),
    );
  return { open: named(captions.open), closed: named(captions.closed) };
}

/**
 * The server has deleted what was said, by everybody or by one person.
 * @param {Captions} captions
 * @param {import("../protocol/messages.js").MeetingEvent} event
 * @returns {Captions}
 */
function purge(captions, { what, participant_id: participantId }) {
  if (what !== "text" && what !== "participant") return captions;
  const gone = (/** @type {Segment} */ { participant_id: speaker, state }) =>
    state !== "retracted" && (what === "text" || speaker === participantId);
  const closed = new Map(captions.closed);
  for (const [id, segment] of closed) {
    if (gone(segment)) closed.set(id, { ...segment, rev: segment.rev + 1, state: "redacted", text: "", words: [] });
  }
  return { open: captions.open, closed };
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
