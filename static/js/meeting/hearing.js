/** Hearing the others: a button that turns it on and off, remembered by the browser, and the loudspeaker behind it. */

import { Loudspeaker } from "../audio/loudspeaker.js";
import { byId } from "./elements.js";

const KEY = "colloquy.hears";
const WAITS = "Your browser lets no sound out yet: click anywhere to hear the others.";
const NO_SOUND = "Your browser gives no sound here. Captions go on.";

export class Hearing {
  #notices;
  #onChange;
  #button = byId("hear", HTMLButtonElement);
  #loudspeaker = new Loudspeaker((isRunning) => this.#show(isRunning));
  #isOn = localStorage.getItem(KEY) !== "no";
  #isOpen = false;

  /** @param {import("./notices.js").Notices} notices @param {(isOn: boolean) => void} onChange */
  constructor(notices, onChange) {
    this.#notices = notices;
    this.#onChange = onChange;
    this.#button.addEventListener("click", () => this.#turn(!this.#isOn));
    for (const act of ["click", "keydown"]) document.addEventListener(act, () => this.resume());
    this.#draw();
  }

  /** @returns {boolean} whether the others' voices are wanted */
  get isOn() {
    return this.#isOn;
  }

  /** @returns {Loudspeaker} */
  get loudspeaker() {
    return this.#loudspeaker;
  }

  /** The person is in the meeting. */
  open() {
    this.#isOpen = true;
    if (this.#isOn) this.#loudspeaker.open().catch(() => this.#notices.show("hearing", NO_SOUND));
  }

  /** @param {ArrayBuffer} frame */
  play = (frame) => this.#loudspeaker.play(frame);

  /** The page is seen again, or was clicked. */
  resume() {
    if (this.#loudspeaker.isOpen) void this.#loudspeaker.resume();
  }

  close() {
    this.#isOpen = false;
    this.#notices.clear("hearing");
    this.#loudspeaker.close();
  }

  /** @param {boolean} isOn */
  #turn(isOn) {
    this.#isOn = isOn;
    localStorage.setItem(KEY, isOn ? "yes" : "no");
    this.#draw();
    this.#onChange(isOn);
    if (isOn && this.#isOpen) this.open();
    else this.#loudspeaker.close();
    if (!isOn) this.#notices.clear("hearing");
  }

  #draw() {
    this.#button.setAttribute("aria-pressed", String(this.#isOn));
  }

  /** @param {boolean} isRunning */
  #show(isRunning) {
    if (!this.#isOpen) return;
    if (isRunning) this.#notices.clear("hearing");
    else this.#notices.show("hearing", WAITS);
  }
}
