/** Inside the meeting: what happens there, and what the buttons do. */

import { closeReason } from "../protocol/close_codes.js";
import { byId } from "./elements.js";
import { CAPTIONS, ConsentChoice, WITHDRAWN, scopesOf } from "./consent_choice.js";
import { offerEnd } from "./end_dialog.js";
import { Hearing } from "./hearing.js";
import { LanguageChoice } from "./language_choice.js";
import { LedgerPanel } from "./ledger_panel.js";
import { MuteButton } from "./mute_button.js";
import { RecordingChoice, SCOPE } from "./recording_choice.js";
import { RoomView } from "./room_view.js";
import { TroubleNotices } from "./trouble_notices.js";
import { deliveredWords, leftWords, undeliveredWords } from "./trouble_words.js";
import { NO_MICROPHONE, isSilent, showSilent } from "./silent.js";
import { WaysIn } from "./ways_in.js";

/**
 * @typedef {import("../audio/microphone.js").Microphone} Microphone
 * @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../session/audio_session.js").Phase} Phase
 * @typedef {import("../session/kept_sessions.js").KeptSession} KeptSession
 * @typedef {import("../session/kept_sessions.js").KeptSessions} KeptSessions
 * @typedef {import("../session/surroundings.js").Surroundings} Surroundings
 */

const WORDS_EVERY_MS = 1_000;

export class Room {
  #page;
  #shelf;
  #waysIn;
  #view = new RoomView();
  #trouble = new TroubleNotices(this.#view.notices);
  #ownId = "";
  /** @type {import("./voice.js").Voice | null} */
  #voice = null;
  /** @type {import("../session/caption_feed.js").CaptionFeed | null} */
  #feed = null;
  /** @type {Microphone | null} */
  #microphone = null;
  /** @type {LedgerPanel | null} */
  #ledger = null;
  /** @type {Phase} */
  #phase = "connecting";
  #muteButton = new MuteButton((isMuted) => this.#mute(isMuted));
  #isMeetingOver = false;
  #isClosed = false;
  #words = 0;
  #language;
  #hearing;
  #recording;
  #consent = new ConsentChoice((granted) => this.#agree(granted));

  /** @param {import("./ways_in.js").PageData} page @param {KeptSessions} shelf @param {Surroundings} around */
  constructor(page, shelf, around) {
    this.#page = page;
    this.#shelf = shelf;
    this.#waysIn = new WaysIn(page, shelf, around);
    this.#language = new LanguageChoice(page.language, (language) => this.#voice?.speak(language));
    this.#hearing = new Hearing(this.#view.notices, (isOn) => this.#voice?.listen(isOn));
    this.#recording = new RecordingChoice(
      page.is_recorded,
      (isAgreed) => this.#agree(this.#consent.with(SCOPE, isAgreed)),
      (words) => this.notices.show("recording", words),
    );
    byId("leave", HTMLButtonElement).addEventListener("click", () => void this.leave());
    window.addEventListener("beforeunload", (event) => {
      if (this.#holdsUnsentWords()) event.preventDefault();
    });
    offerEnd(page.meeting_id, page.csrf_token, (words) => this.notices.show("end", words));
  }

  get notices() {
    return this.#view.notices;
  }

  get isOpen() {
    return (this.#voice !== null || this.#feed !== null) && !this.#isClosed;
  }

  /** @returns {boolean} whether a microphone is wanted here */
  get isListening() {
    return this.isOpen && this.#voice !== null && !this.#voice.isFinishing;
  }

  /** @param {import("./lobby.js").Joining} joining @param {Microphone} microphone open */
  async speak({ name, language, isKept, isRecorded }, microphone) {
    const own = language === this.#page.language ? "" : language; // who did not choose goes with the meeting
    await this.#join(name, own, scopesOf({ isKept, isRecorded }), microphone);
    this.#microphone = microphone;
  }

  /** Hears and reads the others: no microphone, no consent, nothing captured. @param {string} name */
  async listen(name) {
    await this.#join(name, "", [], NO_MICROPHONE);
    showSilent("listening");
  }

  /**
   * @param {string} name
   * @param {string} language
   * @param {readonly string[]} consent
   * @param {import("./voice.js").Source} microphone
   */
  async #join(name, language, consent, microphone) {
    const voice = this.#makeVoice({ ...this.#waysIn.here, name, language, consent }, microphone);
    const ownId = await voice.join();
    this.#voice = voice;
    this.#consent.set(consent);
    this.#hearing.open();
    this.#open(ownId);
  }

  /** Goes on where an earlier page of this browser was. @param {KeptSession} kept @param {Microphone} microphone */
  resume(kept, microphone) {
    const isListener = isSilent(kept.record);
    this.#voice = this.#makeVoice(kept.record, isListener ? NO_MICROPHONE : microphone);
    if (isListener) showSilent("listening");
    else this.#microphone = microphone;
    this.#consent.set(kept.record.consent);
    this.#voice.resume(kept);
    this.#muteButton.show(kept.record.isMuted);
    this.#hearing.open();
    this.#open(kept.record.participant_id);
  }

  /** @param {string} name */
  async watch(name) {
    const { feed, ownId } = await this.#waysIn.feed(name, this.#listener());
    this.#feed = feed;
    showSilent("watching");
    this.#open(ownId);
    feed.start();
  }

  /**
   * Withdrawing mutes at once; it is said as soon as all that was captured before is with the server, or after a second.
   * @param {readonly string[]} granted all that the person agrees to from now on
   */
  #agree(granted) {
    if (!this.#voice) return;
    if (granted.includes(CAPTIONS)) {
      this.notices.clear("consent");
      this.#voice.agree(granted);
      return;
    }
    this.#mute(true);
    this.notices.show("consent", WITHDRAWN);
    this.#voice.withdraw();
  }

  /** Blocks of the microphone. @type {import("../audio/microphone.js").MicrophoneListener["onBlock"]} */
  capture = (kind, nSamples, samples, reason) => this.#voice?.capture(kind, nSamples, samples, reason);

  /** @param {string} deviceId that the person chose, for the next page as well */
  chooseDevice(deviceId) {
    this.#voice?.chooseDevice(deviceId);
  }

  /** The page may be gone in a moment. */
  flush() {
    this.#voice?.flush();
  }

  /** Delivers the last words first; asked a second time, leaves that to a later page. */
  async leave() {
    if (!this.#voice || this.#voice.isFinishing) {
      this.#voice?.leave();
      this.#close("You have left the meeting", this.#voice ? leftWords(this.#shelf.isKeeping) : "");
      return;
    }
    this.#muteButton.disable();
    byId("leave", HTMLButtonElement).textContent = "Leave at once";
    await this.#voice.finish();
  }

  /** The network, or the page, is back. */
  retryNow() {
    this.#hearing.resume();
    this.#voice?.retryNow();
    this.#feed?.retryNow();
  }

  /** The page goes into the browser's back-forward cache, which takes no open sockets. */
  suspend() {
    this.#voice?.close();
    this.#feed?.close();
    this.#hearing.close();
  }

  wake() {
    if (this.#voice) this.#hearing.open();
    this.#voice?.reopen();
    this.#feed?.reopen();
  }

  /** @param {import("./voice.js").Speaker} speaker @param {import("./voice.js").Source} microphone */
  #makeVoice(speaker, microphone) {
    return this.#waysIn.voice(speaker, microphone, this.#hearing.isOn, {
      ...this.#listener(),
      onAudio: this.#hearing.play,
      onNewSession: (participantId, lost_ms) => this.#newSession(participantId, lost_ms),
    });
  }

  #listener() {
    return {
      onMessage: (/** @type {ServerMessage} */ message) => this.#receive(message),
      onPhase: (/** @type {Phase} */ phase) => this.#enter(phase),
      onStopped: (/** @type {string} */ _action, /** @type {number} */ code, lost_ms = 0) => this.#stopped(code, lost_ms),
    };
  }

  /** @param {string} ownId */
  #open(ownId) {
    this.#ownId = ownId;
    this.#view.open(ownId);
    this.#showConnection();
    this.#words = window.setInterval(() => this.#showConnection(), WORDS_EVERY_MS);
    if (!LedgerPanel.isHere) return;
    this.#ledger = new LedgerPanel(this.#page.meeting_id, this.#view.nameOf);
    this.#ledger.start();
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    this.#view.show(message);
    this.#trouble.receive(message, this.#ownId);
    this.#recording.receive(message, this.#ownId);
    this.#consent.receive(message, this.#ownId);
    const refused = this.#language.receive(message, this.#ownId);
    if (refused) this.notices.show("language", refused);
    if (message.type === "draining" && message.reason === "meeting_ended") void this.#voice?.finish();
    if (message.type === "event" && message.event.type === "meeting.ended") this.#meetingOver();
  }

  #meetingOver() {
    this.#isMeetingOver = true;
    if (this.#feed) this.notices.show("over", "The meeting has ended. Leave to read the transcript.");
  }

  /** @param {Phase} phase */
  #enter(phase) {
    this.#phase = phase;
    this.#showConnection();
    if (phase !== "ended" || this.#isClosed) return;
    const heading = this.#isMeetingOver ? "The meeting has ended" : "You have left the meeting";
    this.#close(heading, this.#voice ? deliveredWords(this.#trouble.lost_ms) : "");
  }

  /** @param {number} code @param {number} lost_ms of what was said will not be delivered */
  #stopped(code, lost_ms) {
    this.#close("You are no longer connected", `${closeReason(code)}${undeliveredWords(lost_ms)}`);
  }

  /** @param {string} ownId @param {number} lost_ms */
  #newSession(ownId, lost_ms) {
    this.#ownId = ownId;
    this.#view.open(ownId);
    this.notices.show("session", `The server no longer knew this connection, so you joined anew.${undeliveredWords(lost_ms)}`);
  }

  /** @param {string} heading @param {string} words */
  #close(heading, words) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    window.clearInterval(this.#words);
    this.#ledger?.stop();
    this.#voice?.close();
    this.#feed?.close();
    this.#microphone?.close();
    this.#hearing.close();
    this.#view.close(heading, words, !this.#isMeetingOver);
  }

  /** @param {boolean} isMuted @returns {boolean} whether there was something to mute */
  #mute(isMuted) {
    if (!this.#voice || this.#voice.isFinishing) return false;
    if (!isMuted && !this.#consent.granted.includes(CAPTIONS)) {
      this.notices.show("consent", `${WITHDRAWN} “My consent” lets you speak again.`);
      return false;
    }
    this.#microphone?.mute(isMuted);
    this.#voice.mute(isMuted);
    this.#muteButton.show(isMuted);
    this.#view.announce(isMuted ? "You are muted." : "You are heard again.");
    return true;
  }

  #showConnection() {
    this.#view.showConnection(this.#phase, this.#voice ? this.#voice.unsettled_ms : null);
  }

  /** They are kept, but wait until somebody opens a page here again. */
  #holdsUnsentWords() {
    const isAway = this.#phase === "waiting" || this.#phase === "ending" || this.#phase === "paused";
    return this.isOpen && isAway && (this.#voice?.unsettled_ms ?? 0) > 1_000;
  }
}
