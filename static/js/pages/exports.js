/** The download menu of the transcript page: what takes a while is asked for as a job, and its progress shown. */

import { RestProblem, restCall } from "../session/rest.js";
import { exportBody, exportWords } from "./export_words.js";

const POLL_MS = 1_000;
const POLL_AFTER_TROUBLE_MS = 5_000;

/** @typedef {import("./export_words.js").ExportState} ExportState */

class ExportMenu {
  #url;
  #csrf;
  #form;
  #made;
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();

  /** @param {HTMLElement} menu */
  constructor(menu) {
    this.#url = menu.dataset.exports ?? "";
    this.#csrf = menu.dataset.csrf ?? "";
    this.#form = /** @type {HTMLFormElement} */ (menu.querySelector("form"));
    this.#made = /** @type {HTMLElement} */ (menu.querySelector(".exports-made"));
    menu.addEventListener("toggle", () => void this.#showKnown(), { once: true });
  }

  start() {
    for (const button of this.#form.querySelectorAll("button[data-job]")) {
      button.addEventListener("click", (event) => {
        event.preventDefault();
        if (button instanceof HTMLButtonElement) void this.#ask(button);
      });
    }
  }

  /** What was asked for before the page was loaded. */
  async #showKnown() {
    const known = await restCall("GET", this.#url, "").catch(() => ({ data: [] }));
    for (const each of [...known.data].reverse()) void this.#follow(each);
  }

  /** @param {HTMLButtonElement} button */
  async #ask(button) {
    button.setAttribute("aria-busy", "true");
    try {
      const isAudio = this.#form.querySelector("[data-audio-too]:checked") !== null;
      const body = exportBody(button.dataset.format ?? "", new FormData(this.#form), isAudio);
      await this.#follow(await restCall("POST", this.#url, this.#csrf, body));
    } catch (problem) {
      this.#say("problem", problem instanceof RestProblem ? problem.message : "The file could not be asked for.");
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** @param {ExportState} made */
  async #follow(made) {
    if (this.#rows.has(made.id)) return;
    let state = made;
    for (;;) {
      this.#show(state);
      if (state.state === "done" || state.state === "failed") return;
      try {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        state = await restCall("GET", `${this.#url}/${encodeURIComponent(made.id)}`, "");
      } catch (problem) {
        if (!(problem instanceof RestProblem) || !problem.isTransient) return this.#forget(made.id);
        await new Promise((resolve) => setTimeout(resolve, POLL_AFTER_TROUBLE_MS));
      }
    }
  }

  /** @param {ExportState} state */
  #show(state) {
    if (this.#rows.get(state.id)?.dataset.words === exportWords(state)) return; // it would be read out again
    const row = this.#say(state.id, exportWords(state));
    if (state.state === "queued" || state.state === "running") {
      const bar = document.createElement("progress");
      bar.max = 100;
      bar.value = state.progress;
      bar.setAttribute("aria-label", exportWords(state));
      row.append(" ", bar);
    } else if (state.url) {
      const link = document.createElement("a");
      link.href = state.url;
      link.download = "";
      link.textContent = "Save";
      row.append(" ", link);
    }
  }

  /**
   * @param {string} id
   * @param {string} words
   * @returns {HTMLElement} a row that says them, and nothing more
   */
  #say(id, words) {
    const row = this.#rows.get(id) ?? document.createElement("li");
    row.textContent = row.dataset.words = words;
    this.#rows.set(id, row);
    this.#made.append(row);
    this.#made.hidden = false;
    return row;
  }

  /** @param {string} id */
  #forget(id) {
    this.#rows.get(id)?.remove();
    this.#rows.delete(id);
  }
}

const menu = document.querySelector("details[data-exports]");
if (menu instanceof HTMLElement) new ExportMenu(menu).start();
