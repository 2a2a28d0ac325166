/** What a browser provides to a session, and tests replace: sockets, clocks, timers, chance. */

/**
 * @typedef {object} SocketLike the part of a WebSocket that is used
 * @property {number} bufferedAmount
 * @property {string} binaryType
 * @property {(data: string | ArrayBuffer) => void} send
 * @property {(code?: number) => void} close
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 *
 * @typedef {object} Surroundings
 * @property {(address: string, protocols: string[]) => SocketLike} openSocket
 * @property {() => number} now_ms never goes back; may stand still while the machine sleeps
 * @property {() => number} wall_ms since 1970; goes on while the machine sleeps, and from page to page
 * @property {(callback: () => void, delay_ms: number) => any} setTimer
 * @property {(timer: any) => void} clearTimer
 * @property {() => number} random
 */

/** @returns {Surroundings} */
export function browserSurroundings() {
  return {
    openSocket: (address, protocols) => new WebSocket(address, protocols),
    now_ms: () => performance.now(),
    wall_ms: () => Date.now(),
    setTimer: (callback, delay_ms) => setTimeout(callback, delay_ms),
    clearTimer: (timer) => clearTimeout(timer),
    random: () => Math.random(),
  };
}
