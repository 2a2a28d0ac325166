/** A list of microphones that follows what is plugged in. Names appear once the person has allowed a microphone. */

export class MicrophonePicker {
  #selects;

  /**
   * @param {HTMLSelectElement[]} selects kept alike
   * @param {(deviceId: string) => void} onPick
   */
  constructor(selects, onPick) {
    this.#selects = selects;
    for (const select of selects) {
      select.addEventListener("change", () => {
        this.show(select.value);
        onPick(select.value);
      });
    }
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.refresh());
  }

  /** @returns {string} empty: the system's choice */
  get deviceId() {
    return this.#selects[0].value;
  }

  /** @param {string} deviceId */
  show(deviceId) {
    for (const select of this.#selects) {
      if ([...select.options].some(({ value }) => value === deviceId)) select.value = deviceId;
    }
  }

  async refresh() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const microphones = devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "default");
    const named = microphones.filter(({ deviceId, label }) => deviceId && label);
    for (const select of this.#selects) {
      const chosen = select.value;
      select.replaceChildren(
        new Option("Your system's microphone", ""),
        ...named.map(({ deviceId, label }) => new Option(label, deviceId)),
      );
      select.value = named.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
      select.disabled = named.length === 0;
    }
  }
}

/**
 * @param {unknown} problem what opening a microphone threw
 * @returns {string} what to do about it, for a person
 */
export function microphoneProblem(problem) {
  const name = problem instanceof DOMException ? problem.name : "";
  if (name === "NotAllowedError") {
    return "Your browser does not let this page use a microphone. Allow it in the address bar, then try again.";
  }
  if (name === "NotFoundError" || name === "OverconstrainedError") {
    return "No microphone was found. Plug one in, or choose another, then try again.";
  }
  if (name === "NotReadableError") return "Another program is using the microphone. Close it there, then try again.";
  return "The microphone could not be started. Choose another, or reload the page.";
}
