/** Buttons that copy a field's text: `data-copy` names the field. */

const DONE_MS = 2_000;

export function offerCopies() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (button instanceof HTMLButtonElement) button.addEventListener("click", () => void copy(button));
  }
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const field = document.getElementById(button.dataset.copy ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C"; // no clipboard over plain HTTP; the text is selected
  }
  setTimeout(() => {
    button.textContent = "Copy";
  }, DONE_MS);
}
