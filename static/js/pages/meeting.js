/** The meeting page: lobby, then room; straight into the room where an earlier page of this browser was in it. */

import { Microphone } from "../audio/microphone.js";
import { afterAbsence } from "../meeting/absence.js";
import { Deliveries } from "../meeting/deliveries.js";
import { byId } from "../meeting/elements.js";
import { LevelMeter } from "../meeting/level_meter.js";
import { Lobby } from "../meeting/lobby.js";
import { MicrophoneCare } from "../meeting/microphone_care.js";
import { MicrophonePicker, microphoneProblem } from "../meeting/microphone_picker.js";
import { Room } from "../meeting/room.js";
import { isSilent } from "../meeting/silent.js";
import { KeptSessions } from "../session/kept_sessions.js";
import { spillStoreOpen } from "../session/spill_store.js";
import { browserSurroundings } from "../session/surroundings.js";
import { offerCopies } from "./copy.js";
import { deliverAll } from "./deliver.js";

const NO_MICROPHONE_HERE =
  "Browsers give a microphone only to pages that came over HTTPS or from this machine. You can watch the captions.";
const NOTHING_KEPT =
  "This browser keeps nothing for pages here (a private window, or a full disk): what you say is kept in this page only, so do not reload or close it while it reconnects.";
const ELSEWHERE = "You are already in this meeting, in another tab of this browser.";

class MeetingPage {
  #page = JSON.parse(byId("page-data", HTMLScriptElement).textContent ?? "");
  #around = browserSurroundings();
  #shelf;
  #room;
  #microphone;
  #picker;
  #lobby;
  #care;
  #lobbyMeter = new LevelMeter(byId("lobby-level", HTMLElement));
  #roomMeter = new LevelMeter(byId("level", HTMLElement));

  constructor() {
    const onFailed = () => this.#room.notices.show("kept", NOTHING_KEPT);
    this.#shelf = new KeptSessions({ openStore: spillStoreOpen, around: this.#around, onFailed });
    this.#room = new Room(this.#page, this.#shelf, this.#around);
    this.#microphone = new Microphone({ onBlock: this.#room.capture, onChange: (what) => this.#care.tell(what) });
    const selects = [byId("microphone", HTMLSelectElement), byId("room-microphone", HTMLSelectElement)];
    this.#picker = new MicrophonePicker(selects, (deviceId) => void this.#care.pick(deviceId));
    this.#lobby = new Lobby({
      onTry: () => this.#open(),
      onJoin: (joining) => this.#join(joining),
      onWatch: (name) => this.#watch(name),
      onListen: (name) => this.#listen(name),
    });
    this.#care = new MicrophoneCare({
      microphone: this.#microphone,
      picker: this.#picker,
      room: this.#room,
      tellLobby: (words) => this.#lobby.tell(words),
      onOpened: () => this.#showLevel(),
    });
    if (Microphone.isAvailable) void this.#picker.refresh();
    else this.#lobby.tell(NO_MICROPHONE_HERE);
    this.#followThePage();
    void this.#pickUp();
  }

  async #open() {
    if (!Microphone.isAvailable) throw new Error(NO_MICROPHONE_HERE);
    await this.#microphone.open(this.#picker.deviceId).catch((problem) => {
      throw new Error(microphoneProblem(problem));
    });
    await this.#picker.refresh();
    this.#picker.show(this.#microphone.deviceId);
    this.#showLevel();
  }

  #showLevel() {
    const { analyser } = this.#microphone;
    if (!analyser) return;
    if (this.#room.isOpen) {
      this.#lobbyMeter.stop();
      this.#roomMeter.watch(analyser);
    } else {
      byId("lobby-level", HTMLElement).hidden = false;
      this.#lobbyMeter.watch(analyser);
    }
  }

  /** @param {import("../meeting/lobby.js").Joining} joining */
  async #join(joining) {
    const { deviceId } = this.#picker;
    await this.#open();
    await this.#room.speak(joining, this.#microphone);
    this.#room.chooseDevice(deviceId);
    this.#showLevel();
    this.#lobby.hide();
  }

  /** @param {string} name */
  async #watch(name) {
    await this.#room.watch(name);
    this.#lobbyMeter.stop();
    this.#microphone.close();
    this.#lobby.hide();
  }

  /** @param {string} name */
  async #listen(name) {
    await this.#room.listen(name);
    this.#lobbyMeter.stop();
    this.#microphone.close();
    this.#lobby.hide();
  }

  /** Goes on where an earlier page was in this meeting; delivers what earlier pages kept of others. */
  async #pickUp() {
    const records = await this.#shelf.list();
    const codes = [this.#page.code, ...this.#page.former_codes]; // the link may have been renewed meanwhile
    const ofHere = records.filter(({ meeting }) => codes.includes(meeting));
    const wall_ms = this.#around.wall_ms();
    const open = ofHere.find((record) => afterAbsence(record, wall_ms) !== "deliver");
    if (open && Microphone.isAvailable) {
      this.#lobby.hide();
      if (!(await this.#resume(open))) this.#lobby.show();
    }
    const deliveries = new Deliveries(byId("deliveries", HTMLElement), this.#shelf, this.#around, this.#page.csrf_token);
    await deliveries.deliver(records.filter((record) => record !== open));
  }

  /** @param {import("../session/spill_store.js").SessionRecord} record @returns {Promise<boolean>} */
  async #resume(record) {
    const kept = await this.#shelf.take(record);
    if (!kept) {
      const isElsewhere = (await this.#shelf.list()).some(({ session_id }) => session_id === record.session_id);
      if (isElsewhere) this.#lobby.tell(ELSEWHERE);
      return false;
    }
    const { isMuted, deviceId } = kept.record;
    this.#microphone.mute(isMuted); // before it opens: nothing of a muted person is captured
    this.#room.resume(kept, this.#microphone);
    if (isSilent(kept.record)) return true;
    const mayBegin = afterAbsence(kept.record, this.#around.wall_ms()) === "listen";
    void this.#care.goOn(deviceId, mayBegin);
    return true;
  }

  #followThePage() {
    window.addEventListener("online", () => this.#room.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") {
        this.#room.flush();
      } else if (this.#room.isOpen) {
        void this.#microphone.resume();
        this.#room.retryNow();
      }
    });
    window.addEventListener("pagehide", (event) => {
      this.#room.flush();
      if (!event.persisted || !this.#room.isOpen) return;
      this.#room.suspend();
      this.#microphone.release();
    });
    window.addEventListener("pageshow", (event) => {
      if (!event.persisted || !this.#room.isOpen) return;
      this.#room.wake();
      void this.#care.change(this.#picker.deviceId);
    });
  }
}

offerCopies();
if (document.getElementById("join-form")) new MeetingPage();
else void deliverAll(); // the meeting has ended
