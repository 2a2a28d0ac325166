/**
 * What a person declares of themselves while they speak: what they agree to, and in what language they speak. Each holds
 * from a position on, and is said again after a resume until the server has it. Pure.
 */

/**
 * @typedef {import("../protocol/messages.js").MeetingEvent} MeetingEvent
 * @typedef {import("../protocol/messages.js").WelcomeMessage} WelcomeMessage
 * @typedef {{type: "consent", granted: readonly string[], position: number}} ConsentMessage
 * @typedef {{type: "language", language: string, position: number}} LanguageMessage
 */

export class Declarations {
  /** @type {ConsentMessage} what stands, and from where on it does */
  #consent;
  /** @type {readonly string[] | null} what was agreed to all the time since the server last confirmed what stands */
  #agreedThroughout = null;
  /** @type {LanguageMessage | null} what the server has not confirmed */
  #spoken = null;
  #participantId = "";

  /** @param {readonly string[]} consent in words of the protocol @param {number} position */
  constructor(consent, position) {
    this.#consent = { type: "consent", granted: consent, position };
  }

  /** @param {readonly string[]} granted in words of the protocol @param {number} position @returns {ConsentMessage} */
  agree(granted, position) {
    this.#agreedThroughout = (this.#agreedThroughout ?? granted).filter((what) => granted.includes(what));
    return (this.#consent = { type: "consent", granted, position });
  }

  /** @param {string} language tag @param {number} position @returns {LanguageMessage} */
  speak(language, position) {
    return (this.#spoken = { type: "language", language, position });
  }

  /** The server does not know the language that was said last. */
  unspeak() {
    this.#spoken = null;
  }

  /**
   * What the server has not heard of, in its order. What was taken back and given again meanwhile is told of as well.
   * @param {WelcomeMessage} welcome
   * @returns {(ConsentMessage | LanguageMessage)[]}
   */
  owed(welcome) {
    this.#participantId = welcome.participant_id;
    if (this.#spoken && this.#spoken.language === welcome.language) this.#spoken = null;
    const { granted } = this.#consent;
    const least = this.#agreedThroughout ?? granted;
    /** @type {(ConsentMessage | LanguageMessage)[]} */
    const owed = [];
    if (!areSame(least, granted)) owed.push({ ...this.#consent, granted: least });
    if (owed.length > 0 || !areSame(welcome.consent ?? [], granted)) owed.push(this.#consent);
    if (this.#spoken) owed.push(this.#spoken);
    return owed;
  }

  /** @param {MeetingEvent} event */
  confirm({ type, participant, participant_id, granted, language }) {
    if (type === "participant.consented" && participant?.id === this.#participantId) {
      if (granted && areSame(granted, this.#consent.granted)) this.#agreedThroughout = null;
      return;
    }
    const isOurs = type === "participant.language" && participant_id === this.#participantId;
    if (isOurs && language === this.#spoken?.language) this.#spoken = null;
  }
}

/** @param {readonly string[]} one @param {readonly string[]} other both without repetitions @returns {boolean} */
function areSame(one, other) {
  return one.length === other.length && one.every((what) => other.includes(what));
}
