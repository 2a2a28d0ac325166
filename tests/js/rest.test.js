import assert from "node:assert/strict";
import { test } from "node:test";

import { restCall } from "../../static/js/session/rest.js";

/** @param {import("node:test").TestContext} t @param {string | null} body @param {number} status */
const answering = (t, body, status) => t.mock.method(globalThis, "fetch", async () => new Response(body, { status }));

test("an answer that breaks off is no answer, and may come if one asks again", async (t) => {
  answering(t, '{"data": [', 200);
  await assert.rejects(restCall("GET", "/x", ""), { status: 0, isTransient: true });
});

test("an answer without content is one", async (t) => {
  answering(t, null, 204);
  assert.deepEqual(await restCall("DELETE", "/x", ""), {});
});

test("a refusal that is no problem document keeps its status", async (t) => {
  answering(t, "<html>", 502);
  await assert.rejects(restCall("GET", "/x", ""), { status: 502, code: "" });
});
