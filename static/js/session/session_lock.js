/** One page at a time has an audio session: a lock of the browser's, which goes with the page, however that ends. */

const TRIES = 8;
const TRY_EVERY_MS = 250; // a page that is being left lets go of its locks a moment after the next one has begun

/**
 * @param {string} sessionId
 * @param {number} [tries] how often to ask, for a lock that a page which is going may still have
 * @returns {Promise<(() => void) | null>} lets go; null: another page has it
 */
export async function sessionLockTake(sessionId, tries = TRIES) {
  if (!navigator.locks) return () => undefined; // no secure context, hence no microphone either
  for (let n = 1; ; n += 1) {
    const letGo = await lockTake(`colloquy.session.${sessionId}`);
    if (letGo || n >= tries) return letGo;
    await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
  }
}

/** @param {string} name @returns {Promise<(() => void) | null>} */
function lockTake(name) {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) return resolve(null);
      return new Promise((letGo) => resolve(() => letGo(undefined)));
    });
    held.catch(reject);
  });
}
