/** Looks after the microphone while somebody is in the meeting: devices come and go, browsers pause them. */

import { microphoneProblem } from "./microphone_picker.js";

/**
 * @typedef {import("../audio/microphone.js").Microphone} Microphone
 * @typedef {import("../audio/microphone.js").MicrophoneChange} MicrophoneChange
 * @typedef {import("./microphone_picker.js").MicrophonePicker} MicrophonePicker
 * @typedef {import("./room.js").Room} Room
 *
 * @typedef {object} CareOptions
 * @property {Microphone} microphone
 * @property {MicrophonePicker} picker
 * @property {Room} room
 * @property {(words: string) => void} tellLobby
 * @property {() => void} onOpened a device is connected, maybe to another graph than before
 */

export class MicrophoneCare {
  #options;

  /** @param {CareOptions} options */
  constructor(options) {
    this.#options = options;
    navigator.mediaDevices?.addEventListener("devicechange", () => {
      const { microphone, room } = this.#options;
      if (room.isListening && !microphone.hasDevice) void this.change("");
    });
  }

  /** The person picks a device. @param {string} deviceId */
  async pick(deviceId) {
    const { microphone, room } = this.#options;
    room.chooseDevice(deviceId);
    if (microphone.analyser) await this.change(deviceId); // else the choice counts when it is opened
  }

  /** @param {string} deviceId */
  async change(deviceId) {
    const { microphone, picker, room, tellLobby, onOpened } = this.#options;
    try {
      await microphone.open(deviceId);
    } catch (problem) {
      const words = microphoneProblem(problem);
      if (!room.isOpen) tellLobby(words);
      else room.notices.show("microphone", words, { words: "Try again", act: () => void this.change(deviceId) });
      return;
    }
    picker.show(microphone.deviceId);
    onOpened();
    if (microphone.isRunning) room.notices.clear("microphone");
    else this.tell("suspended");
  }

  /**
   * Listens again after a reload: by itself where the browser and the person allow it, else after a click.
   * @param {string} deviceId that was in use
   * @param {boolean} mayBegin whether the person is still there, as far as anybody can tell
   */
  async goOn(deviceId, mayBegin) {
    const { microphone, picker, room } = this.#options;
    const open = async () => {
      await this.change(deviceId);
      if (!microphone.hasDevice && deviceId) await this.change(""); // it is no longer plugged in
      await picker.refresh();
      picker.show(microphone.deviceId);
    };
    if (mayBegin && (await isAllowed())) {
      await open();
    } else {
      const words = "You are not heard yet: this page was loaded again. What you had said is kept and is being delivered.";
      room.notices.show("microphone", words, { words: "Go on speaking", act: () => void open() });
    }
  }

  /** @param {MicrophoneChange} what */
  tell(what) {
    const { microphone, picker, room, onOpened } = this.#options;
    if (what === "device_lost") {
      room.notices.show("microphone", "Your microphone was disconnected. Looking for another…");
      void picker.refresh().then(() => this.change(""));
    } else if (what === "suspended") {
      const action = { words: "Go on", act: () => void microphone.resume() };
      room.notices.show("microphone", "Your browser paused the microphone: you are not heard.", action);
    } else if (what === "device_silent") {
      room.notices.show("microphone", "Your microphone is silent: it is switched off in the system or on the device.");
    } else {
      if (what === "rebuilt") onOpened();
      room.notices.clear("microphone");
    }
  }
}

/** @returns {Promise<boolean>} whether a microphone opens without a question to the person */
async function isAllowed() {
  try {
    const { state } = await navigator.permissions.query({ name: /** @type {PermissionName} */ ("microphone") });
    return state === "granted";
  } catch {
    return false; // a browser that cannot be asked
  }
}
