/** A webhook's page: its secret can be copied, and what was waiting says by itself what came of it. */

import { offerCopies } from "./copy.js";

const POLL_MS = 2_000;
const MOST_POLLS = 150; // then whoever still looks reloads the page

/** @returns {HTMLElement[]} */
function waiting() {
  return [...document.querySelectorAll(".delivery[data-waiting]")].filter((row) => row instanceof HTMLElement);
}

/** Reads the page anew for as long as something in it waits. */
async function follow() {
  for (let n = 0; n < MOST_POLLS && waiting().length > 0; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (document.visibilityState !== "visible") continue;
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(15_000) }).catch(() => null);
    if (!answer?.ok) continue;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const row of waiting()) update(row, now.getElementById(row.id));
  }
}

/** @param {HTMLElement} row @param {HTMLElement | null} now the same as the server has it now */
function update(row, now) {
  if (!now || "waiting" in now.dataset) return;
  for (const part of [".delivery-state", ".delivery-outcome"]) {
    const [shown, known] = [row.querySelector(part), now.querySelector(part)];
    if (!(shown instanceof HTMLElement) || !(known instanceof HTMLElement)) continue;
    shown.textContent = known.textContent;
    if (known.dataset.state) shown.dataset.state = known.dataset.state;
  }
  const again = row.querySelector(".delivery-again");
  if (again instanceof HTMLElement) again.hidden = false;
  delete row.dataset.waiting;
}

// The answer to a form shows a secret. To reload it must not ask for another one.
const head = document.querySelector("[data-webhook]");
if (head instanceof HTMLElement && document.getElementById("secret")) history.replaceState(null, "", head.dataset.webhook);
offerCopies();
void follow();
