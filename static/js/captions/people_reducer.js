/** Who is in the meeting, as a value. Pure. People keep the order in which they first came, which gives them their colour. */

/**
 * @typedef {import("../protocol/messages.js").FeedMessage} FeedMessage
 * @typedef {import("../protocol/messages.js").Person} Person
 *
 * @typedef {object} Presence
 * @property {string} id
 * @property {string} name
 * @property {string} role
 * @property {boolean} isHere
 * @property {boolean} isSpeaking
 * @property {boolean} [isSilent] has agreed to nothing: is not heard by the server
 *
 * @typedef {ReadonlyMap<string, Presence>} People
 */

/** @type {People} */
export const NOBODY = new Map();

/**
 * @param {People} people
 * @param {{type: string}} message of any type
 * @returns {People} the same object when nothing changed
 */
export function peopleReduce(people, message) {
  const known = /** @type {FeedMessage} */ (message);
  switch (known.type) {
    case "event":
      return eventApply(people, known.event);
    case "snapshot":
      return snapshotApply(people, known.participants);
    case "speech":
      return change(people, known.participant_id, { isSpeaking: known.state === "start" });
    case "segment": {
      const { participant_id: id, speaker } = known.segment;
      // Somebody whose coming this page has not seen (yet) speaks: named from the caption.
      return people.has(id) || !id ? people : arrive(people, { id, display_name: speaker, role: "speaker" });
    }
    default:
      return people;
  }
}

/**
 * @param {People} people
 * @param {string} id
 * @returns {number} the person's place in the order of coming, 0 for strangers
 */
export function placeOf(people, id) {
  let place = 0;
  for (const key of people.keys()) {
    if (key === id) return place;
    place += 1;
  }
  return 0;
}

/** @param {People} people @param {import("../protocol/messages.js").MeetingEvent} event @returns {People} */
function eventApply(people, event) {
  switch (event.type) {
    case "participant.joined":
      return event.participant ? arrive(people, event.participant) : people;
    case "participant.changed": {
      const { participant } = event;
      return participant ? change(people, participant.id, { name: participant.display_name }) : people;
    }
    case "participant.consented": {
      const { participant, granted } = event;
      return participant ? change(people, participant.id, { isSilent: !granted?.includes("captions") }) : people;
    }
    case "participant.left":
      return event.participant ? change(people, event.participant.id, { isHere: false, isSpeaking: false }) : people;
    case "meeting.ended":
      return new Map([...people].map(([id, person]) => [id, { ...person, isSpeaking: false }]));
    default:
      return people;
  }
}

/** @param {People} people @param {readonly Person[]} present @returns {People} */
function snapshotApply(people, present) {
  const here = new Set(present.map(({ id }) => id));
  const others = [...people].map(([id, person]) => {
    const isHere = here.has(id);
    return /** @type {const} */ ([id, { ...person, isHere, isSpeaking: isHere && person.isSpeaking }]);
  });
  return present.reduce(arrive, new Map(others));
}

/** @param {People} people @param {Person} person @returns {People} */
function arrive(people, { id, display_name, role }) {
  const { isSpeaking = false, isSilent = false } = people.get(id) ?? {};
  return new Map(people).set(id, { id, name: display_name, role, isHere: true, isSpeaking, isSilent });
}

/** @param {People} people @param {string} id @param {Partial<Presence>} changes @returns {People} */
function change(people, id, changes) {
  const person = people.get(id);
  return person ? new Map(people).set(id, { ...person, ...changes }) : people;
}
