import assert from "node:assert/strict";
import { test } from "node:test";

import { exportBody, exportWords } from "../../static/js/pages/export_words.js";

/** @param {Record<string, string>} checked */
function form(checked) {
  const data = new FormData();
  for (const [name, value] of Object.entries({ download: "1", ...checked })) data.set(name, value);
  return data;
}

test("each format is asked only for what it knows, for the server refuses the rest", () => {
  const all = form({ names: "0", timestamps: "0", paragraphs: "1" });
  assert.deepEqual(exportBody("pdf", all, true), { format: "pdf", names: false, timestamps: false, paragraphs: true });
  assert.deepEqual(exportBody("vtt", all, true), { format: "vtt", names: false });
  assert.deepEqual(exportBody("json", all, true), { format: "json" });
  assert.deepEqual(exportBody("zip", all, true), { format: "zip", audio: true });
  assert.deepEqual(exportBody("zip", all, false), { format: "zip" });
  assert.deepEqual(exportBody("docx", form({}), false), { format: "docx" });
});

test("how far a file is, is told in words", () => {
  const state = { id: "1", format: "pdf", progress: 40, url: null, n_bytes: 1_540_000 };
  assert.equal(exportWords({ ...state, state: "queued" }), "PDF: waiting");
  assert.equal(exportWords({ ...state, state: "running" }), "PDF: 40 %");
  assert.equal(exportWords({ ...state, state: "done" }), "PDF, 1.5 MB");
  assert.equal(exportWords({ ...state, state: "failed" }), "PDF could not be made. Ask for it again.");
});
