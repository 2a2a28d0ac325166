/** The meeting page: lobby, then room. */

import { Microphone } from "../audio/microphone.js";
import { byId } from "../meeting/elements.js";
import { LevelMeter } from "../meeting/level_meter.js";
import { Lobby } from "../meeting/lobby.js";
import { MicrophonePicker, microphoneProblem } from "../meeting/microphone_picker.js";
import { Room } from "../meeting/room.js";
import { offerCopies } from "./copy.js";

const NO_MICROPHONE_HERE =
  "Browsers give a microphone only to pages that came over HTTPS or from this machine. You can watch the captions.";

class MeetingPage {
  #room;
  #microphone;
  #picker;
  #lobby;
  #lobbyMeter = new LevelMeter(byId("lobby-level", HTMLElement));
  #roomMeter = new LevelMeter(byId("level", HTMLElement));

  constructor() {
    this.#room = new Room(JSON.parse(byId("page-data", HTMLScriptElement).textContent ?? ""));
    this.#microphone = new Microphone({ onBlock: this.#room.capture, onChange: (what) => this.#tell(what) });
    const selects = [byId("microphone", HTMLSelectElement), byId("room-microphone", HTMLSelectElement)];
    this.#picker = new MicrophonePicker(selects, (deviceId) => void this.#change(deviceId));
    this.#lobby = new Lobby({
      onTry: () => this.#open(),
      onJoin: (name) => this.#join(name),
      onWatch: (name) => this.#watch(name),
    });
    if (Microphone.isAvailable) void this.#picker.refresh();
    else this.#lobby.tell(NO_MICROPHONE_HERE);
    this.#followThePage();
  }

  async #open() {
    if (!Microphone.isAvailable) throw new Error(NO_MICROPHONE_HERE);
    await this.#microphone.open(this.#picker.deviceId).catch((problem) => {
      throw new Error(microphoneProblem(problem));
    });
    await this.#picker.refresh();
    this.#picker.show(this.#microphone.deviceId);
    byId("lobby-level", HTMLElement).hidden = false;
    if (this.#microphone.analyser) this.#lobbyMeter.watch(this.#microphone.analyser);
  }

  /** @param {string} name */
  async #join(name) {
    await this.#open();
    await this.#room.speak(name, this.#microphone);
    this.#lobbyMeter.stop();
    if (this.#microphone.analyser) this.#roomMeter.watch(this.#microphone.analyser);
    this.#lobby.hide();
  }

  /** @param {string} name */
  async #watch(name) {
    await this.#room.watch(name);
    this.#lobbyMeter.stop();
    this.#microphone.close();
    this.#lobby.hide();
  }

  /** @param {string} deviceId */
  async #change(deviceId) {
    if (!this.#microphone.analyser) return; // not opened yet: the choice counts when it is
    const { notices } = this.#room;
    try {
      await this.#microphone.open(deviceId);
      this.#picker.show(this.#microphone.deviceId);
      notices.clear("microphone");
    } catch (problem) {
      const words = microphoneProblem(problem);
      if (!this.#room.isOpen) this.#lobby.tell(words);
      else notices.show("microphone", words, { words: "Try again", act: () => void this.#change(deviceId) });
    }
  }

  /** @param {import("../audio/microphone.js").MicrophoneChange} what */
  #tell(what) {
    const { notices } = this.#room;
    if (what === "device_lost") {
      notices.show("microphone", "Your microphone was disconnected. Looking for another…");
      void this.#picker.refresh().then(() => this.#change(""));
    } else if (what === "suspended") {
      const action = { words: "Go on", act: () => void this.#microphone.resume() };
      notices.show("microphone", "Your browser paused the microphone: you are not heard.", action);
    } else if (what === "device_silent") {
      notices.show("microphone", "Your microphone is silent: it is switched off in the system or on the device.");
    } else {
      notices.clear("microphone");
    }
  }

  #followThePage() {
    window.addEventListener("online", () => this.#room.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible" || !this.#room.isOpen) return;
      void this.#microphone.resume();
      this.#room.retryNow();
    });
    window.addEventListener("pagehide", (event) => {
      if (!event.persisted || !this.#room.isOpen) return;
      this.#room.suspend();
      this.#microphone.release();
    });
    window.addEventListener("pageshow", (event) => {
      if (!event.persisted || !this.#room.isOpen) return;
      this.#room.wake();
      void this.#change(this.#picker.deviceId);
    });
  }
}

offerCopies();
if (document.getElementById("join-form")) new MeetingPage();
