/** The room as it is seen: captions, people, connection, notices. Draws at most once per animation frame. */

import { NO_CAPTIONS, captionsReduce } from "../captions/caption_reducer.js";
import { NO_GAPS, gapsReduce } from "../captions/gap_reducer.js";
import { NOBODY, peopleReduce } from "../captions/people_reducer.js";
import { connectionWords } from "../session/connection_words.js";
import { CaptionView } from "./caption_view.js";
import { byId } from "./elements.js";
import { inviteLinksRefresh } from "./invite_link.js";
import { Notices } from "./notices.js";
import { PeopleView } from "./people_view.js";

/**
 * @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../session/audio_session.js").Phase} Phase
 */

export class RoomView {
  notices = new Notices(byId("notices", HTMLElement));
  #captionView = new CaptionView({
    list: byId("caption-list", HTMLElement),
    scroll: byId("captions-scroll", HTMLElement),
    empty: byId("captions-empty", HTMLElement),
    jump: byId("jump", HTMLElement),
    announcer: byId("announcer", HTMLElement),
  });
  #peopleView = new PeopleView(byId("people", HTMLElement), byId("people-heading", HTMLElement));
  #connection = byId("connection", HTMLElement);
  #state = byId("meeting-state", HTMLElement);
  #captions = NO_CAPTIONS;
  #people = NOBODY;
  #gaps = NO_GAPS;
  #ownId = "";
  #isLive = false;
  #isDrawPending = false;

  /** @param {string} ownId this page's participant; a new one after a new session */
  open(ownId) {
    this.#ownId = ownId;
    byId("room", HTMLElement).hidden = false;
    this.#connection.hidden = false;
    document.body.classList.add("in-meeting");
    byId("captions-heading", HTMLElement).focus();
  }

  /** @param {ServerMessage} message */
  show(message) {
    this.#captions = captionsReduce(this.#captions, message);
    this.#people = peopleReduce(this.#people, message);
    this.#gaps = gapsReduce(this.#gaps, message);
    if (message.type === "live") this.#isLive = true;
    if (message.type === "segment") this.#announce(message.segment);
    if (message.type === "event") this.#showState(message.event);
    if (this.#isDrawPending) return;
    this.#isDrawPending = true;
    requestAnimationFrame(() => this.#draw());
  }

  /** @param {Phase} phase @param {number | null} unsettled_ms */
  showConnection(phase, unsettled_ms) {
    const { tone, words } = connectionWords(phase, unsettled_ms);
    this.#connection.dataset.tone = tone;
    // Written only when it differs: every write to a live region may be read aloud.
    if (this.#connection.textContent !== words) this.#connection.textContent = words;
  }

  /** @param {string} id of a participant @returns {string} */
  nameOf = (id) => this.#people.get(id)?.name ?? "somebody";

  /** @param {string} words */
  announce(words) {
    this.#captionView.announce(words);
  }

  /**
   * @param {string} heading
   * @param {string} words
   * @param {boolean} mayRejoin
   */
  close(heading, words, mayRejoin) {
    byId("room", HTMLElement).hidden = true;
    this.#connection.hidden = true;
    document.body.classList.remove("in-meeting");
    byId("after-heading", HTMLElement).textContent = heading;
    byId("after-words", HTMLElement).textContent = words;
    byId("rejoin", HTMLElement).hidden = !mayRejoin;
    byId("after", HTMLElement).hidden = false;
    byId("after-heading", HTMLElement).focus();
  }

  #draw() {
    this.#isDrawPending = false;
    this.#captionView.draw(this.#captions, this.#people, this.#gaps);
    this.#peopleView.draw(this.#people, this.#ownId);
  }

  /**
   * Finals only, not what was said before this page came, and not one's own words back while one speaks.
   * @param {import("../protocol/messages.js").Segment} segment
   */
  #announce({ state, participant_id, speaker, text, language }) {
    if (!this.#isLive || state !== "final" || participant_id === this.#ownId) return;
    this.#captionView.announce(`${speaker}: ${text}`, language);
  }

  /** @param {import("../protocol/messages.js").MeetingEvent} event */
  #showState({ type: eventType, title, changed }) {
    if (eventType === "meeting.changed" && title) byId("meeting-heading", HTMLElement).textContent = title;
    if (this.#isLive && changed?.includes("link")) void inviteLinksRefresh();
    if (eventType !== "meeting.started" && eventType !== "meeting.ended") return;
    const isLive = eventType === "meeting.started";
    this.#state.textContent = isLive ? "Live" : "Ended";
    this.#state.classList.toggle("badge-live", isLive);
  }
}
