/** A browser's surroundings under the test's hand: time goes when told, sockets are objects in a list. */

export class FakeSocket {
  bufferedAmount = 0;
  binaryType = "";
  sent = [];
  isOpen = false;
  isClosed = false;
  onopen = null;
  onmessage = null;
  onclose = null;

  constructor(address, protocols) {
    this.address = address;
    this.protocols = protocols;
  }

  send(data) {
    if (!this.isOpen) throw new Error("InvalidStateError: the socket is still connecting");
    this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
  }

  close() {
    this.isClosed = true;
  }

  open() {
    this.isOpen = true;
    this.onopen?.({});
  }

  /** @returns messages of one type that the page sent */
  told(type) {
    return this.sent.filter((message) => message.type === type);
  }

  frames() {
    return this.sent.filter((message) => message instanceof ArrayBuffer);
  }

  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  fail(code) {
    this.onclose?.({ code });
  }
}

export class FakeSurroundings {
  sockets = [];
  wall_offset_ms = 1_800_000_000_000;
  #now_ms = 0;
  #timers = new Map();
  #nTimers = 0;

  get last() {
    return this.sockets.at(-1);
  }

  openSocket = (address, protocols) => {
    this.sockets.push(new FakeSocket(address, protocols));
    return this.last;
  };

  now_ms = () => this.#now_ms;
  wall_ms = () => this.wall_offset_ms + this.#now_ms;
  random = () => 1;

  setTimer = (callback, delay_ms) => {
    this.#nTimers += 1;
    this.#timers.set(this.#nTimers, { callback, at_ms: this.#now_ms + delay_ms });
    return this.#nTimers;
  };

  clearTimer = (timer) => {
    this.#timers.delete(timer);
  };

  /** Lets time pass while the browser holds back all timers, as it does in a tab in the background. */
  async passHeldBack(duration_ms) {
    this.#now_ms += duration_ms;
    await settled();
  }

  /** Lets time pass, with everything that happens in it. */
  async pass(duration_ms) {
    const until_ms = this.#now_ms + duration_ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(([, { at_ms }]) => at_ms <= until_ms).sort((a, b) => a[1].at_ms - b[1].at_ms)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now_ms = due[1].at_ms;
      due[1].callback();
    }
    this.#now_ms = until_ms;
  }
}

/** Promises that are already decided have run their course. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
