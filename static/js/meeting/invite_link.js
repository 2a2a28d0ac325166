/** The link to invite others by: it may be renewed or turned off while a page shows it. */

import { restCall } from "../session/rest.js";

const ASK = "Ask the host for the link";

/** Every field that shows it; to guests whom the link let in a new one is not told. */
export async function inviteLinksRefresh() {
  const fields = [...document.querySelectorAll("input[data-invite]")].filter((field) => field instanceof HTMLInputElement);
  for (const field of fields) {
    const path = `/api/v1/meetings/${encodeURIComponent(field.dataset.invite ?? "")}`;
    const meeting = await restCall("GET", path, "").catch(() => null);
    field.value = meeting?.join_url ?? ASK;
  }
}
